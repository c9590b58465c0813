/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lines: a buffer that is twice as large as the longest line.
 */
#include "frames/lines.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#define BUFFER	    (2UL * LINES_MAX)
#define REPLACEMENT 0xfffd

void lines_done(struct lines *lines)
{
	free(lines->data);
	*lines = (struct lines){ .in = NULL };
}

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* The next 16 bits, or -ENODATA at the end; an odd byte at the end is lost. */
static int32_t get_unit(const struct lines *lines)
{
	int first = getc_unlocked(lines->in), second = getc_unlocked(lines->in);

	if (first == EOF || second == EOF)
		return -ENODATA;
	return lines->encoding == LINES_UTF16LE ? second << 8 | first : first << 8 | second;
}

/* As many characters of UTF-16 as fit, as UTF-8. */
static size_t read_utf16(const struct lines *lines, char *to, size_t cap)
{
	char *at = to;
	int32_t unit;

	while ((size_t)(at - to) + 4 <= cap && (unit = get_unit(lines)) >= 0) {
		uint32_t c = (uint32_t)unit;

		if (c >= 0xd800 && c < 0xdc00) {
			int32_t low = get_unit(lines);

			c = low >= 0xdc00 && low < 0xe000
				    ? 0x10000 + ((c & 0x3ff) << 10) + ((uint32_t)low & 0x3ff)
				    : REPLACEMENT;
		} else if (c >= 0xdc00 && c < 0xe000) {
			c = REPLACEMENT;
		}
		at = put_utf8(at, c);
	}
	return (size_t)(at - to);
}

/* Moves what is left to the front and reads on. */
static int refill(struct lines *lines)
{
	size_t n;

	memmove(lines->data, lines->data + lines->begin, lines->end - lines->begin);
	lines->end -= lines->begin;
	lines->begin = 0;
	errno = 0;
	if (lines->encoding == LINES_BYTES)
		n = fread(lines->data + lines->end, 1, BUFFER - lines->end, lines->in);
	else
		n = read_utf16(lines, lines->data + lines->end, BUFFER - lines->end);
	if (ferror(lines->in))
		return errno ? -errno : -EIO;
	lines->end += n;
	lines->is_at_end = n == 0;
	return 0;
}

/* What the first bytes say of the encoding; they are taken away. */
static int start(struct lines *lines)
{
	unsigned char mark[3];
	size_t n;

	lines->data = malloc(BUFFER + 1);
	if (!lines->data)
		return -ENOMEM;
	lines->is_started = true;
	n = fread(mark, 1, 2, lines->in);
	if (n == 2 && mark[0] == 0xff && mark[1] == 0xfe)
		lines->encoding = LINES_UTF16LE;
	else if (n == 2 && mark[0] == 0xfe && mark[1] == 0xff)
		lines->encoding = LINES_UTF16BE;
	if (lines->encoding != LINES_BYTES)
		return 0;
	n += fread(mark + n, 1, sizeof(mark) - n, lines->in);
	if (n == 3 && memcmp(mark, "\xef\xbb\xbf", 3) == 0)
		return 0;
	memcpy(lines->data, mark, n);
	lines->end = n;
	return 0;
}

/* Skips the rest of a line that did not fit. */
static int skip_rest(struct lines *lines)
{
	for (;;) {
		char *found = memchr(lines->data + lines->begin, '\n', lines->end - lines->begin);
		int err;

		if (found) {
			lines->begin = (size_t)(found - lines->data) + 1;
			return 0;
		}
		lines->begin = lines->end;
		err = refill(lines);
		if (err || lines->is_at_end)
			return err;
	}
}

static void blank_nuls(char *line, size_t len)
{
	char *nul = line;

	while ((nul = memchr(nul, '\0', len - (size_t)(nul - line))) != NULL)
		*nul = ' ';
}

/* Where the line at the front ends: its newline, what fits of it, or the end of the text. */
static int find_end(struct lines *lines, size_t *ret_len, bool *ret_has_newline)
{
	for (;;) {
		size_t have = lines->end - lines->begin;
		char *found = memchr(lines->data + lines->begin, '\n', have);
		int err;

		if (found || have > LINES_MAX || lines->is_at_end) {
			*ret_has_newline = found != NULL;
			*ret_len = found ? (size_t)(found - lines->data) - lines->begin : have;
			return 0;
		}
		err = refill(lines);
		if (err)
			return err;
	}
}

int lines_next(struct lines *lines, char **ret, size_t *ret_len)
{
	bool has_newline = false;
	size_t len = 0;
	char *line;
	int err = lines->is_started ? 0 : start(lines);

	if (!err && lines->must_skip)
		err = skip_rest(lines);
	lines->must_skip = false;
	err = err ?: find_end(lines, &len, &has_newline);
	if (err)
		return err;
	if (!len && !has_newline)
		return 0;
	lines->number++;
	line = lines->data + lines->begin;
	lines->begin += len + has_newline;
	lines->is_cut = len > LINES_MAX;
	lines->must_skip = lines->is_cut && !has_newline;
	len = min(len, (size_t)LINES_MAX);
	if (len && line[len - 1] == '\r')
		len--;
	blank_nuls(line, len);
	line[len] = '\0';
	*ret = line;
	*ret_len = len;
	return 1;
}

int lines_peek(struct lines *lines, char *ret)
{
	int err = lines->is_started ? 0 : start(lines);
	size_t at;

	err = err ?: refill(lines);
	if (err)
		return err;
	lines->data[lines->end] = '\0';
	at = strspn(lines->data, " \t\r\n");
	*ret = lines->data[at];
	return 0;
}

int lines_read_all(struct lines *lines, size_t limit, struct str *to)
{
	int err = 0;

	while (!err && !lines->is_at_end) {
		if (to->len + (lines->end - lines->begin) > limit)
			return -EFBIG;
		err = str_addn(to, lines->data + lines->begin, lines->end - lines->begin);
		lines->begin = lines->end;
		err = err ?: refill(lines);
	}
	return err;
}
