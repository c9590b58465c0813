/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tombraider: the table that the benchmarks of Rise and Shadow of the Tomb Raider write. The first row
 * has no frame before it; the loading of a scene is one frame of seconds.
 */
#include "frames/format.h"

const struct frames_format frames_tombraider = {
	.name = "Tomb Raider benchmark",
	.needs = { "Frame", "Time (ms)", "Delta (ms)" },
	.times = { { .column = "Delta (ms)", .per_second = 1000 } },
	.clocks = { { .column = "Time (ms)", .per_second = 1000 } },
};
