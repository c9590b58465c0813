/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rounds: a recording that holds the rounds of a comparison. Its document is a recording like any
 * other (whoever knows nothing of rounds reads that) with one more key: "rounds" is a list of
 * complete recordings, each with one more key, "side": "a" (before) or "b" (after). The i-th of one
 * side belongs to the i-th of the other.
 */
#ifndef LULL_REPORT_ROUNDS_H
#define LULL_REPORT_ROUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "model/recording.h"

struct str;

struct round {
	struct recording rec;
	bool is_b;
};

/* @whole is what the file says as a recording. 0, -ENOMEM or -errno of the stream. */
int report_rounds_write(const struct recording *whole, const struct round *rounds, unsigned int n,
			FILE *out);
/*
 * The rounds of a document, in their order. -ENOENT: it holds none; else as report_json_read().
 * *ret is untouched on failure, else report_rounds_free() it.
 */
int report_rounds_read(const char *text, size_t len, struct round **ret, unsigned int *ret_n,
		       struct str *ret_why);
void report_rounds_free(struct round *rounds, unsigned int n);

#endif
