/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table: cells are kept as texts until all are known, then columns are measured, empty ones are
 * left out, and what fits side by side is printed.
 */
#include "report/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "report/report.h"
#include "report/width.h"

#define COLUMNS_MAX 40
#define GROUPS_MAX  8
#define SHRINK_MIN  8  /* a column is never made narrower, */
#define KEY_MIN	    18 /* the first one not to less than this for the sake of one line */
#define GAP	    2  /* blanks between columns */
#define GROUP_GAP   3

struct column {
	const char *title;
	enum table_align align;
	unsigned int flags, group;
};

struct table {
	struct column columns[COLUMNS_MAX];
	unsigned int n_columns;
	const char *groups[GROUPS_MAX];
	unsigned int n_groups;
	char **cells;
	size_t n_cells, cap;
	int err;
};

#define TITLES SIZE_MAX /* stands for the number of a row */

/* How a column is printed: the cell is split where the alignment says, both halves padded. */
struct measure {
	unsigned int left, right; /* columns of the widest half; right includes the mark */
	unsigned int width;
	bool is_shown;
};

struct table *table_new(void)
{
	return calloc(1, sizeof(struct table));
}

void table_free(struct table **table)
{
	if (!*table)
		return;
	for (size_t i = 0; i < (*table)->n_cells; i++)
		free((*table)->cells[i]);
	free((*table)->cells);
	free(*table);
	*table = NULL;
}

void table_group(struct table *table, const char *title)
{
	if (table->n_groups == GROUPS_MAX)
		table->err = -E2BIG;
	else
		table->groups[table->n_groups++] = title;
}

void table_column(struct table *table, const char *title, enum table_align align,
		  unsigned int flags)
{
	if (table->n_columns == COLUMNS_MAX || !table->n_groups) {
		table->err = -E2BIG;
		return;
	}
	table->columns[table->n_columns++] = (struct column){
		.title = title, .align = align, .flags = flags, .group = table->n_groups - 1
	};
}

void table_cell(struct table *table, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (table->err)
		return;
	if (table->n_cells == table->cap) {
		size_t cap = table->cap ? 2 * table->cap : 64;
		char **bigger = reallocarray(table->cells, cap, sizeof(*bigger));

		if (!bigger) {
			table->err = -ENOMEM;
			return;
		}
		table->cells = bigger;
		table->cap = cap;
	}
	va_start(ap, fmt);
	text = str_vformat(fmt, ap);
	va_end(ap);
	if (text)
		table->cells[table->n_cells++] = text;
	else
		table->err = -ENOMEM;
}

/* The bytes of the half that is right-aligned. */
static size_t split_at(enum table_align align, const char *text)
{
	const char *mark = NULL;

	if (align == TABLE_LEFT)
		return 0;
	if (align == TABLE_POINT)
		mark = strchr(text, '.');
	else if (align == TABLE_UNIT)
		mark = strchr(text, ' ');
	return mark ? (size_t)(mark - text) : strlen(text);
}

static const char *cell_at(const struct table *table, size_t row, unsigned int column)
{
	return table->cells[row * table->n_columns + column];
}

static struct measure measure_column(const struct table *table, unsigned int column)
{
	const struct column *c = &table->columns[column];
	struct measure m = { .is_shown = !(c->flags & TABLE_OPTIONAL) };

	for (size_t row = 0; row < table->n_cells / table->n_columns; row++) {
		const char *text = cell_at(table, row, column);
		size_t split = split_at(c->align, text);

		m.left = max(m.left, width_of_part(text, split));
		m.right = max(m.right, width_of(text + split));
		if (*text && !streq(text, "-"))
			m.is_shown = true;
	}
	m.width = max(m.left + m.right, width_of(c->title));
	return m;
}

/* A title that is wider than the columns under it widens the first of them. */
static void fit_group_title(const struct table *table, unsigned int group, struct measure *measures)
{
	struct measure *first = NULL;
	unsigned int width = 0;

	for (unsigned int i = 0; i < table->n_columns; i++) {
		if (table->columns[i].group != group || !measures[i].is_shown)
			continue;
		if (first)
			width += GAP;
		else
			first = &measures[i];
		width += measures[i].width;
	}
	if (first && width_of(table->groups[group]) > width)
		first->width += width_of(table->groups[group]) - width;
}

static void print_blanks(unsigned int n, FILE *out)
{
	(void)fprintf(out, "%*s", (int)n, "");
}

/* A piece of a cell: a text that does not fit its column goes on in the next line. */
struct piece {
	size_t at, len;
	unsigned int indent;
};

