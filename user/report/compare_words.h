/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare_words: how a comparison is put in words, on the terminal and on the page. All of it is
 * plain text without names of others.
 */
#ifndef LULL_REPORT_COMPARE_WORDS_H
#define LULL_REPORT_COMPARE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/comparison.h"

struct str;

/* A number as its unit has it, with a sign when it is a difference. */
const char *compare_amount(double value, enum figure_unit unit, bool is_change, char *buf,
			   size_t cap);
/* "-2.96..-1.07 ms": a unit that both ends have is said once. */
const char *compare_range(double low, double high, enum figure_unit unit, const char *between,
			  char *buf, size_t cap);
/* "gap p99.9" */
const char *compare_title(const struct comparison_figure *figure, bool of_cpus);
/* "improved", "worse", "no change seen"; "-": nothing can be said. */
const char *compare_verdict_word(enum verdict verdict);
/* An interval that is clear of 0, of so many that one may be so by chance. */
bool compare_is_maybe(const struct comparison_figure *figure);
/* The verdict, and the primary figure. Appends a sentence; -ENOMEM. */
int compare_add_verdict(const struct comparison *comparison, struct str *words);

#endif
