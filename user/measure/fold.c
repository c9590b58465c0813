/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/fold.h"

#include <errno.h>

#include "base/cleanup.h"

#define FOLD_DUE (1U << 30)

int fold_is_due(const struct fold *fold, unsigned int i, uint32_t word)
{
	return word - (fold->last ? fold->last[i] : 0) >= FOLD_DUE;
}

int fold_take(struct fold *fold, const uint32_t *words, unsigned int n)
{
	if (!fold->sums) {
		auto_free uint64_t *sums = calloc(n, sizeof(*sums));
		uint32_t *last = calloc(n, sizeof(*last));

		if (!sums || !last) {
			free(last);
			return -ENOMEM;
		}
		fold->sums = take_ptr(sums);
		fold->last = last;
		fold->n = n;
	}
	for (unsigned int i = 0; i < fold->n; i++) {
		uint32_t word = *(const volatile uint32_t *)&words[i];

		fold->sums[i] += word - fold->last[i];
		fold->last[i] = word;
	}
	return 0;
}

uint64_t fold_value(const struct fold *fold, unsigned int i, uint32_t word)
{
	if (!fold->sums)
		return word;
	return fold->sums[i] + (uint32_t)(word - fold->last[i]);
}

void fold_done(struct fold *fold)
{
	free(fold->sums);
	free(fold->last);
	*fold = (struct fold){ 0 };
}
