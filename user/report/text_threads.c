/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_threads: a line for each victim, and the ledgers in full.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "model/rows.h"
#include "report/report.h"
#include "report/table.h"
#include "report/text.h"

#define LEDGERS_MAX  4	/* victims whose ledgers are printed without being asked for */
#define LABELS_SHOWN 3	/* of an entry */
#define LABELLED     5	/* entries, the largest, that show their labels */
#define ROW_SHOWN    12 /* entries of a row; the rest is one line */

static void share_cell(struct table *table, uint64_t part, uint64_t whole)
{
	char buf[32];

	table_cell(table, "%s", text_share(part, whole, buf, sizeof(buf)));
}

static void ns_cell(struct table *table, uint64_t ns, bool is_known)
{
	char buf[32];

	table_cell(table, "%s", is_known ? str_format_ns(ns, buf, sizeof(buf)) : "-");
}

static void count_cell(struct table *table, uint64_t count)
{
	char buf[32];

	table_cell(table, "%s", count ? text_count(count, buf, sizeof(buf)) : "-");
}

static void thread_columns(struct table *table)
{
	table_group(table, "");
	table_column(table, "", TABLE_LEFT, TABLE_SHRINK);
	table_group(table, "% of wall time");
	table_column(table, "taken", TABLE_POINT, 0);
	for (unsigned int i = 0; rows_at(i); i++) {
		if (!rows_at(i)->is_theft)
			table_column(table, rows_at(i)->name, TABLE_POINT, TABLE_OPTIONAL);
	}
	table_group(table, "taken by, %");
	for (unsigned int i = 0; rows_at(i); i++) {
		if (rows_at(i)->is_theft)
			table_column(table, rows_at(i)->name, TABLE_POINT, TABLE_OPTIONAL);
	}
	table_group(table, "gaps");
	table_column(table, "p50", TABLE_UNIT, TABLE_OPTIONAL);
	table_column(table, "p99", TABLE_UNIT, TABLE_OPTIONAL);
	table_column(table, "p99.9", TABLE_UNIT, TABLE_OPTIONAL);
	table_column(table, "max", TABLE_UNIT, TABLE_OPTIONAL);
	table_column(table, "stalls", TABLE_RIGHT, TABLE_OPTIONAL);
	table_group(table, "SMT, %");
	table_column(table, "sibling", TABLE_POINT, TABLE_OPTIONAL);
}

/* A cell for each row that is theft, or for each that is none. */
static void row_cells(const struct rec_thread *thread, bool theft, struct table *table)
{
	for (unsigned int i = 0; rows_at(i); i++) {
		if (rows_at(i)->is_theft == theft)
			share_cell(table, rec_thread_row_ns(thread, rows_at(i)->name),
				   thread->wall_ns);
	}
}

static int thread_cells(const struct text *text, const struct rec_thread *thread,
			struct table *table)
{
	static const uint32_t percentiles[] = { 500000, 990000, 999000 };
	auto_str struct str name = { .s = NULL };
	int err = text_add_victim(text, thread, &name);

	if (err)
		return err;
	table_cell(table, "%s%s", name.s, thread->ended ? " *" : "");
	share_cell(table, rec_thread_taken_ns(thread), thread->wall_ns);
	row_cells(thread, false, table);
	row_cells(thread, true, table);
	for (unsigned int i = 0; i < ARRAY_SIZE(percentiles); i++)
		ns_cell(table, hist_percentile(&thread->gap, percentiles[i]), thread->gap.count);
	ns_cell(table, thread->gap.max, thread->gap.count);
	count_cell(table, thread->stalls);
	share_cell(table, thread->has_sibling ? thread->sibling_ns : 0, thread->wall_ns);
	return 0;
}

