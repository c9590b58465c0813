/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csv: fields of a line, and the numbers in them, as tools of all locales write them: commas,
 * semicolons or tabs between, quotes or none, a decimal point or comma, padding, missing fields.
 */
#ifndef LULL_FRAMES_CSV_H
#define LULL_FRAMES_CSV_H

#include <stdbool.h>
#include <stddef.h>

#define CSV_FIELDS_MAX 512

struct csv_row {
	char *fields[CSV_FIELDS_MAX]; /* without padding and quotes; in the line itself */
	unsigned int n;
	bool has_more; /* than CSV_FIELDS_MAX: the rest is left out */
};

/* The most frequent of comma, semicolon and tab outside quotes. */
char csv_find_delimiter(const char *line);
/* Splits @line, which is changed. Doubled quotes in quotes are one. */
void csv_split(char *line, char delimiter, struct csv_row *ret);
/* The index of the field @name, as written; -ENOENT: none. */
int csv_find(const struct csv_row *row, const char *name);

/*
 * The whole field is a finite decimal number; a comma is taken for the point when there is one
 * separator only. -EINVAL.
 */
int csv_parse_number(const char *field, double *ret);

#endif
