/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame_texts: reads from memory; it judges nothing.
 */
#include "frame_texts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "frames/figures.h"
#include "test.h"

static int read_text(const char *text, struct frames *ret, struct str *why)
{
	const struct frames_options options = { .column = NULL };
	auto_fclose FILE *in = tmpfile();

	CHECK(in != NULL);
	CHECK_EQ(fwrite(text, 1, strlen(text), in), strlen(text));
	rewind(in);
	return frames_read(in, &options, ret, why);
}

void frame_text_read(const char *text, struct frames *ret)
{
	auto_str struct str why = { .s = NULL };

	CHECK_EQ(read_text(text, ret, &why), 0);
}

char *frame_text_refusal(const char *text)
{
	struct str why = { .s = NULL };
	struct frames frames;

	CHECK_EQ(read_text(text, &frames, &why), -EINVAL);
	return why.s;
}

void frames_make(const double *ms, size_t n, struct frames *ret)
{
	double at = 0;

	*ret = (struct frames){ .n = n,
				.ms = calloc(n, sizeof(double)),
				.at_s = calloc(n, sizeof(double)) };
	CHECK(ret->ms && ret->at_s);
	for (size_t i = 0; i < n; i++) {
		ret->ms[i] = ms[i];
		ret->at_s[i] = at += ms[i] / 1000;
	}
	CHECK_EQ(frames_figures(ret, frames_like_at(0)), 0);
}
