/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hist: counting, merging and reading log-linear histograms. Which bin a value belongs to is
 * lull_slot()'s answer, the code that the kernel side runs; the inverse is here, because only
 * user space needs it.
 */
#include "model/hist.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "lull_abi.h"

static bool is_digits(unsigned int digits)
{
	return digits == 1 || digits == 2;
}

static unsigned int sub_bits(unsigned int digits)
{
	return digits == 1 ? LULL_SUB_BITS1 : LULL_SUB_BITS2;
}

int hist_init(struct hist *hist, unsigned int digits)
{
	uint64_t *counts;

	if (!is_digits(digits))
		return -EINVAL;
	counts = calloc(hist_slots(digits) + 1, sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	*hist = (struct hist){ .digits = digits, .counts = counts };
	return 0;
}

void hist_done(struct hist *hist)
{
	free(hist->counts);
	memset(hist, 0, sizeof(*hist));
}

unsigned int hist_slots(unsigned int digits)
{
	return is_digits(digits) ? LULL_SLOTS(sub_bits(digits)) : 0;
}

unsigned int hist_slot(unsigned int digits, uint64_t value)
{
	return is_digits(digits) ? lull_slot(value, sub_bits(digits)) : 0;
}

void hist_range(unsigned int digits, unsigned int slot, uint64_t *ret_low, uint64_t *ret_high)
{
	unsigned int bits = sub_bits(digits);
	unsigned int half = 1u << (bits - 1);
	unsigned int shift = slot < 2 * half ? 0 : slot / half - 1;

	*ret_low = (uint64_t)(slot - shift * half) << shift;
	if (slot >= hist_slots(digits))
		*ret_high = UINT64_MAX;
	else
		*ret_high = *ret_low + ((uint64_t)1 << shift) - 1;
}

void hist_add(struct hist *hist, uint64_t value, uint64_t n)
{
	if (!hist->counts || !n)
		return;
	hist->counts[lull_slot(value, sub_bits(hist->digits))] += n;
	hist->min = hist->count ? min(hist->min, value) : value;
	hist->max = max(hist->max, value);
	hist->count += n;
	hist->sum += value * n;
}

int hist_merge(struct hist *to, const struct hist *from)
{
	if (!to->counts || !from->counts || to->digits != from->digits)
		return -EINVAL;
	if (!from->count)
		return 0;
	for (unsigned int i = 0; i <= hist_slots(to->digits); i++)
		to->counts[i] += from->counts[i];
	to->min = to->count ? min(to->min, from->min) : from->min;
	to->max = max(to->max, from->max);
	to->count += from->count;
	to->sum += from->sum;
	return 0;
}

int hist_gather(struct hist *to, const struct hist *from)
{
	int err = 0;

	if (!from->counts || !from->count)
		return 0;
	if (!to->digits)
		err = hist_init(to, from->digits);
	return err ?: hist_merge(to, from);
}

uint64_t hist_percentile(const struct hist *hist, uint32_t per_mille_mille)
{
	uint32_t share = min(per_mille_mille, 1000000u);
	unsigned __int128 exact = (unsigned __int128)hist->count * share + 999999;
	uint64_t wanted = max((uint64_t)(exact / 1000000), (uint64_t)1);
	uint64_t seen = 0;

	if (!hist->counts || !hist->count)
		return 0;
	for (unsigned int i = 0; i <= hist_slots(hist->digits); i++) {
		uint64_t low, high;

		seen += hist->counts[i];
		if (seen < wanted)
			continue;
		hist_range(hist->digits, i, &low, &high);
		return min(high, hist->max);
	}
	return hist->max;
}
