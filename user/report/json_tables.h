/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_tables: takes the lists of number triples out of a piece of JSON: the buckets of histograms, the
 * events of the flight recorder. They are nine tenths of a recording, and as JSON values each number
 * is an object of its own.
 */
#ifndef LULL_REPORT_JSON_TABLES_H
#define LULL_REPORT_JSON_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define JSON_TRIPLE 3

struct json_table {
	size_t first, n; /* triples */
};

struct json_tables {
	struct str rest; /* the piece, with the number of its table in place of each list */
	uint64_t *values;
	struct json_table *tables;
	size_t n_values, values_cap, n_tables, tables_cap;
};

/*
 * Of one piece; what was there before is forgotten, its memory kept. -EAGAIN: something is not as lull
 * writes it, so the piece has to be parsed as it is. -ENOMEM.
 */
int json_tables_take(struct json_tables *t, const char *text, size_t len);
void json_tables_done(struct json_tables *t);

/* The triples of table @number, and how many; NULL: there is no such table. */
const uint64_t *json_tables_get(const struct json_tables *t, uint64_t number, size_t *ret_n);

#endif
