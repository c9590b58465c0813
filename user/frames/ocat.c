/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ocat: logs of OCAT. The header and the first row go on with what the machine is; rows are ragged.
 */
#include "frames/format.h"

const struct frames_format frames_ocat = {
	.name = "OCAT",
	.needs = { "MsBetweenPresents", "Dropped", "WasBatched", "Motherboard" },
	.times = { { .column = "MsBetweenPresents", .per_second = 1000 } },
	.clocks = { { .column = "TimeInSeconds", .per_second = 1 } },
	.dropped = "Dropped",
	.process = "Application",
	.process_id = "ProcessID",
	.swap_chain = "SwapChainAddress",
};
