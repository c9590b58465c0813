/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cyberpunk: frames.csv of the benchmark of Cyberpunk 2077.
 */
#include "frames/format.h"

const struct frames_format frames_cyberpunk = {
	.name = "Cyberpunk 2077",
	.needs = { "Frame index", "Frame time (ms)" },
	.times = { { .column = "Frame time (ms)", .per_second = 1000 } },
};
