/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table: figures beside their budgets.
 */
#ifndef LULL_TESTS_BENCH_TABLE_H
#define LULL_TESTS_BENCH_TABLE_H

#include <stdbool.h>

#include "bench/stats.h"

enum unit { UNIT_RATIO, UNIT_COUNT, UNIT_KB, UNIT_MB, UNIT_MS, UNIT_TIMES };

struct figure {
	const char *what;
	enum unit unit;
	struct interval measured;
	double budget;		  /* negative: none */
	double floor_ns, ours_ns; /* of a ratio: added per event */
	const char *missing;	  /* why it is; NULL: it is measured */
};

void table_print(const struct figure *figures, unsigned int n, bool json);

#endif
