/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * presentmon2: PresentMon with --v2_metrics: frames from CPU start to CPU start. A frame
 * that was not shown has no DisplayedTime.
 */
#include "frames/format.h"

const struct frames_format frames_presentmon2 = {
	.name = "PresentMon v2",
	.needs = { "FrameTime", "CPUBusy" },
	.times = { { .column = "FrameTime", .per_second = 1000 } },
	.clocks = { { .column = "CPUStartTime", .per_second = 1000, .is_start = true },
		    { .column = "CPUStartQPCTime", .per_second = 1000, .is_start = true } },
	.ticks = { { .column = "CPUStartQPC", .is_start = true } },
	.shown = "DisplayedTime",
	.frame_type = "FrameType",
	.process = "Application",
	.process_id = "ProcessID",
	.swap_chain = "SwapChainAddress",
};
