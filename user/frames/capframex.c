/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capframex: CSV of CapFrameX: the columns of OCAT below lines "//Key=Value".
 */
#include "frames/format.h"

const struct frames_format frames_capframex = {
	.name = "CapFrameX CSV",
	.needs = { "MsBetweenPresents", "TimeInSeconds" },
	.has_remarks = true,
	.times = { { .column = "MsBetweenPresents", .per_second = 1000 } },
	.clocks = { { .column = "TimeInSeconds", .per_second = 1 } },
	.dropped = "Dropped",
	.process = "Application",
	.process_id = "ProcessID",
	.swap_chain = "SwapChainAddress",
};
