/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_steps: plans and shields for people. What stays is told by its reason, so that a machine
 * with a hundred managed queues has one line of them.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/steps.h"
#include "report/report.h"
#include "report/steps.h"
#include "report/table.h"
#include "report/text.h"

#define NAMES_MAX  4 /* of what stays, by one reason */
#define NAME_WIDTH 48

static const char *words_of(const char *value)
{
	return !value ? "-" : *value ? value : "none";
}

static bool is_held(const struct step_row *row)
{
	return streq(row->state, "held");
}

static bool is_pending(const struct step_row *row)
{
	return streq(row->state, "pending");
}

/* Those that hold, of which there may be many. */
static int write_held(const struct steps *steps, const struct report_style *style, FILE *out)
{
	auto_table struct table *table = table_new();

	if (!table)
		return -ENOMEM;
	table_group(table, "");
	table_column(table, "knob", TABLE_LEFT, 0);
	table_column(table, "what", TABLE_LEFT, TABLE_SHRINK);
	table_column(table, "state", TABLE_LEFT, 0);
	table_column(table, "now", TABLE_LEFT, TABLE_SHRINK);
	table_column(table, "before", TABLE_LEFT, TABLE_SHRINK);
	for (unsigned int i = 0; i < steps->n_rows; i++) {
		const struct step_row *row = &steps->rows[i];

		if (!is_held(row) && !is_pending(row))
			continue;
		table_cell(table, "%s", row->knob);
		table_cell(table, "%s", row->name);
		table_cell(table, "%s", row->state);
		table_cell(table, "%s", words_of(row->now));
		table_cell(table, "%s", words_of(row->old_value));
	}
	return table_write(table, style, 2, out);
}

/* "irq: irq 24 eth0: drifted (now 3, not 0-1; by irqbalance (pid 77), probably)". */
static int write_other(const struct step_row *row, const struct text *text)
{
	auto_str struct str words = { 0 };
	bool is_known = streq(row->state, "drifted") || !*row->why;
	bool is_told = str_starts(row->name, row->knob); /* "irq 24 eth0" */
	int err = str_addf(&words, "%s%s%s: %s", is_told ? "" : row->knob, is_told ? "" : ": ",
			   row->name, row->state);

	if (row->now && streq(row->now, row->want))
		err = err ?: str_addf(&words, " (now %s)", words_of(row->now));
	else if (row->now && !streq(row->state, "gone"))
		err = err
			      ?: str_addf(&words, " (now %s, not %s%s%s)", words_of(row->now),
					  words_of(row->want), row->by ? "; by " : "",
					  row->by ? row->by : "");
	if (!is_known && !streq(row->state, "gone"))
		err = err ?: str_addf(&words, ": %s", row->why);
	if (!err)
		text_paragraph(text, 2, 4, words.s);
	return err;
}

/* Those of one reason in one paragraph: with every line of a quiet device there may be many. */
static int write_pending(const struct steps *steps, unsigned int first, const struct text *text)
{
	const struct step_row *row = &steps->rows[first];
	auto_str struct str words = { 0 };
	unsigned int n = 0;
	int err = str_addf(&words, "pending (%s): ", row->why);

	for (unsigned int i = 0; i < steps->n_rows && !err; i++) {
		if (!is_pending(&steps->rows[i]) || !streq(steps->rows[i].why, row->why))
			continue;
		if (i < first)
			return 0; /* they were told with that one */
		if (n++ < NAMES_MAX)
			err = str_addf(&words, "%s%s", n > 1 ? ", " : "", steps->rows[i].name);
	}
	if (n > NAMES_MAX)
		err = err ?: str_addf(&words, " and %u more", n - NAMES_MAX);
	if (!err)
		text_paragraph(text, 2, 4, words.s);
	return err;
}

/* With those that hold all are wanted, so that pending ones are among them. */
static int write_states(const struct steps *steps, const struct report_style *style, FILE *out)
{
	const struct text text = { .style = style, .out = out };
	unsigned int n_held = 0, n_other = 0;
	int err = 0;

	for (unsigned int i = 0; i < steps->n_rows; i++)
		n_held += is_held(&steps->rows[i]);
	for (unsigned int i = 0; i < steps->n_rows && !err; i++) {
		if (is_held(&steps->rows[i]) || (n_held && is_pending(&steps->rows[i])))
			continue;
		n_other++;
		err = is_pending(&steps->rows[i]) ? write_pending(steps, i, &text)
						  : write_other(&steps->rows[i], &text);
	}
	if (!err && n_held && n_other)
		(void)fputc('\n', out);
	return err || !n_held ? err : write_held(steps, style, out);
}

