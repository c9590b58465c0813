/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csv: a line is one row; quoted line breaks, which none of the tools writes, are not joined.
 */
#include "frames/csv.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define EXACT_DIGITS 15 /* a whole number with so many is a double, and so is 10^22 */
#define NUMBER_MAX   64 /* characters */

char csv_find_delimiter(const char *line)
{
	static const char delimiters[] = { ',', ';', '\t' };
	unsigned int counts[ARRAY_SIZE(delimiters)] = { 0 }, best = 0;
	bool is_quoted = false;

	for (; *line; line++) {
		is_quoted ^= *line == '"';
		for (unsigned int i = 0; i < ARRAY_SIZE(delimiters); i++)
			counts[i] += !is_quoted && *line == delimiters[i];
	}
	for (unsigned int i = 1; i < ARRAY_SIZE(delimiters); i++) {
		if (counts[i] > counts[best])
			best = i;
	}
	return delimiters[best];
}

static bool is_blank(char c, char delimiter)
{
	return c == ' ' || (c == '\t' && delimiter != '\t');
}

/* Cuts the blanks at the end of what lies from @field to @end, and terminates it. */
static void finish(const char *field, char *end, char delimiter)
{
	while (end > field && is_blank(end[-1], delimiter))
		end--;
	*end = '\0';
}

/* A field in quotes: moved together in place. Returns what follows the closing quote. */
static char *unquote(char *at, char **ret_end)
{
	char *to = at;

	for (; *at; at++) {
		if (*at == '"' && at[1] != '"') {
			at++;
			break;
		}
		at += *at == '"';
		*to++ = *at;
	}
	*ret_end = to;
	return at;
}

void csv_split(char *line, char delimiter, struct csv_row *ret)
{
	ret->n = 0;
	ret->has_more = false;
	for (char *at = line; ret->n < CSV_FIELDS_MAX;) {
		char *field, *end, *next;

		while (is_blank(*at, delimiter))
			at++;
		field = at;
		if (*at == '"') {
			field = at + 1;
			at = unquote(at + 1, &end);
			next = strchrnul(at, delimiter);
		} else {
			next = strchrnul(at, delimiter);
			end = next;
		}
		at = *next ? next + 1 : NULL;
		finish(field, end, delimiter);
		ret->fields[ret->n++] = field;
		if (!at)
			return;
	}
	ret->has_more = true;
}

int csv_find(const struct csv_row *row, const char *name)
{
	for (unsigned int i = 0; i < row->n; i++) {
		if (streq(row->fields[i], name))
			return (int)i;
	}
	return -ENOENT;
}

/* Digits and one separator, few enough that the quotient of two exact doubles is the nearest one. */
static bool parse_plain(const char *field, double *ret)
{
	static const double powers[] = { 1e0, 1e1, 1e2,	 1e3,  1e4,  1e5,  1e6,	 1e7,
					 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	const char *at = field + (*field == '-');
	uint64_t value = 0;
	int digits = 0, decimals = -1;

	for (; *at; at++) {
		if (*at >= '0' && *at <= '9') {
			value = value * 10 + (uint64_t)(*at - '0');
			decimals += decimals >= 0;
			if (++digits > EXACT_DIGITS)
				return false;
		} else if ((*at == '.' || *at == ',') && decimals < 0) {
			decimals = 0;
		} else {
			return false;
		}
	}
	if (!digits)
		return false;
	*ret = (double)value / powers[max(decimals, 0)] * (*field == '-' ? -1 : 1);
	return true;
}

int csv_parse_number(const char *field, double *ret)
{
	char text[NUMBER_MAX + 1], *comma, *end;
	size_t len;
	double value;

	if (parse_plain(field, ret))
		return 0;
	len = strlen(field);
	/* What strtod would take besides: blanks, hexadecimal, inf, nan. */
	if (!len || len > NUMBER_MAX || strspn(field, "+-0123456789.,eE") != len)
		return -EINVAL;
	memcpy(text, field, len + 1);
	comma = strchr(text, ',');
	if (comma) {
		if (strchr(text, '.') || strchr(comma + 1, ','))
			return -EINVAL;
		*comma = '.';
	}
	value = strtod(text, &end);
	if (*end || end == text || !isfinite(value))
		return -EINVAL;
	*ret = value;
	return 0;
}
