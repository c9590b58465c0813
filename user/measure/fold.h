/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fold: 32-bit counters of the kernel continued in 64 bits. Nothing is kept for a table until one
 * of its counters has come a quarter of the way to wrapping: most recordings never need it.
 */
#ifndef LULL_MEASURE_FOLD_H
#define LULL_MEASURE_FOLD_H

#include <stdint.h>

/* Zero-initialised: nothing folded yet. */
struct fold {
	unsigned int n;
	uint64_t *sums; /* NULL until the first fold */
	uint32_t *last; /* what the words were then */
};

/* Must the table be folded now, judging by its word @i? */
int fold_is_due(const struct fold *fold, unsigned int i, uint32_t word);
/* Takes over all @n words of a table. -ENOMEM. */
int fold_take(struct fold *fold, const uint32_t *words, unsigned int n);
/* The full value of word @i that now reads @word. */
uint64_t fold_value(const struct fold *fold, unsigned int i, uint32_t word);
void fold_done(struct fold *fold);

#endif
