/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hist: log-linear histograms of nanoseconds in the layout of HdrHistogram (lowest value 1), so
 * that export is lossless. The slot arithmetic is that of bpf/lull_abi.h: the kernel counts with
 * the very same code.
 */
#ifndef LULL_MODEL_HIST_H
#define LULL_MODEL_HIST_H

#include <stdint.h>

/*
 * Zero-initialised: an empty histogram that was not set up (digits 0). counts[] has
 * hist_slots(digits) bins and one more, the overflow bin, for values of 2^36 ns and over.
 */
struct hist {
	unsigned int digits;	       /* significant decimal digits: 1 or 2 */
	uint64_t count, sum, min, max; /* min and max exact when known, else the edge of a bucket */
	uint64_t *counts;
};

/* -ENOMEM, -EINVAL for other digits. hist_done frees and zeroes; an empty one is accepted. */
int hist_init(struct hist *hist, unsigned int digits);
void hist_done(struct hist *hist);

/* Bins without the overflow bin. */
unsigned int hist_slots(unsigned int digits);
/* The bin of @value; hist_slots() is the overflow bin. */
unsigned int hist_slot(unsigned int digits, uint64_t value);
/* The values that share bin @slot, both inclusive; the overflow bin ends at UINT64_MAX. */
void hist_range(unsigned int digits, unsigned int slot, uint64_t *ret_low, uint64_t *ret_high);

/* Adds @n samples of @value (keeps count, sum, min, max). */
void hist_add(struct hist *hist, uint64_t value, uint64_t n);
/* Adds all of @from; same digits, else -EINVAL. */
int hist_merge(struct hist *to, const struct hist *from);
/* The same; one that was not set up takes the digits of the first that is gathered. -ENOMEM, -EINVAL. */
int hist_gather(struct hist *to, const struct hist *from);
/*
 * The value below or at which @per_mille_mille / 1,000,000 of the samples lie (999,000 is p99.9),
 * as HdrHistogram's getValueAtPercentile: the upper edge of the bucket, at most the exact max.
 * 0 when empty.
 */
uint64_t hist_percentile(const struct hist *hist, uint32_t per_mille_mille);

#endif
