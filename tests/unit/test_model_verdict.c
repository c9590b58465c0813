/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of model/verdict: each word, and which comes before which.
 */
#include "model/verdict.h"

#include "model/stats.h"
#include "test.h"

/* A tenth taken before, with a gap of 5 ms; @low to @high is the interval of the effect. */
static enum verdict verdict(double low, double high)
{
	const struct stats_effect effect = {
		.effect = (low + high) / 2, .has_interval = true, .low = low, .high = high
	};
	const struct verdict_case given = { .complete = true,
					    .share_before = 0.1,
					    .longest_before_ns = 5000000,
					    .effect = &effect };

	return verdict_of(&given, &verdict_defaults);
}

TEST(verdict_of__is_by_the_interval)
{
	CHECK_EQ(verdict(-0.10, -0.08), VERDICT_IMPROVED);
	CHECK_EQ(verdict(0.02, 0.04), VERDICT_WORSE);
	CHECK_EQ(verdict(-0.10, 0.001), VERDICT_UNCHANGED);
	CHECK_EQ(verdict(-0.001, 0.10), VERDICT_UNCHANGED);
}

TEST(verdict_of__wants_half_a_point)
{
	CHECK_EQ(verdict(-0.005, -0.0049), VERDICT_UNCHANGED);
	CHECK_EQ(verdict(-0.0052, -0.005), VERDICT_IMPROVED);
	CHECK_EQ(verdict(0.004, 0.0042), VERDICT_UNCHANGED);
}

TEST(verdict_of__says_that_the_host_is_clean_before_all_but_loss)
{
	const struct stats_effect effect = {
		.effect = -0.008, .has_interval = true, .low = -0.009, .high = -0.007
	};
	struct verdict_case given = { .complete = true,
				      .share_before = 0.009,
				      .longest_before_ns = 1000000,
				      .effect = &effect };

	CHECK_EQ(verdict_of(&given, &verdict_defaults), VERDICT_CLEAN);
	given.longest_before_ns++;
	CHECK_EQ(verdict_of(&given, &verdict_defaults), VERDICT_IMPROVED);
	given.longest_before_ns--;
	given.share_before = 0.01;
	CHECK_EQ(verdict_of(&given, &verdict_defaults), VERDICT_IMPROVED);
	given.share_before = 0;
	given.complete = false;
	CHECK_EQ(verdict_of(&given, &verdict_defaults), VERDICT_INCOMPLETE);
}

TEST(verdict_of__is_incomplete_without_an_interval)
{
	const struct stats_effect effect = { .effect = -0.5 };
	const struct verdict_case given = { .complete = true,
					    .share_before = 0.5,
					    .effect = &effect };

	CHECK_EQ(verdict_of(&given, &verdict_defaults), VERDICT_INCOMPLETE);
}

TEST(verdict_of_figure__wants_both_interval_and_probability)
{
	struct stats_effect effect = { .has_interval = true, .low = -3, .high = -1 };

	CHECK_EQ(verdict_of_figure(&effect, 0.05), VERDICT_IMPROVED);
	CHECK_EQ(verdict_of_figure(&effect, 0.051), VERDICT_UNCHANGED);
	effect.high = 1;
	CHECK_EQ(verdict_of_figure(&effect, 0.01), VERDICT_UNCHANGED);
	effect.low = 0.5;
	CHECK_EQ(verdict_of_figure(&effect, 0.01), VERDICT_WORSE);
	effect.has_interval = false;
	CHECK_EQ(verdict_of_figure(&effect, 0.01), VERDICT_INCOMPLETE);
}

TEST(verdict_word__is_a_promise)
{
	CHECK_STREQ(verdict_word(VERDICT_INCOMPLETE), "incomplete");
	CHECK_STREQ(verdict_word(VERDICT_CLEAN), "host clean");
	CHECK_STREQ(verdict_word(VERDICT_IMPROVED), "improved");
	CHECK_STREQ(verdict_word(VERDICT_WORSE), "worse");
	CHECK_STREQ(verdict_word(VERDICT_UNCHANGED), "no detectable change");
}
