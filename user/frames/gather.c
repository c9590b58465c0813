/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gather: frames by stream while a file is read. A stream is a process with a swap chain; a file
 * can hold several, and the desktop's own. The one with the most frames is the game.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "frames/format.h"

#define STREAMS_MAX 64 /* frames of further ones are only counted */
#define FRAMES_MAX  (1UL << 28)

struct stream {
	char *name;
	double *ms, *at_s;
	size_t n, cap;
	/* A counter: its first and last values, and of which frames. */
	struct ticks_at {
		double ticks;
		size_t frame;
		bool is_start, is_known;
	} first, last;
};

struct gather {
	struct stream streams[STREAMS_MAX];
	unsigned int n,
		last;	 /* last: of the frame that was added last; STREAMS_MAX: it has no place */
	uint64_t beyond; /* frames of streams without a place */
	struct frame_report report;
};

int gather_new(struct gather **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void stream_done(struct stream *stream)
{
	free(stream->name);
	free(stream->ms);
	free(stream->at_s);
	*stream = (struct stream){ .name = NULL };
}

void gather_free(struct gather **gather)
{
	if (!*gather)
		return;
	for (unsigned int i = 0; i < (*gather)->n; i++)
		stream_done(&(*gather)->streams[i]);
	free(*gather);
	*gather = NULL;
}

static int find_stream(struct gather *gather, const char *name, struct stream **ret)
{
	*ret = NULL;
	if (gather->last < gather->n && streq(gather->streams[gather->last].name, name)) {
		*ret = &gather->streams[gather->last];
		return 0;
	}
	for (unsigned int i = 0; i < gather->n; i++) {
		if (streq(gather->streams[i].name, name)) {
			gather->last = i;
			*ret = &gather->streams[i];
			return 0;
		}
	}
	if (gather->n == STREAMS_MAX) {
		gather->last = STREAMS_MAX;
		return 0;
	}
	gather->streams[gather->n].name = strdup(name);
	if (!gather->streams[gather->n].name)
		return -ENOMEM;
	gather->last = gather->n;
	*ret = &gather->streams[gather->n++];
	return 0;
}

static int grow(struct stream *stream)
{
	size_t cap = stream->cap ? 2 * stream->cap : 1024;
	double *ms, *at_s;

	if (cap > FRAMES_MAX)
		return -ENOMEM;
	ms = reallocarray(stream->ms, cap, sizeof(*ms));
	if (!ms)
		return -ENOMEM;
	stream->ms = ms;
	at_s = reallocarray(stream->at_s, cap, sizeof(*at_s));
	if (!at_s)
		return -ENOMEM;
	stream->at_s = at_s;
	stream->cap = cap;
	return 0;
}

int gather_add(struct gather *gather, const char *name, double ms, double at_s)
{
	struct stream *stream;
	int err = find_stream(gather, name, &stream);

	if (!err && !stream)
		gather->beyond++;
	if (err || !stream)
		return err;
	if (stream->n == stream->cap)
		err = grow(stream);
	if (err)
		return err;
	stream->ms[stream->n] = ms;
	stream->at_s[stream->n] = at_s;
	stream->n++;
	return 0;
}

void gather_add_ticks(struct gather *gather, double ticks, bool is_start)
{
	struct stream *stream = gather->last < gather->n ? &gather->streams[gather->last] : NULL;
	struct ticks_at at = { .ticks = ticks, .is_start = is_start, .is_known = true };

	if (!stream || !stream->n || !isfinite(ticks))
		return;
	at.frame = stream->n - 1;
	if (!stream->first.is_known)
		stream->first = at;
	stream->last = at;
}

void gather_count_generated(struct gather *gather)
{
	gather->report.generated++;
}

void gather_count_not_shown(struct gather *gather)
{
	gather->report.not_shown++;
}

void gather_count_bad(struct gather *gather, uint64_t line)
{
	if (gather->report.bad < FRAME_BAD_LINES)
		gather->report.bad_lines[gather->report.bad] = line;
	gather->report.bad++;
}

static bool is_desktop(const struct stream *stream)
{
	return strncasecmp(stream->name, "dwm.exe", 7) == 0;
}

/* The largest that is not the desktop, or else the desktop. */
static struct stream *largest(struct gather *gather)
{
	struct stream *best = NULL;

	for (unsigned int i = 0; i < gather->n; i++) {
		struct stream *stream = &gather->streams[i];

		if (!best || is_desktop(best) > is_desktop(stream) ||
		    (is_desktop(best) == is_desktop(stream) && stream->n > best->n))
			best = stream;
	}
	return best;
}

/* Without a clock, or with holes in it, the frames lie end to end. */
static bool fill_times(struct stream *stream)
{
	bool has_clock = true;
	double at = 0;

	for (size_t i = 0; i < stream->n; i++)
		has_clock = has_clock && isfinite(stream->at_s[i]);
	for (size_t i = 0; i < stream->n && !has_clock; i++) {
		at += stream->ms[i] / 1000;
		stream->at_s[i] = at;
	}
	return has_clock;
}

static double time_of(const struct stream *stream, const struct ticks_at *at)
{
	return stream->at_s[at->frame] - (at->is_start ? stream->ms[at->frame] / 1000 : 0);
}

/* By the clock that the frames have in the end. */
static void fill_ticks(const struct stream *stream, struct frames_ticks *ret)
{
	if (!stream->first.is_known)
		return;
	*ret = (struct frames_ticks){ .is_known = true,
				      .first = stream->first.ticks,
				      .last = stream->last.ticks,
				      .first_s = time_of(stream, &stream->first),
				      .last_s = time_of(stream, &stream->last) };
}

int gather_finish(struct gather *gather, const char *format, const char *column, const char *clock,
		  struct frames *ret, struct str *ret_why)
{
	struct stream *stream = largest(gather);
	struct frames frames = { .report = gather->report };
	bool has_clock;

	if (!stream || !stream->n)
		return str_addf(ret_why, "%s without a single frame that can be read", format)
			       ?: -EINVAL;
	has_clock = fill_times(stream);
	frames.report.format = format;
	frames.report.column = strdup(column);
	frames.report.stream = strndup(stream->name, strcspn(stream->name, "\n"));
	if (!frames.report.column || !frames.report.stream) {
		frames_done(&frames);
		return -ENOMEM;
	}
	str_sanitize(frames.report.column);
	str_sanitize(frames.report.stream);
	frames.clock = has_clock ? clock : NULL;
	fill_ticks(stream, &frames.ticks);
	frames.n = stream->n;
	frames.ms = take_ptr(stream->ms);
	frames.at_s = take_ptr(stream->at_s);
	for (size_t i = 0; i < frames.n; i++) {
		if (frames.ms[i] >= FRAMES_LOAD_MS) {
			frames.report.loads++;
			frames.report.loads_ms += frames.ms[i];
		}
	}
	frames.report.streams_left = gather->n - 1;
	frames.report.rows_left = gather->beyond;
	for (unsigned int i = 0; i < gather->n; i++)
		frames.report.rows_left += &gather->streams[i] == stream ? 0 : gather->streams[i].n;
	*ret = frames;
	return 0;
}
