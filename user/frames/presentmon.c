/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * presentmon: PresentMon with the default metrics of 2.x: time between presents. (MsBetweenAppStart
 * and MsBetweenDisplayChange tell other stories of the same frames.)
 */
#include "frames/format.h"

const struct frames_format frames_presentmon = {
	.name = "PresentMon",
	.needs = { "MsBetweenPresents", "MsBetweenAppStart" },
	.times = { { .column = "MsBetweenPresents", .per_second = 1000 } },
	.clocks = { { .column = "TimeInSeconds", .per_second = 1 },
		    { .column = "TimeInMs", .per_second = 1000 },
		    { .column = "CPUStartTimeInSeconds", .per_second = 1, .is_start = true },
		    { .column = "CPUStartTimeInMs", .per_second = 1000, .is_start = true },
		    { .column = "CPUStartTime", .per_second = 1000, .is_start = true } },
	.ticks = { { .column = "TimeInQPC" }, { .column = "CPUStartQPC", .is_start = true } },
	.shown = "MsBetweenDisplayChange",
	.frame_type = "FrameType",
	.process = "Application",
	.process_id = "ProcessID",
	.swap_chain = "SwapChainAddress",
};
