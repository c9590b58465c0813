/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout and the percentiles of HdrHistogram, written down a second time and in its own
 * words (sub-bucket count, index offset), against the code that the kernel side shares.
 */
#include "model/hist.h"

#include <errno.h>

#include "base/cleanup.h"
#include "test.h"

#define TWO_36	  ((uint64_t)1 << 36)

#define auto_hist __attribute__((cleanup(hist_done)))

/* countsArrayIndex() of HdrHistogram for lowestDiscernibleValue 1. */
static unsigned int hdr_index(uint64_t value, unsigned int digits)
{
	unsigned int largest_single = digits == 1 ? 20 : 200; /* 2 * 10^digits */
	unsigned int sub_count = 1, sub_magnitude = 0, bucket, sub;

	while (sub_count < largest_single) {
		sub_count *= 2;
		sub_magnitude++;
	}
	bucket = 64 - (unsigned int)__builtin_clzll(value | (sub_count - 1)) - sub_magnitude;
	sub = (unsigned int)(value >> bucket);
	return ((bucket + 1) << (sub_magnitude - 1)) + sub - sub_count / 2;
}

TEST(hist_slots__are_those_below_2_to_36)
{
	CHECK_EQ(hist_slots(1), 528);
	CHECK_EQ(hist_slots(2), 3840);
	CHECK_EQ(hist_slots(3), 0);
	CHECK_EQ(hist_slot(1, 0), 0);
	CHECK_EQ(hist_slot(2, TWO_36 - 1), 3839);
	CHECK_EQ(hist_slot(2, TWO_36), 3840);
	CHECK_EQ(hist_slot(1, UINT64_MAX), 528);
}

TEST(hist_slot__agrees_with_hdrhistogram_around_every_power_of_two)
{
	for (unsigned int digits = 1; digits <= 2; digits++) {
		for (unsigned int bit = 0; bit < 36; bit++) {
			uint64_t edge = (uint64_t)1 << bit;

			for (uint64_t value = edge - min(edge, 300u); value < edge + 300; value++)
				if (value < TWO_36 &&
				    hist_slot(digits, value) != hdr_index(value, digits))
					CHECK_EQ(hist_slot(digits, value),
						 hdr_index(value, digits));
		}
		CHECK_EQ(hist_slot(digits, TWO_36 - 1), hdr_index(TWO_36 - 1, digits));
	}
}

TEST(hist_range__bins_join_without_gap_and_hold_their_own_edges)
{
	for (unsigned int digits = 1; digits <= 2; digits++) {
		uint64_t next = 0;

		for (unsigned int i = 0; i < hist_slots(digits); i++) {
			uint64_t low, high;

			hist_range(digits, i, &low, &high);
			CHECK_EQ(low, next);
			CHECK_EQ(hist_slot(digits, low), i);
			CHECK_EQ(hist_slot(digits, high), i);
			next = high + 1;
		}
		CHECK_EQ(next, TWO_36);
	}
}

TEST(hist_range__bins_are_as_narrow_as_promised)
{
	for (unsigned int digits = 1; digits <= 2; digits++) {
		unsigned int parts = digits == 1 ? 16 : 128; /* 6.25 % and 0.78 % */

		for (unsigned int i = 0; i < hist_slots(digits); i++) {
			uint64_t low, high;

			hist_range(digits, i, &low, &high);
			CHECK(high == low || (high - low + 1) * parts <= low);
		}
	}
}

TEST(hist_range__overflow_bin_ends_at_the_largest_value)
{
	uint64_t low, high;

	hist_range(2, hist_slots(2), &low, &high);
	CHECK(low == TWO_36 && high == UINT64_MAX);
	hist_range(1, hist_slots(1), &low, &high);
	CHECK(low == TWO_36 && high == UINT64_MAX);
}

TEST(hist_init__refuses_other_digits)
{
	struct hist hist = { .count = 7 };

	CHECK_EQ(hist_init(&hist, 0), -EINVAL);
	CHECK_EQ(hist_init(&hist, 3), -EINVAL);
	CHECK_EQ(hist.count, 7);
}

