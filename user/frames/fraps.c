/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fraps: frametimes of FRAPS: a running clock, so that N rows are N - 1 frames.
 */
#include "frames/format.h"

const struct frames_format frames_fraps = {
	.name = "FRAPS",
	.needs = { "Frame", "Time (ms)" },
	.fields = 2,
	.times = { { .column = "Time (ms)", .per_second = 1000 } },
	.clocks = { { .column = "Time (ms)", .per_second = 1000 } },
	.is_running = true,
};
