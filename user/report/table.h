/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table: aligned columns of text. Columns belong to groups; when all of them do not fit the
 * width, the table is printed in parts, group by group, each with the first column again. Knows
 * nothing of what the cells mean.
 */
#ifndef LULL_REPORT_TABLE_H
#define LULL_REPORT_TABLE_H

#include <stdio.h>

struct report_style;
struct table;

enum table_align {
	TABLE_LEFT,
	TABLE_RIGHT,
	TABLE_POINT, /* decimal points under each other */
	TABLE_UNIT,  /* numbers end, and units begin, under each other: "3.07 ms" */
};

enum {
	TABLE_OPTIONAL = 1, /* left out when every cell is empty or "-" */
	TABLE_SHRINK = 2,   /* its cells go on in a next line when the table is too wide */
	TABLE_SPARE = 4,    /* left out first when the table is too wide */
};

/* An allocation that fails is remembered and returned by table_write(). NULL: no memory. */
struct table *table_new(void);
void table_free(struct table **table);
#define auto_table __attribute__((cleanup(table_free)))

/* A group of the columns that follow, with a title over them ("": none). */
void table_group(struct table *table, const char *title);
/* All columns come before the first cell. The strings must outlive the table. */
void table_column(struct table *table, const char *title, enum table_align align,
		  unsigned int flags);
/* Fills the cells in order, row by row. */
void table_cell(struct table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints with @indent blanks before each line. 0, -ENOMEM or -errno of the stream. */
int table_write(const struct table *table, const struct report_style *style, unsigned int indent,
		FILE *out);

#endif
