/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of model/stats on figures that can be checked by hand. How often its intervals are right
 * is in test_model_stats_sim.c.
 */
#include "model/stats.h"

#include <math.h>

#include "base/cleanup.h"
#include "test.h"

static bool is_near(double got, double want, double error)
{
	return fabs(got - want) <= error;
}

/* Differences 1 to 6: of 63 means of subsets the smallest are 1, 1.5, the largest 5.5, 6. */
TEST(stats_paired__is_made_of_the_means_of_subsets)
{
	static const double a[6], b[] = { 3, 1, 6, 2, 5, 4 };
	struct stats_effect effect;

	CHECK_EQ(stats_paired(a, b, 6, &effect), 0);
	CHECK(is_near(effect.effect, 3.5, 1e-12));
	CHECK(effect.has_interval);
	CHECK(is_near(effect.low, 1.3, 1e-12));
	CHECK(is_near(effect.high, 5.7, 1e-12));
	CHECK_STREQ(effect.method, "permutation of signs, all of them");
}

/* s = 1.8708, error 0.76376; t = 4.5826 with 5 degrees: p = 0.00593 */
TEST(stats_paired__has_the_p_of_student)
{
	static const double a[6], b[] = { 1, 2, 3, 4, 5, 6 };
	struct stats_effect effect;

	CHECK_EQ(stats_paired(a, b, 6, &effect), 0);
	CHECK(is_near(effect.p, 0.005934, 1e-5));
	CHECK(is_near(effect.detectable, (2.570582 + 0.919544) * 0.763763, 1e-4));
}

TEST(stats_paired__takes_students_interval_for_few)
{
	static const double a[] = { 1, 1, 1 }, b[] = { 2, 3, 4 };
	struct stats_effect effect;

	CHECK_EQ(stats_paired(a, b, 3, &effect), 0);
	CHECK(is_near(effect.low, 2 - 4.302653 / sqrt(3), 1e-5));
	CHECK(is_near(effect.high, 2 + 4.302653 / sqrt(3), 1e-5));
}

TEST(stats_paired__has_no_interval_for_two)
{
	static const double a[] = { 1, 1 }, b[] = { 2, 4 };
	struct stats_effect effect;

	CHECK_EQ(stats_paired(a, b, 2, &effect), 0);
	CHECK(!effect.has_interval);
	CHECK(is_near(effect.effect, 2, 1e-12));
	CHECK(isinf(effect.detectable));
	CHECK_EQ(stats_paired(a, b, 0, &effect), 0);
	CHECK(!effect.has_interval);
}

TEST(stats_paired__of_what_never_changes_is_a_point)
{
	static const double a[8], b[8];
	struct stats_effect effect;

	CHECK_EQ(stats_paired(a, b, 8, &effect), 0);
	CHECK(effect.low <= 0 && effect.high >= 0 && effect.p >= 1);
}

TEST(stats_paired__is_the_same_again)
{
	double a[70], b[70];
	struct stats_effect first, again;
	uint64_t state = 1;

	for (unsigned int i = 0; i < 70; i++) {
		a[i] = (double)stats_random_below(&state, 1000);
		b[i] = (double)stats_random_below(&state, 1000);
	}
	CHECK_EQ(stats_paired(a, b, 70, &first), 0);
	CHECK_EQ(stats_paired(a, b, 70, &again), 0);
	CHECK(first.low <= again.low && first.low >= again.low);
	CHECK_STREQ(first.method, "permutation of signs, 1999 random ones");
	CHECK(first.low < first.effect && first.effect < first.high);
}

/* Welch (1947): u = 1, v = 4/3; df = 49/9 / (1/2 + 16/9/2) = 3.92 */
TEST(stats_unpaired__is_welchs)
{
	static const double a[] = { 10, 10 + 1.7320508, 10 - 1.7320508 }, b[] = { 22, 20, 18 };
	struct stats_effect effect;

	stats_unpaired(a, 3, b, 3, &effect);
	CHECK(is_near(effect.effect, 10, 1e-9));
	CHECK(is_near(effect.high - 10, 2.7999 * sqrt(7.0 / 3), 0.002));
	CHECK(is_near(effect.high - 10, 10 - effect.low, 1e-9));
	CHECK_STREQ(effect.method, "Welch's t");
}