int text_threads_write(const struct text *text)
{
	auto_table struct table *table = table_new();
	bool has_ended = false;
	int err = 0;

	if (!table)
		return -ENOMEM;
	if (!text->rec->n_threads)
		return 0;
	thread_columns(table);
	for (unsigned int i = 0; i < text->rec->n_threads && !err; i++) {
		has_ended = has_ended || text->rec->threads[i].ended;
		err = thread_cells(text, &text->rec->threads[i], table);
	}
	if (err)
		return err;
	err = text_title(text, "Where the time went");
	err = err ?: table_write(table, text->style, 2, text->out);
	if (!err && has_ended)
		(void)fputs("  * ended before the recording did\n", text->out);
	return err;
}

static int by_row_and_time(const void *a, const void *b)
{
	const struct rec_entry *x = *(const struct rec_entry *const *)a;
	const struct rec_entry *y = *(const struct rec_entry *const *)b;
	const struct row *row_x = rows_find(x->kind), *row_y = rows_find(y->kind);

	if (row_x != row_y)
		return row_x < row_y ? -1 : 1;
	if (x->sum_ns != y->sum_ns)
		return x->sum_ns < y->sum_ns ? 1 : -1;
	return strcmp(x->name ?: "", y->name ?: "");
}

static int by_label_weight(const void *a, const void *b)
{
	const struct rec_label *x = *(const struct rec_label *const *)a;
	const struct rec_label *y = *(const struct rec_label *const *)b;

	if (x->sum_ns != y->sum_ns)
		return x->sum_ns < y->sum_ns ? 1 : -1;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->name, y->name);
}

static int label_rows(const struct rec_entry *entry, bool all, struct table *table)
{
	auto_free const struct rec_label **labels = calloc(entry->n_labels + 1, sizeof(void *));
	unsigned int n = entry->n_labels;

	if (!labels)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++)
		labels[i] = &entry->labels[i];
	qsort(labels, n, sizeof(void *), by_label_weight);
	for (unsigned int i = 0; i < n && (all || i < LABELS_SHOWN); i++) {
		table_cell(table, "%s", "");
		table_cell(table, "  %s", labels[i]->name);
		table_cell(table, "%s", "");
		ns_cell(table, labels[i]->sum_ns, labels[i]->sum_ns);
		count_cell(table, labels[i]->count);
		table_cell(table, "%s", "");
	}
	return 0;
}

/* The sum from which on an entry is one of the LABELLED largest thefts. */
static uint64_t label_limit(const struct rec_thread *thread)
{
	uint64_t largest[LABELLED] = { 0 };

	for (unsigned int i = 0; i < thread->n_ledger; i++) {
		uint64_t sum = thread->ledger[i].sum_ns;

		if (!rows_is_theft(thread->ledger[i].kind) || !thread->ledger[i].n_labels)
			continue;
		for (unsigned int j = 0; j < LABELLED; j++) {
			if (sum > largest[j]) {
				uint64_t smaller = largest[j];

				largest[j] = sum;
				sum = smaller;
			}
		}
	}
	return max(largest[LABELLED - 1], (uint64_t)1);
}

static void entry_cells(struct table *table, const char *row, const char *name,
			const struct rec_entry *sums, uint64_t wall_ns)
{
	table_cell(table, "%s", row);
	table_cell(table, "%s", name);
	share_cell(table, sums->sum_ns, wall_ns);
	ns_cell(table, sums->sum_ns, true);
	count_cell(table, sums->count);
	ns_cell(table, sums->max_ns, sums->max_ns);
}

/* What is left of a row in one line, so that the ledger still sums. Returns the last one of it. */
static unsigned int rest_cells(const struct rec_entry *const *entries, unsigned int n,
			       unsigned int from, uint64_t wall_ns, struct table *table)
{
	struct rec_entry rest = { .kind = entries[from]->kind };
	unsigned int to = from;
	char name[48];

	for (; to < n && streq(entries[to]->kind, rest.kind); to++) {
		rest.sum_ns += entries[to]->sum_ns;
		rest.count += entries[to]->count;
		rest.max_ns = max(rest.max_ns, entries[to]->max_ns);
	}
	(void)snprintf(name, sizeof(name), "%u more", to - from);
	entry_cells(table, "", name, &rest, wall_ns);
	return to - 1;
}

