/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frameview: per-frame logs of NVIDIA FrameView; its summary is another file.
 */
#include "frames/format.h"

const struct frames_format frames_frameview = {
	.name = "FrameView",
	.needs = { "MsBetweenPresents", "TimeInSeconds", "GPU0Util(%)" },
	.times = { { .column = "MsBetweenPresents", .per_second = 1000 } },
	.clocks = { { .column = "TimeInSeconds", .per_second = 1 } },
	.dropped = "Dropped",
	.process = "Application",
	.process_id = "ProcessID",
	.swap_chain = "SwapChainAddress",
};
