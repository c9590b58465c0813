/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats: medians and their 95 % intervals by bootstrap, with a generator of its own so that the
 * same numbers give the same answer.
 */
#include "bench/stats.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define RESAMPLES 2000

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double stats_median(const double *values, unsigned int n)
{
	double sorted[max(ROUNDS_MAX, RESAMPLES)];

	if (!n)
		return 0;
	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), compare);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static double statistic(const double *a, const double *b, unsigned int n)
{
	double below;

	if (!b)
		return stats_median(a, n);
	below = stats_median(b, n);
	return below > 0 ? min(stats_median(a, n) / below, RATIO_MAX) : RATIO_MAX;
}

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static struct interval bootstrap(const double *a, const double *b, unsigned int n)
{
	double drawn_a[ROUNDS_MAX], drawn_b[ROUNDS_MAX], results[RESAMPLES];
	struct interval r = { .value = statistic(a, b, n) };
	uint32_t state = 2463534242U;

	for (unsigned int i = 0; i < RESAMPLES; i++) {
		for (unsigned int k = 0; k < n; k++) {
			unsigned int at = next_random(&state) % n;

			drawn_a[k] = a[at];
			drawn_b[k] = b ? b[at] : 0;
		}
		results[i] = statistic(drawn_a, b ? drawn_b : NULL, n);
	}
	qsort(results, RESAMPLES, sizeof(*results), compare);
	r.low = results[RESAMPLES / 40];
	r.high = results[RESAMPLES - 1 - RESAMPLES / 40];
	return r;
}

struct interval stats_median_of(const double *a, unsigned int n)
{
	return bootstrap(a, NULL, n);
}

struct interval stats_ratio(const double *a, const double *b, unsigned int n)
{
	return bootstrap(a, b, n);
}
