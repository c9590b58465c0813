/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of measure/fold: counters that wrap, however often, as long as each quarter is seen.
 */
#include "measure/fold.h"

#include "base/cleanup.h"
#include "test.h"

#define auto_fold __attribute__((cleanup(fold_done)))

TEST(fold_value__is_the_word_before_the_first_fold)
{
	struct fold fold = { 0 };

	CHECK_EQ(fold_value(&fold, 3, 0xfffffff0U), 0xfffffff0U);
	fold_done(&fold);
}

TEST(fold_value__counts_what_came_after_the_fold)
{
	auto_fold struct fold fold = { 0 };
	const uint32_t words[2] = { 5, 0x80000000U };

	CHECK_EQ(fold_take(&fold, words, 2), 0);
	CHECK_EQ(fold_value(&fold, 0, 7), 7);
	CHECK_EQ(fold_value(&fold, 1, 0x80000001U), 0x80000001U);
}

TEST(fold_take__follows_a_counter_around_many_times)
{
	const uint32_t step = 0x3fffffffU; /* just below what makes a fold due */
	auto_fold struct fold fold = { 0 };
	uint32_t words[3] = { 0 };
	uint64_t truth = 0;

	for (unsigned int i = 0; i < 100; i++) {
		words[1] += step;
		truth += step;
		words[2] += 1;
		CHECK_EQ(fold_value(&fold, 1, words[1]), truth);
		CHECK_EQ(fold_take(&fold, words, 3), 0);
	}
	CHECK_EQ(fold_value(&fold, 0, words[0]), 0);
	CHECK_EQ(fold_value(&fold, 1, words[1]), truth);
	CHECK_EQ(fold_value(&fold, 2, words[2]), 100);
}

TEST(fold_value__sees_a_wrap_between_two_folds)
{
	auto_fold struct fold fold = { 0 };
	uint32_t word = 0xfffffffeU;

	CHECK_EQ(fold_take(&fold, &word, 1), 0);
	CHECK_EQ(fold_value(&fold, 0, 3), 0x100000003ULL);
	word = 3;
	CHECK_EQ(fold_take(&fold, &word, 1), 0);
	CHECK_EQ(fold_value(&fold, 0, 3), 0x100000003ULL);
}

TEST(fold_is_due__after_a_quarter_of_the_way_to_a_wrap)
{
	auto_fold struct fold fold = { 0 };
	uint32_t word = 0x3fffffffU;

	CHECK(!fold_is_due(&fold, 0, word));
	CHECK(fold_is_due(&fold, 0, word + 1));
	CHECK_EQ(fold_take(&fold, &word, 1), 0);
	CHECK(!fold_is_due(&fold, 0, word + 0x3fffffffU));
	CHECK(fold_is_due(&fold, 0, word + 0x40000000U));
}

TEST(fold_is_due__across_a_wrap)
{
	auto_fold struct fold fold = { 0 };
	uint32_t word = 0xf0000000U;

	CHECK_EQ(fold_take(&fold, &word, 1), 0);
	CHECK(!fold_is_due(&fold, 0, 0x10000000U));
	CHECK(fold_is_due(&fold, 0, 0x30000000U));
}

TEST(fold_done__leaves_one_that_can_be_used_again)
{
	auto_fold struct fold fold = { 0 };
	uint32_t word = 9;

	CHECK_EQ(fold_take(&fold, &word, 1), 0);
	fold_done(&fold);
	CHECK_EQ(fold_value(&fold, 0, 4), 4);
	CHECK_EQ(fold_take(&fold, &word, 1), 0);
	CHECK_EQ(fold_value(&fold, 0, 9), 9);
}