/* The bytes of @text that go on a line of @width columns: up to a blank where there is one. */
static size_t fit(const char *text, unsigned int width)
{
	size_t len, blank;

	if (width_of(text) <= width)
		return strlen(text);
	len = width_cut(text, width);
	for (blank = len; blank > 0 && text[blank] != ' ';)
		blank--;
	while (blank > 0 && text[blank - 1] == ' ')
		blank--;
	return blank ?: len ?: strlen(text);
}

/* Line number @line of a cell. false: it has no such line. */
static bool piece_of(const char *text, unsigned int width, unsigned int line, struct piece *ret)
{
	unsigned int hang = min((unsigned int)strspn(text, " ") + 2, width / 2);
	size_t lead = strspn(text, " ");
	struct piece piece = { .len = lead +
				      fit(text + lead, width - min(width, (unsigned int)lead)) };

	for (unsigned int i = 0; i < line; i++) {
		piece.at += piece.len;
		piece.at += strspn(text + piece.at, " ");
		piece.indent = hang;
		piece.len = fit(text + piece.at, width - hang);
	}
	*ret = piece;
	return piece.len > 0;
}

/* One line of a cell with its blanks; none after the last one of a line. */
static void print_cell(const struct column *column, const struct measure *m, const char *text,
		       unsigned int line, bool is_last, FILE *out)
{
	size_t split = split_at(column->align, text);
	struct piece piece = { .len = 0 };
	unsigned int used;

	if (column->align == TABLE_LEFT) {
		(void)piece_of(text, m->width, line, &piece);
		(void)fprintf(out, "%*s%.*s", (int)piece.indent, "", (int)piece.len,
			      text + piece.at);
		used = piece.indent + width_of_part(text + piece.at, piece.len);
		if (!is_last)
			print_blanks(m->width - min(used, m->width), out);
		return;
	}
	if (line)
		text = "";
	split = min(split, strlen(text));
	print_blanks(m->width - m->right - width_of_part(text, split), out);
	(void)fputs(text, out);
	if (!is_last)
		print_blanks(m->right - width_of(text + split), out);
}

/* The columns of one part of the table: the first one, and those from @from to before @to. */
struct part {
	unsigned int from, to;
	unsigned int last; /* that is shown */
	unsigned int indent;
};

static bool is_in(const struct part *part, const struct measure *measures, unsigned int column)
{
	return measures[column].is_shown &&
	       (column == 0 || (column >= part->from && column < part->to));
}

static unsigned int gap_before(const struct table *table, unsigned int column,
			       unsigned int previous)
{
	return table->columns[column].group == table->columns[previous].group ? GAP : GROUP_GAP;
}

static unsigned int part_width(const struct table *table, const struct measure *measures,
			       const struct part *part)
{
	unsigned int width = measures[0].width, previous = 0;

	for (unsigned int i = 1; i < table->n_columns; i++) {
		if (!is_in(part, measures, i))
			continue;
		width += gap_before(table, i, previous) + measures[i].width;
		previous = i;
	}
	return width;
}

/* The widest part that begins at @from: whole groups, or columns of one group that is too wide. */
static struct part next_part(const struct table *table, const struct measure *measures,
			     unsigned int from, unsigned int width)
{
	struct part part = { .from = from, .to = from + 1 }, best = part;
	bool has_group = false;

	for (; part.to <= table->n_columns; part.to++) {
		bool is_end = part.to == table->n_columns ||
			      table->columns[part.to].group != table->columns[part.to - 1].group;

		if (part_width(table, measures, &part) > width)
			break;
		if (is_end || !has_group)
			best = part;
		has_group = has_group || is_end;
	}
	for (unsigned int i = 0; i < best.to; i++) {
		if (is_in(&best, measures, i))
			best.last = i;
	}
	return best;
}

static void print_group_titles(const struct table *table, const struct measure *measures,
			       const struct part *part, FILE *out)
{
	unsigned int at = 0, used = 0, previous = 0;
	bool has_title = false;

	for (unsigned int i = 0; i < table->n_columns; i++)
		has_title = has_title ||
			    (is_in(part, measures, i) && *table->groups[table->columns[i].group]);
	if (!has_title)
		return;
	print_blanks(part->indent, out);
	for (unsigned int i = 0; i <= part->last; i++) {
		unsigned int group = table->columns[i].group;

		if (!is_in(part, measures, i))
			continue;
		at += i ? gap_before(table, i, previous) : 0;
		if ((!i || table->columns[previous].group != group) && *table->groups[group]) {
			print_blanks(at - used, out);
			(void)fputs(table->groups[group], out);
			used = at + width_of(table->groups[group]);
		}
		at += measures[i].width;
		previous = i;
	}
	(void)fputc('\n', out);
}

/* The text of a cell of row number @row; those of TITLES are the titles of the columns. */
static const char *text_at(const struct table *table, size_t row, unsigned int column)
{
	return row == TITLES ? table->columns[column].title : cell_at(table, row, column);
}