static int ledger_rows(const struct text *text, const struct rec_thread *thread,
		       const struct rec_entry *const *entries, struct table *table)
{
	uint64_t limit = label_limit(thread);
	const char *row = "";
	unsigned int in_row = 0;
	int err = 0;

	for (unsigned int i = 0; i < thread->n_ledger && !err; i++) {
		const struct rec_entry *entry = entries[i];
		bool is_new = !streq(entry->kind, row);
		bool next_too =
			i + 1 < thread->n_ledger && streq(entries[i + 1]->kind, entry->kind);

		in_row = is_new ? 0 : in_row + 1;
		row = entry->kind;
		if (!entry->sum_ns && !entry->count)
			continue;
		if (!text->style->verbose && in_row >= ROW_SHOWN && next_too) {
			i = rest_cells(entries, thread->n_ledger, i, thread->wall_ns, table);
			continue;
		}
		entry_cells(table, is_new ? row : "", entry->name ?: "", entry, thread->wall_ns);
		if (text->style->verbose || entry->sum_ns >= limit)
			err = label_rows(entry, text->style->verbose, table);
	}
	return err;
}

static int ledger_write(const struct text *text, const struct rec_thread *thread)
{
	auto_table struct table *table = table_new();
	auto_free const struct rec_entry **entries = calloc(thread->n_ledger + 1, sizeof(void *));
	auto_str struct str name = { .s = NULL };
	uint64_t total_ns = rec_thread_row_ns(thread, NULL);
	char wall[32];
	int err = text_add_victim(text, thread, &name);

	if (!table || !entries || err)
		return -ENOMEM;
	for (unsigned int i = 0; i < thread->n_ledger; i++)
		entries[i] = &thread->ledger[i];
	qsort(entries, thread->n_ledger, sizeof(void *), by_row_and_time);
	table_group(table, "");
	table_column(table, "row", TABLE_LEFT, 0);
	table_column(table, "name", TABLE_LEFT, TABLE_SHRINK | TABLE_OPTIONAL);
	table_column(table, "%", TABLE_POINT, 0);
	table_column(table, "time", TABLE_UNIT, 0);
	table_column(table, "count", TABLE_RIGHT, TABLE_OPTIONAL);
	table_column(table, "max", TABLE_UNIT, TABLE_OPTIONAL);
	err = ledger_rows(text, thread, entries, table);
	if (err)
		return err;
	table_cell(table, "total");
	table_cell(table, "%s",
		   total_ns == thread->wall_ns ? "= wall time" : "! not the wall time");
	share_cell(table, total_ns, thread->wall_ns);
	ns_cell(table, total_ns, true);
	table_cell(table, "%s", "");
	table_cell(table, "%s", "");
	err = text_title(text, "Ledger of %s%s%s", name.s,
			 thread->vcpu >= 0 && thread->comm && *thread->comm ? ", " : "",
			 thread->vcpu >= 0 && thread->comm ? thread->comm : "");
	err = err ?: table_write(table, text->style, 2, text->out);
	if (!err && total_ns != thread->wall_ns)
		(void)fprintf(text->out, "  ! the wall time is %s: the ledger does not sum to it\n",
			      str_format_ns(thread->wall_ns, wall, sizeof(wall)));
	return err;
}

int text_ledgers_write(const struct text *text)
{
	int err = 0;

	if (text->rec->n_threads > LEDGERS_MAX && !text->style->verbose)
		return 0;
	for (unsigned int i = 0; i < text->rec->n_threads && !err; i++)
		err = ledger_write(text, &text->rec->threads[i]);
	return err;
}
