/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gzip: zlib with bounds. What is unpacked may come from anybody, so a small file may not grow
 * into all of the memory: the caller's limit holds before memory is taken.
 */
#define ZLIB_CONST /* the input is const, as it should be */

#include "report/gzip.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/cleanup.h"

#define GZIP_WINDOW (MAX_WBITS + 16) /* zlib: 16 more asks for a gzip header */
#define CHUNK_MIN   ((size_t)64 << 10)

static void deflate_done(z_stream *stream)
{
	(void)deflateEnd(stream);
}

static void inflate_done(z_stream *stream)
{
	(void)inflateEnd(stream);
}

#define auto_deflate __attribute__((cleanup(deflate_done)))
#define auto_inflate __attribute__((cleanup(inflate_done)))

/* The lengths of zlib are 32 bits: feeds in pieces. */
static void feed(z_stream *stream, const char *data, size_t len, size_t *pos)
{
	size_t piece = min(len - *pos, (size_t)INT_MAX);

	if (stream->avail_in)
		return;
	stream->next_in = (const Bytef *)(data + *pos);
	stream->avail_in = (uInt)piece;
	*pos += piece;
}

/* Grows the output to twice its size, at most @limit, and gives the stream the new room. */
static int make_room(z_stream *stream, char **buf, size_t *cap, size_t used, size_t limit)
{
	size_t bigger_cap = *cap < CHUNK_MIN / 2 ? CHUNK_MIN : *cap * 2;
	char *bigger;

	bigger_cap = min(bigger_cap, limit);
	if (bigger_cap <= *cap)
		return -EFBIG;
	bigger = realloc(*buf, bigger_cap + 1); /* one for the NUL */
	if (!bigger)
		return -ENOMEM;
	*buf = bigger;
	*cap = bigger_cap;
	stream->next_out = (Bytef *)bigger + used;
	stream->avail_out = (uInt)min(bigger_cap - used, (size_t)INT_MAX);
	return 0;
}

int report_gzip(const char *data, size_t len, char **ret, size_t *ret_len)
{
	auto_deflate z_stream stream = { .next_in = NULL };
	auto_free char *buf = NULL;
	size_t cap = 0, pos = 0;
	int state = Z_OK;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	while (state != Z_STREAM_END) {
		size_t used = stream.total_out;

		feed(&stream, data, len, &pos);
		if (!stream.avail_out) {
			int err = make_room(&stream, &buf, &cap, used, SIZE_MAX / 4);

			if (err)
				return err;
		}
		state = deflate(&stream, pos == len ? Z_FINISH : Z_NO_FLUSH);
		if (state == Z_STREAM_ERROR)
			return -EINVAL;
	}
	*ret_len = stream.total_out;
	*ret = take_ptr(buf);
	return 0;
}

bool report_gzip_is(const char *data, size_t len)
{
	return len >= 2 && (unsigned char)data[0] == 0x1f && (unsigned char)data[1] == 0x8b;
}

int report_gunzip(const char *data, size_t len, size_t limit, char **ret, size_t *ret_len)
{
	auto_inflate z_stream stream = { .next_in = NULL };
	auto_free char *buf = NULL;
	size_t cap = 0, pos = 0, used = 0;
	bool is_done = false;

	if (!report_gzip_is(data, len) || limit > SIZE_MAX / 4)
		return -EINVAL;
	if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
		return -ENOMEM;
	while (!is_done) {
		size_t room = stream.avail_out;
		int state;

		feed(&stream, data, len, &pos);
		if (!room) {
			/* One more than allowed: an end that fits exactly is only then seen. */
			int err = make_room(&stream, &buf, &cap, used, limit + 1);

			if (err)
				return err;
			room = stream.avail_out;
		}
		state = inflate(&stream, Z_NO_FLUSH);
		used += room - stream.avail_out;
		if (used > limit)
			return -EFBIG;
		if (state == Z_STREAM_END) {
			is_done = pos == len && !stream.avail_in;
			/* A gzip file may have several members, one after the other. */
			if (!is_done && inflateReset(&stream) != Z_OK)
				return -EINVAL;
		} else if (state == Z_MEM_ERROR) {
			return -ENOMEM;
		} else if (state != Z_OK || (pos == len && !stream.avail_in && stream.avail_out)) {
			return -EINVAL;
		}
	}
	buf[used] = '\0';
	*ret = take_ptr(buf);
	*ret_len = used;
	return 0;
}
