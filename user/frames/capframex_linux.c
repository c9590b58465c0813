/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capframex_linux: CSV of CapFrameX for Linux: durations only, no clock.
 */
#include "frames/format.h"

const struct frames_format frames_capframex_linux = {
	.name = "CapFrameX for Linux",
	.needs = { "MsBetweenPresents", "MsUntilRenderComplete", "MsActualPresent" },
	.lacks = { "TimeInSeconds" },
	.times = { { .column = "MsBetweenPresents", .per_second = 1000 } },
};
