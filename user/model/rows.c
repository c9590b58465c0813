/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rows: the table made from rows.def. Numbers of rows stay inside one process; whoever stores a
 * row stores its name.
 */
#include "model/rows.h"

#include <stddef.h>

#include "base/cleanup.h"

static const struct row rows[] = {
#define ROW(id, row_name, theft, text) { .name = (row_name), .is_theft = (theft), .help = (text) },
#include "rows.def"
#undef ROW
};

static const char *const sources[] = { "irq", "vector", "softirq", "nmi", "task" };

const struct row *rows_at(unsigned int index)
{
	return index < ARRAY_SIZE(rows) ? &rows[index] : NULL;
}

const struct row *rows_find(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		if (streq(rows[i].name, name))
			return &rows[i];
	}
	return NULL;
}

bool rows_is_theft(const char *name)
{
	const struct row *row = rows_find(name);

	return row && row->is_theft;
}

const char *rows_source(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sources); i++) {
		if (streq(sources[i], name))
			return sources[i];
	}
	return NULL;
}