/* Has the cell something to print in this line? */
static bool has_line(const struct table *table, const struct measure *measures, size_t row,
		     unsigned int column, unsigned int line)
{
	const char *text = text_at(table, row, column);
	struct piece piece;

	if (table->columns[column].align != TABLE_LEFT)
		return !line && *text;
	return piece_of(text, measures[column].width, line, &piece);
}

/* false, and nothing printed, when no cell of the row has a line of this number. */
static bool print_line(const struct table *table, const struct measure *measures,
		       const struct part *part, size_t row, unsigned int line, FILE *out)
{
	unsigned int previous = 0, last = part->last;

	while (last > 0 &&
	       (!is_in(part, measures, last) || !has_line(table, measures, row, last, line)))
		last--; /* no blanks at the end of a line */
	if (line && !last && !has_line(table, measures, row, 0, line))
		return false;
	print_blanks(part->indent, out);
	for (unsigned int i = 0; i <= last; i++) {
		struct column column = table->columns[i];
		struct measure m = measures[i];

		if (!is_in(part, measures, i))
			continue;
		if (row == TITLES && column.align != TABLE_LEFT) {
			column.align = TABLE_RIGHT;
			m.right = 0;
		}
		print_blanks(i ? gap_before(table, i, previous) : 0, out);
		previous = i;
		print_cell(&column, &m, text_at(table, row, i), line, i == last, out);
	}
	(void)fputc('\n', out);
	return true;
}

static void print_row(const struct table *table, const struct measure *measures,
		      const struct part *part, size_t row, FILE *out)
{
	for (unsigned int line = 0; print_line(table, measures, part, row, line, out);)
		line++;
}

static void print_part(const struct table *table, const struct measure *measures,
		       const struct part *part, const struct report_style *style, FILE *out)
{
	bool has_titles = false;

	for (unsigned int i = 0; i < table->n_columns; i++)
		has_titles = has_titles || *table->columns[i].title;
	if (style->color)
		(void)fputs("\033[2m", out);
	print_group_titles(table, measures, part, out);
	if (has_titles)
		print_row(table, measures, part, TITLES, out);
	if (style->color)
		(void)fputs("\033[0m", out);
	for (size_t row = 0; row < table->n_cells / table->n_columns; row++)
		print_row(table, measures, part, row, out);
}

static void cut(struct measure *measure, unsigned int columns)
{
	unsigned int left = measure->width - min(columns, measure->width);

	measure->width = min(measure->width, max(left, (unsigned int)SHRINK_MIN));
}

/* Leaves out what can be spared before a name is broken over lines. */
static void spare(const struct table *table, struct measure *measures, unsigned int width)
{
	const struct part all = { .from = 1, .to = table->n_columns };

	for (unsigned int i = table->n_columns; i-- > 1;) {
		if ((table->columns[i].flags & TABLE_SPARE) &&
		    part_width(table, measures, &all) > width)
			measures[i].is_shown = false;
	}
}

/*
 * Narrows the columns that may be narrowed until the table fits. The first column is in every
 * part: when too little would be left of it, the table is printed in parts and a third of the
 * line is its.
 */
static void shrink(const struct table *table, struct measure *measures, unsigned int width)
{
	const struct part all = { .from = 1, .to = table->n_columns };

	for (unsigned int i = table->n_columns; i-- > 0;) {
		unsigned int whole = part_width(table, measures, &all);
		unsigned int over = whole > width ? whole - width : 0;

		if (!(table->columns[i].flags & TABLE_SHRINK) || !measures[i].is_shown || !over)
			continue;
		if (i == 0 && measures[0].width < over + KEY_MIN)
			over = measures[0].width - min(measures[0].width, width / 3);
		cut(&measures[i], over);
	}
}

int table_write(const struct table *table, const struct report_style *style, unsigned int indent,
		FILE *out)
{
	struct measure measures[COLUMNS_MAX];
	unsigned int width = style->width ?: 80;
	bool is_first = true;

	if (table->err)
		return table->err;
	if (!table->n_columns || table->n_cells % table->n_columns)
		return -EINVAL;
	width = width > indent ? width - indent : 1;
	for (unsigned int i = 0; i < table->n_columns; i++)
		measures[i] = measure_column(table, i);
	for (unsigned int i = 0; i < table->n_groups; i++)
		fit_group_title(table, i, measures);
	spare(table, measures, width);
	shrink(table, measures, width);
	for (unsigned int from = 1; from < table->n_columns || is_first;) {
		struct part part = next_part(table, measures, from, width);

		part.indent = indent;
		if (part.last > 0 || is_first) {
			if (!is_first)
				(void)fputc('\n', out);
			print_part(table, measures, &part, style, out);
			is_first = false;
		}
		from = part.to;
	}
	return ferror(out) ? -EIO : 0;
}
