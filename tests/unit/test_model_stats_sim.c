/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of model/stats by simulation: many comparisons of which the truth is known. A false change
 * is an interval that excludes 0 where nothing changed; coverage is how often an interval holds
 * the true effect. Both are printed. LULL_CHECK_FULL=1 runs 20 times as many; none are run when
 * LULL_CHECK_EMULATED is set, because arithmetic is the same on every kernel.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/dist.h"
#include "model/stats.h"
#include "test.h"

#define ROUNDS_MAX 30
#define TRIALS	   1000

/* How the noise of one round is distributed. */
enum tails { LIGHT, HEAVY, SKEWED, DRIFTING, UNEQUAL };

static const char *const tail_names[] = {
	[LIGHT] = "normal",
	[HEAVY] = "t with 2 degrees of freedom",
	[SKEWED] = "log-normal, sigma 1.5",
	[DRIFTING] = "autocorrelated 0.7, drifting",
	[UNEQUAL] = "normal, b 5 times as wide",
};

static double uniform(uint64_t *state)
{
	return ((double)(stats_random(state) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(uniform(state)));

	return radius * cos(2 * M_PI * uniform(state));
}

static double noise(enum tails tails, bool is_b, uint64_t *state)
{
	double z = normal(state);

	if (tails == HEAVY)
		return z / sqrt(-log(uniform(state)));
	if (tails == SKEWED)
		return exp(1.5 * z);
	return tails == UNEQUAL && is_b ? 5 * z : z;
}

/* Rounds as they are measured, one after the other, in the order that verify takes. */
static void drifting_pairs(double *a, double *b, unsigned int n, uint64_t *state)
{
	bool b_first[ROUNDS_MAX];
	double level = normal(state), drift = normal(state);

	stats_order(stats_random(state), n, b_first);
	for (unsigned int i = 0; i < 2 * n; i++) {
		level = 0.7 * level + normal(state);
		(b_first[i / 2] == (i % 2 == 0) ? b : a)[i / 2] = level + drift * i / n;
	}
}

static void simulate(enum tails tails, double *a, double *b, unsigned int n, uint64_t *state)
{
	if (tails == DRIFTING) {
		drifting_pairs(a, b, n, state);
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		a[i] = noise(tails, false, state);
		b[i] = noise(tails, true, state);
	}
}

/* What is examined: an interval of the effect, from two sides of n rounds. */
typedef void interval_fn(const double *a, const double *b, unsigned int n,
			 struct stats_effect *ret);

static void paired(const double *a, const double *b, unsigned int n, struct stats_effect *ret)
{
	CHECK_EQ(stats_paired(a, b, n, ret), 0);
}

static void unpaired(const double *a, const double *b, unsigned int n, struct stats_effect *ret)
{
	stats_unpaired(a, n, b, n, ret);
}

/* The method that is not used: to see that this test would notice it. */
static void percentile_bootstrap(const double *a, const double *b, unsigned int n,
				 struct stats_effect *ret)
{
	double means[1000];
	uint64_t state = 1;

	for (unsigned int i = 0; i < ARRAY_SIZE(means); i++) {
		means[i] = 0;
		for (unsigned int j = 0; j < n; j++)
			means[i] += (b[stats_random_below(&state, n)] -
				     a[stats_random_below(&state, n)]) /
				    n;
	}
	qsort(means, ARRAY_SIZE(means), sizeof(*means), stats_compare_doubles);
	ret->low = means[24];
	ret->high = means[975];
}

static unsigned int trials(void)
{
	if (getenv("LULL_CHECK_EMULATED"))
		SKIP("arithmetic alone, and minutes in an emulator");
	return getenv("LULL_CHECK_FULL") ? 20 * TRIALS : TRIALS;
}

/* The share of trials in which the interval does not hold @effect, which is the truth. */
static double share_missed(interval_fn *interval, enum tails tails, unsigned int n, double effect,
			   uint64_t seed)
{
	double a[ROUNDS_MAX], b[ROUNDS_MAX];
	struct stats_effect found;
	unsigned int missed = 0;
	uint64_t state = seed;

	for (unsigned int i = 0; i < trials(); i++) {
		simulate(tails, a, b, n, &state);
		for (unsigned int j = 0; j < n; j++)
			b[j] += effect;
		interval(a, b, n, &found);
		missed += found.low > effect || found.high < effect;
	}
	return (double)missed / trials();
}

static double three_errors(void)
{
	return 3 * sqrt(0.05 * 0.95 / trials());
}

/* At 6, 12 and 30 rounds a side. */
static void check_calibration(const char *what, interval_fn *interval, enum tails tails,
			      bool may_be_wide)
{
	/* Welch's degrees of freedom are an approximation; its excess is largest here. */
	double excess = interval == unpaired && tails == UNEQUAL ? 0.005 : 0;
	static const unsigned int sizes[] = { 6, 12, 30 };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		double wrong = share_missed(interval, tails, sizes[i], 0, 11 + i);
		double missed = share_missed(interval, tails, sizes[i], 3, 97 + i);

		printf("# %s, %2u, %s: false changes %.2f %%, coverage %.2f %% (3 errors: %.2f)\n",
		       what, sizes[i], tail_names[tails], 100 * wrong, 100 - 100 * missed,
		       100 * three_errors());
		CHECK(wrong <= 0.05 + excess + three_errors());
		CHECK(missed <= 0.05 + excess + three_errors());
		CHECK(may_be_wide || missed >= 0.05 - three_errors());
	}
}