TEST(hist_add__keeps_count_sum_and_exact_ends)
{
	auto_hist struct hist hist = { .digits = 0 };

	CHECK_EQ(hist_init(&hist, 1), 0);
	hist_add(&hist, 1001, 2);
	hist_add(&hist, 5, 1);
	hist_add(&hist, 99, 0);
	hist_add(&hist, TWO_36 + 1, 1);
	CHECK_EQ(hist.count, 4);
	CHECK_EQ(hist.sum, 2007 + TWO_36 + 1);
	CHECK_EQ(hist.min, 5);
	CHECK_EQ(hist.max, TWO_36 + 1);
	CHECK_EQ(hist.counts[hist_slots(1)], 1);
}

TEST(hist_add__ignores_a_histogram_that_was_not_set_up)
{
	struct hist hist = { .digits = 0 };

	hist_add(&hist, 5, 1);
	CHECK_EQ(hist.count, 0);
	hist_done(&hist);
}

TEST(hist_merge__adds_and_keeps_the_ends)
{
	auto_hist struct hist a = { .digits = 0 };
	auto_hist struct hist b = { .digits = 0 };
	auto_hist struct hist empty = { .digits = 0 };

	CHECK_EQ(hist_init(&a, 2) | hist_init(&b, 2) | hist_init(&empty, 2), 0);
	hist_add(&b, 10, 3);
	hist_add(&b, 2000, 1);
	CHECK_EQ(hist_merge(&a, &empty), 0);
	CHECK_EQ(a.count, 0);
	CHECK_EQ(hist_merge(&a, &b), 0);
	CHECK_EQ(hist_merge(&a, &empty), 0);
	CHECK_EQ(hist_merge(&a, &b), 0);
	CHECK_EQ(a.count, 8);
	CHECK_EQ(a.sum, 4060);
	CHECK_EQ(a.min, 10);
	CHECK_EQ(a.max, 2000);
	CHECK_EQ(a.counts[10], 6);
}

TEST(hist_merge__refuses_another_layout)
{
	auto_hist struct hist a = { .digits = 0 };
	auto_hist struct hist b = { .digits = 0 };

	CHECK_EQ(hist_init(&a, 1) | hist_init(&b, 2), 0);
	CHECK_EQ(hist_merge(&a, &b), -EINVAL);
}

/* getValueAtPercentile(): the first bin at which ceil(share * count) samples, at least 1, lie. */
TEST(hist_percentile__is_the_upper_edge_of_the_bin)
{
	auto_hist struct hist hist = { .digits = 0 };

	CHECK_EQ(hist_init(&hist, 2), 0);
	for (uint64_t i = 1; i <= 1000; i++)
		hist_add(&hist, i, 1);
	CHECK_EQ(hist_percentile(&hist, 0), 1);
	CHECK_EQ(hist_percentile(&hist, 1000), 1);
	CHECK_EQ(hist_percentile(&hist, 1001), 2); /* one sample is not enough any more */
	CHECK_EQ(hist_percentile(&hist, 100000), 100);
	CHECK_EQ(hist_percentile(&hist, 500000), 501);	 /* 500 shares its bin with 501 */
	CHECK_EQ(hist_percentile(&hist, 990000), 991);	 /* 988..991 is a bin */
	CHECK_EQ(hist_percentile(&hist, 1000000), 1000); /* the exact max, not 1003 */
	CHECK_EQ(hist_percentile(&hist, 2000000), 1000);
}

TEST(hist_percentile__of_nothing_is_zero)
{
	auto_hist struct hist hist = { .digits = 0 };

	CHECK_EQ(hist_percentile(&hist, 500000), 0);
	CHECK_EQ(hist_init(&hist, 1), 0);
	CHECK_EQ(hist_percentile(&hist, 500000), 0);
}

TEST(hist_percentile__in_the_overflow_bin_is_the_exact_max)
{
	auto_hist struct hist hist = { .digits = 0 };

	CHECK_EQ(hist_init(&hist, 1), 0);
	hist_add(&hist, 3 * TWO_36, 1);
	CHECK_EQ(hist_percentile(&hist, 500000), 3 * TWO_36);
}

/* 24 h of the busiest thread: the product of count and share does not fit 64 bits. */
TEST(hist_percentile__holds_for_huge_counts)
{
	auto_hist struct hist hist = { .digits = 0 };

	CHECK_EQ(hist_init(&hist, 1), 0);
	hist_add(&hist, 1, UINT64_MAX - 10);
	hist_add(&hist, 7, 10);
	CHECK_EQ(hist_percentile(&hist, 999999), 1);
	CHECK_EQ(hist_percentile(&hist, 1000000), 7);
}