TEST(stats_unpaired__has_no_interval_for_two_on_a_side)
{
	static const double a[] = { 1, 2 }, b[] = { 2, 3, 4, 5 };
	struct stats_effect effect;

	stats_unpaired(a, 2, b, 4, &effect);
	CHECK(!effect.has_interval);
	CHECK(is_near(effect.effect, 2, 1e-12));
}

/* The example of Holm's steps: sorted 0.005 0.01 0.03 0.04, times 4 3 2 1, and never falling. */
TEST(stats_holm__multiplies_and_never_falls)
{
	double p[] = { 0.01, 0.04, 0.03, 0.005 };

	CHECK_EQ(stats_holm(p, 4), 0);
	CHECK(is_near(p[3], 0.02, 1e-12));
	CHECK(is_near(p[0], 0.03, 1e-12));
	CHECK(is_near(p[2], 0.06, 1e-12));
	CHECK(is_near(p[1], 0.06, 1e-12));
}

TEST(stats_holm__stays_a_probability)
{
	double p[] = { 1, 0.9, 0.8 };

	CHECK_EQ(stats_holm(p, 3), 0);
	CHECK(p[0] <= 1 && p[1] <= 1 && p[2] <= 1);
	CHECK_EQ(stats_holm(p, 0), 0);
}

/* "0 stalls in 600 s: fewer than 0.3 per minute" */
TEST(stats_rate_bound__of_none_in_ten_minutes)
{
	CHECK(is_near(stats_rate_bound(0, 10), 0.29957, 1e-5));
	CHECK(isinf(stats_rate_bound(0, 0)));
}

TEST(stats_order__is_balanced)
{
	bool b_first[12];

	for (uint64_t seed = 0; seed < 100; seed++) {
		unsigned int n = 0;

		stats_order(seed, 12, b_first);
		for (unsigned int i = 0; i < 12; i++)
			n += b_first[i];
		CHECK_EQ(n, 6);
	}
}

TEST(stats_order__of_an_odd_number_is_off_by_one_either_way)
{
	bool b_first[5], seen[6] = { false };

	for (uint64_t seed = 0; seed < 100; seed++) {
		unsigned int n = 0;

		stats_order(seed, 5, b_first);
		for (unsigned int i = 0; i < 5; i++)
			n += b_first[i];
		CHECK(n == 2 || n == 3);
		seen[n] = true;
	}
	CHECK(seen[2] && seen[3]);
}

/* Each of the 20 orders of 6 pairs comes up about 500 times in 10,000. */
TEST(stats_order__takes_each_order_as_often)
{
	unsigned int counts[64] = { 0 }, n_orders = 0;
	bool b_first[6];

	for (uint64_t seed = 0; seed < 10000; seed++) {
		unsigned int which = 0;

		stats_order(seed * 7919, 6, b_first);
		for (unsigned int i = 0; i < 6; i++)
			which |= (unsigned int)b_first[i] << i;
		counts[which]++;
	}
	for (unsigned int i = 0; i < 64; i++) {
		n_orders += counts[i] > 0;
		CHECK(!counts[i] || (counts[i] > 400 && counts[i] < 600));
	}
	CHECK_EQ(n_orders, 20);
}

/* The published sequence of SplitMix64 from 1234567. */
TEST(stats_random__is_splitmix64)
{
	uint64_t state = 1234567;

	CHECK_EQ(stats_random(&state), 6457827717110365317ULL);
	CHECK_EQ(stats_random(&state), 3203168211198807973ULL);
	CHECK_EQ(stats_random(&state), 9817491932198370423ULL);
}

TEST(stats_random_below__stays_below)
{
	uint64_t state = 1;
	bool seen[3] = { false };

	for (unsigned int i = 0; i < 100; i++)
		seen[stats_random_below(&state, 3)] = true;
	CHECK(seen[0] && seen[1] && seen[2]);
	CHECK_EQ(stats_random_below(&state, 1), 0);
}
