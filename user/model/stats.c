/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats: moments, pairs, groups, corrections, bounds, random order. Each formula is in stats.h.
 */
#include "model/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/dist.h"

#define SUBSETS_ALL_MAX	  10 /* pairs: 1023 subsets */
#define SUBSETS_RANDOM	  1999
#define PAIRS_PERMUTED	  6
#define SEED_OF_INTERVALS 0x6c756c6cULL /* fixed: the same rounds give the same interval */

uint64_t stats_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint64_t stats_random_below(uint64_t *state, uint64_t below)
{
	uint64_t first = -below % below; /* 2^64 modulo below: so many are one too many */
	uint64_t value;

	do {
		value = stats_random(state);
	} while (value < first);
	return value % below;
}

double stats_mean(const double *x, unsigned int n)
{
	double sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += x[i];
	return n ? sum / n : 0;
}

double stats_variance(const double *x, unsigned int n)
{
	double mean = stats_mean(x, n), sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += (x[i] - mean) * (x[i] - mean);
	return n > 1 ? sum / (n - 1) : 0;
}

int stats_compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The mean of the elements of @d whose bit is set. */
static double subset_mean(const double *d, unsigned int n, const uint64_t *bits)
{
	double sum = 0;
	unsigned int count = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (bits[i / 64] >> i % 64 & 1) {
			sum += d[i];
			count++;
		}
	}
	return sum / count;
}

/* Bits for @n elements, not all 0: a subset that holds each element with a chance of one half. */
static void random_subset(uint64_t *state, unsigned int n, uint64_t *ret_bits)
{
	uint64_t any;

	do {
		any = 0;
		for (unsigned int i = 0; i <= (n - 1) / 64; i++) {
			ret_bits[i] = stats_random(state);
			if (n - i * 64 < 64)
				ret_bits[i] &= (1ULL << (n - i * 64)) - 1;
			any |= ret_bits[i];
		}
	} while (!any);
}

/* Between the order statistics around @rank, which counts from 1 and need not be whole. */
static double order_statistic(const double *sorted, double rank)
{
	unsigned int below = (unsigned int)rank;

	return sorted[below - 1] + (rank - below) * (sorted[below] - sorted[below - 1]);
}

/*
 * The centre of symmetry lies with equal probability in each of the n_means + 1 gaps that the
 * means of subsets leave: cut off 2.5 % of the gaps at each end.
 */
static int interval_of_signs(const double *d, unsigned int n, struct stats_effect *effect)
{
	unsigned int n_means = n <= SUBSETS_ALL_MAX ? (1U << n) - 1 : SUBSETS_RANDOM;
	auto_free double *means = calloc(n_means, sizeof(*means));
	auto_free uint64_t *bits = calloc(n / 64 + 1, sizeof(*bits));
	uint64_t state = SEED_OF_INTERVALS;
	double rank = (1 - STATS_CONFIDENCE) / 2 * (n_means + 1);

	if (!means || !bits)
		return -ENOMEM;
	for (unsigned int i = 0; i < n_means; i++) {
		if (n <= SUBSETS_ALL_MAX)
			bits[0] = i + 1;
		else
			random_subset(&state, n, bits);
		means[i] = subset_mean(d, n, bits);
	}
	qsort(means, n_means, sizeof(*means), stats_compare_doubles);
	effect->low = order_statistic(means, rank);
	effect->high = order_statistic(means, n_means + 1 - rank);
	effect->method = n <= SUBSETS_ALL_MAX ? "permutation of signs, all of them"
					      : "permutation of signs, 1999 random ones";
	return 0;
}

/* What Student's t says of an effect that has this standard error and degrees of freedom. */
static void judge_by_t(double error, double df, const char *method, struct stats_effect *effect)
{
	double t = dist_t_quantile((1 + STATS_CONFIDENCE) / 2, df);

	effect->has_interval = true;
	effect->low = effect->effect - t * error;
	effect->high = effect->effect + t * error;
	effect->p = fabs(effect->effect) > 0 ? dist_t_beyond(effect->effect / error, df) : 1;
	effect->detectable = (t + dist_t_quantile(STATS_POWER, df)) * error;
	effect->method = method;
}

int stats_paired(const double *a, const double *b, unsigned int n, struct stats_effect *ret)
{
	struct stats_effect effect = { .p = 1, .detectable = INFINITY, .method = "none" };
	auto_free double *d = calloc(n + 1UL, sizeof(*d));
	int err = 0;

	if (!d)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++)
		d[i] = b[i] - a[i];
	effect.effect = stats_mean(d, n);
	if (n >= STATS_ROUNDS_MIN)
		judge_by_t(sqrt(stats_variance(d, n) / n), n - 1, "Student's t over pairs",
			   &effect);
	if (n >= PAIRS_PERMUTED)
		err = interval_of_signs(d, n, &effect);
	if (!err)
		*ret = effect;
	return err;
}

void stats_from_errors(double effect, double error_a, unsigned int n_a, double error_b,
		       unsigned int n_b, struct stats_effect *ret)
{
	double u = error_a * error_a, v = error_b * error_b;
	double below = u * u / (n_a - 1) + v * v / (n_b - 1);

	*ret = (struct stats_effect){ .effect = effect };
	judge_by_t(sqrt(u + v), below > 0 ? (u + v) * (u + v) / below : n_a + n_b - 2, "Welch's t",
		   ret);
}

void stats_unpaired(const double *a, unsigned int n_a, const double *b, unsigned int n_b,
		    struct stats_effect *ret)
{
	double effect = stats_mean(b, n_b) - stats_mean(a, n_a);

	if (min(n_a, n_b) < STATS_ROUNDS_MIN) {
		*ret = (struct stats_effect){
			.effect = effect, .p = 1, .detectable = INFINITY, .method = "none"
		};
		return;
	}
	stats_from_errors(effect, sqrt(stats_variance(a, n_a) / n_a), n_a,
			  sqrt(stats_variance(b, n_b) / n_b), n_b, ret);
}

int stats_holm(double *p, unsigned int n)
{
	auto_free unsigned int *order = calloc(n + 1UL, sizeof(*order));
	double largest = 0;

	if (!order)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = i;

		for (; at > 0 && p[order[at - 1]] > p[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	for (unsigned int i = 0; i < n; i++) {
		largest = max(largest, min(p[order[i]] * (n - i), 1.0));
		p[order[i]] = largest;
	}
	return 0;
}

double stats_rate_bound(uint64_t count, double time)
{
	return time > 0 ? dist_poisson_upper(count, STATS_CONFIDENCE) / time : INFINITY;
}

void stats_order(uint64_t seed, unsigned int pairs, bool *ret_b_first)
{
	uint64_t state = seed;
	unsigned int n_first = pairs / 2;

	if (pairs % 2)
		n_first += (unsigned int)stats_random_below(&state, 2);
	for (unsigned int i = 0; i < pairs; i++)
		ret_b_first[i] = i < n_first;
	for (unsigned int i = pairs; i > 1; i--) {
		unsigned int with = (unsigned int)stats_random_below(&state, i);
		bool kept = ret_b_first[i - 1];

		ret_b_first[i - 1] = ret_b_first[with];
		ret_b_first[with] = kept;
	}
}
