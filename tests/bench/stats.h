/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats: medians of rounds and their 95 % intervals.
 */
#ifndef LULL_TESTS_BENCH_STATS_H
#define LULL_TESTS_BENCH_STATS_H

#define ROUNDS_MAX 1000
#define RATIO_MAX  1000.0 /* stands for more, and for one without a floor: noise */

struct interval {
	double value, low, high; /* median, 95 % interval */
};
double stats_median(const double *values, unsigned int n);
/* The median of @a, or of @a over that of @b, with a bootstrap over their common index. */
struct interval stats_median_of(const double *a, unsigned int n);
struct interval stats_ratio(const double *a, const double *b, unsigned int n);

#endif