static bool is_same_kind(const struct step_row *a, const struct step_row *b)
{
	return streq(a->knob, b->knob) && streq(a->why, b->why);
}

static bool is_first_of_kind(const struct steps *steps, unsigned int at)
{
	for (unsigned int i = 0; i < at; i++)
		if (is_same_kind(&steps->rows[i], &steps->rows[at]))
			return false;
	return true;
}

static void write_change(const struct step_row *row, int width, const struct text *text)
{
	(void)fprintf(text->out, "    %-*s  %s -> %s\n", width, row->name, words_of(row->now),
		      words_of(row->want));
}

/* Under each reason the steps that have it, as "what  now -> new". */
static void write_changes(const struct steps *steps, const struct text *text)
{
	int width = 0;

	for (unsigned int i = 0; i < steps->n_rows; i++)
		width = max(width, (int)min(strlen(steps->rows[i].name), (size_t)NAME_WIDTH));
	for (unsigned int i = 0; i < steps->n_rows; i++) {
		if (!is_first_of_kind(steps, i))
			continue;
		(void)fprintf(text->out, "  %s: %s\n", steps->rows[i].knob, steps->rows[i].why);
		for (unsigned int k = i; k < steps->n_rows; k++)
			if (is_same_kind(&steps->rows[k], &steps->rows[i]))
				write_change(&steps->rows[k], width, text);
	}
}

static bool is_first_of_reason(const struct steps *steps, unsigned int at)
{
	for (unsigned int i = 0; i < at; i++)
		if (streq(steps->stays[i].why, steps->stays[at].why))
			return false;
	return true;
}

/* "irq 25 nvme0q1, irq 26 nvme0q2 and 14 more: managed by the kernel". */
static int write_reason(const struct steps *steps, unsigned int first, const struct text *text)
{
	auto_str struct str words = { 0 };
	unsigned int n = 0;
	int err = 0;

	for (unsigned int i = first; i < steps->n_stays && !err; i++)
		if (streq(steps->stays[i].why, steps->stays[first].why) && n++ < NAMES_MAX)
			err = str_addf(&words, "%s%s", n > 1 ? ", " : "", steps->stays[i].name);
	if (n > NAMES_MAX)
		err = err ?: str_addf(&words, " and %u more", n - NAMES_MAX);
	err = err ?: str_addf(&words, ": %s", steps->stays[first].why);
	if (!err)
		text_paragraph(text, 2, 4, words.s);
	return err;
}

static int write_stays(const struct steps *steps, const struct text *text)
{
	int err = steps->n_stays ? text_title(text, "stays where it is") : 0;

	for (unsigned int i = 0; i < steps->n_stays && !err; i++)
		if (is_first_of_reason(steps, i))
			err = write_reason(steps, i, text);
	return err;
}

int report_plan_text_write(const struct steps *steps, const struct report_style *style, FILE *out)
{
	const struct text text = { .style = style, .out = out };
	int err = 0;

	(void)fprintf(out, "%s: guest CPUs %s, host CPUs %s\n", steps->title, steps->guest,
		      steps->host);
	if (steps->n_rows) {
		err = text_title(&text, "changes");
		write_changes(steps, &text);
	} else {
		(void)fprintf(out, "\nnothing to change\n");
	}
	err = err ?: write_stays(steps, &text);
	if (!err && steps->n_advice)
		err = text_title(&text, "beyond a shield");
	for (unsigned int i = 0; i < steps->n_advice && !err; i++)
		text_paragraph(&text, 2, 4, steps->advice[i]);
	return err ?: ferror(out) ? -EIO : 0;
}

int report_states_text_write(const struct steps *steps, const struct report_style *style, FILE *out)
{
	int err = steps->n_rows ? write_states(steps, style, out) : 0;

	return err ?: ferror(out) ? -EIO : 0;
}
