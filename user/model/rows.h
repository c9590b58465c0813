/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rows: the names of ledger rows and of per-CPU sources as static text, with what is known of
 * each. A recording read from a file gets its names from here, so that pointers need no owner.
 */
#ifndef LULL_MODEL_ROWS_H
#define LULL_MODEL_ROWS_H

#include <stdbool.h>

struct row {
	const char *name;
	bool is_theft; /* time that the victim wanted and the host took */
	const char *help;
};

/* Row number @index in the order in which rows are shown; NULL past the end. */
const struct row *rows_at(unsigned int index);
/* NULL: no such row. */
const struct row *rows_find(const char *name);
/* false for an unknown name. */
bool rows_is_theft(const char *name);

/* The static text of a source (irq, vector, softirq, nmi, task), or NULL: no such source. */
const char *rows_source(const char *name);

#endif
