/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mangohud: logs of MangoHud, with or without log_versioning. Columns are found by name:
 * older versions have fewer. One frame a row only with log_interval=0, its default; what was
 * sampled at intervals is refused.
 */
#include "frames/format.h"

const struct frames_format frames_mangohud = {
	.name = "MangoHud",
	.needs = { "frametime", "elapsed", "fps" },
	.times = { { .column = "frametime", .per_second = 1000 } },
	.clocks = { { .column = "elapsed", .per_second = 1e9 } },
	.may_be_sampled = true,
};
