/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the readers of frame times: whatever is read has sane frames and figures, and whatever is
 * refused has a reason.
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "frames/figures.h"
#include "frames/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct frames *frames)
{
	if (!frames->n || !frames->report.column || !frames->report.stream)
		abort();
	for (size_t i = 0; i < frames->n; i++) {
		if (!(frames->ms[i] > 0) || !isfinite(frames->at_s[i]))
			abort();
	}
	for (unsigned int i = 0; frames_like_at(i); i++) {
		const struct frame_figures *figures = &frames->report.figures;
		int err = frames_figures(frames, frames_like_at(i));

		if (err && err != -ENODATA)
			abort();
		if (!err &&
		    (!(figures->fps_avg > 0) || figures->fps_min > figures->fps_avg * 1.000001 ||
		     figures->stutters > figures->n))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct frames_options options = { .column = NULL };
	auto_str struct str why = { .s = NULL };
	auto_fclose FILE *in = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	struct frames frames;
	int err;

	if (!in)
		return 0;
	err = frames_read(in, &options, &frames, &why);
	if (err == -EINVAL && !why.s)
		abort();
	if (err)
		return 0;
	check(&frames);
	frames_done(&frames);
	return 0;
}
