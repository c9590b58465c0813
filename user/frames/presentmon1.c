/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * presentmon1: PresentMon 1.x, and later with --v1_metrics. Early ones begin "Ms" with a capital.
 */
#include "frames/format.h"

const struct frames_format frames_presentmon1 = {
	.name = "PresentMon 1",
	.needs = { "Dropped", "TimeInSeconds", "Application" },
	.lacks = { "GPU0Util(%)" },
	.times = { { .column = "msBetweenPresents", .per_second = 1000 },
		   { .column = "MsBetweenPresents", .per_second = 1000 } },
	.clocks = { { .column = "TimeInSeconds", .per_second = 1 } },
	.ticks = { { .column = "QPCTime" } },
	.dropped = "Dropped",
	.process = "Application",
	.process_id = "ProcessID",
	.swap_chain = "SwapChainAddress",
};