TEST(stats_paired__is_calibrated_for_light_tails)
{
	check_calibration("pairs", paired, LIGHT, false);
}

TEST(stats_paired__is_calibrated_for_heavy_tails)
{
	check_calibration("pairs", paired, HEAVY, false);
	check_calibration("pairs", paired, SKEWED, false);
}

TEST(stats_paired__is_calibrated_for_sides_of_unequal_width)
{
	check_calibration("pairs", paired, UNEQUAL, false);
}

/* The balanced order takes the drift out of the effect, not out of the spread: never too sure. */
TEST(stats_paired__calls_no_drift_a_change)
{
	static const unsigned int sizes[] = { 6, 12, 30 };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		double wrong = share_missed(paired, DRIFTING, sizes[i], 0, 5 + i);

		printf("# pairs, %2u, %s: false changes %.2f %%\n", sizes[i], tail_names[DRIFTING],
		       100 * wrong);
		CHECK(wrong <= 0.05 + three_errors());
	}
}

TEST(stats_unpaired__is_calibrated_for_light_tails)
{
	check_calibration("groups", unpaired, LIGHT, false);
}

/* Wider than it must be there, never too narrow. */
TEST(stats_unpaired__is_not_too_sure_with_heavy_tails)
{
	check_calibration("groups", unpaired, HEAVY, true);
	check_calibration("groups", unpaired, SKEWED, true);
}

TEST(stats_unpaired__is_calibrated_for_sides_of_unequal_width)
{
	check_calibration("groups", unpaired, UNEQUAL, false);
}

/* Else the tests above would prove nothing. */
TEST(stats_simulation__sees_through_a_percentile_bootstrap)
{
	double wrong = share_missed(percentile_bootstrap, LIGHT, 6, 0, 3);

	printf("# percentile bootstrap,  6, normal: false changes %.2f %%\n", 100 * wrong);
	CHECK(wrong > 0.05 + three_errors());
}

/* The smallest detectable effect, of noise whose width is known, is seen in 4 of 5 comparisons. */
TEST(stats_paired__sees_the_detectable_effect_as_often_as_it_says)
{
	static const unsigned int sizes[] = { 6, 12, 30 };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		double df = sizes[i] - 1, error = sqrt(2.0 / sizes[i]), seen;
		double effect = error * (dist_t_quantile(0.975, df) + dist_t_quantile(0.8, df));
		double a[ROUNDS_MAX], b[ROUNDS_MAX];
		struct stats_effect found;
		unsigned int n_seen = 0;
		uint64_t state = 40 + i;

		for (unsigned int k = 0; k < trials(); k++) {
			simulate(LIGHT, a, b, sizes[i], &state);
			for (unsigned int j = 0; j < sizes[i]; j++)
				b[j] += effect;
			paired(a, b, sizes[i], &found);
			n_seen += found.low > 0;
		}
		seen = (double)n_seen / trials();
		printf("# pairs, %2u, normal: the detectable effect is seen in %.1f %%\n", sizes[i],
		       100 * seen);
		CHECK(seen > STATS_POWER - 0.1 && seen < STATS_POWER + 0.05);
	}
}

/* Holm: of 10 figures without a change, any is marked in at most 5 % of the comparisons. */
TEST(stats_holm__keeps_the_chance_of_any_false_mark)
{
	double a[6], b[6], p[10];
	unsigned int wrong = 0;
	uint64_t state = 8;

	for (unsigned int i = 0; i < trials(); i++) {
		bool any = false;

		for (unsigned int j = 0; j < ARRAY_SIZE(p); j++) {
			struct stats_effect found;

			simulate(j % 2 ? HEAVY : LIGHT, a, b, 6, &state);
			paired(a, b, 6, &found);
			p[j] = found.p;
		}
		CHECK_EQ(stats_holm(p, ARRAY_SIZE(p)), 0);
		for (unsigned int j = 0; j < ARRAY_SIZE(p); j++)
			any |= p[j] <= 0.05;
		wrong += any;
	}
	printf("# holm, 10 figures, 6 pairs: any false mark %.2f %%\n", 100.0 * wrong / trials());
	CHECK((double)wrong / trials() <= 0.05 + three_errors());
}
