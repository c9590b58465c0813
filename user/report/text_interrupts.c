/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_interrupts: the interrupts of a host for people. Counts of each CPU are for JSON: here
 * stand the sum and the CPUs that fired most, which fits a thousand CPUs too.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/interrupts.h"
#include "report/interrupts.h"
#include "report/report.h"
#include "report/table.h"
#include "report/text.h"

#define WIDE	    120 /* columns from which on there is room for more */
#define BUSY_MAX    3
#define CLASSES_MAX 8
#define REASONS_MAX 16

/* Columns of the counts by falling count; returns how many fired. */
static unsigned int find_busiest(const struct interrupts *all, const struct interrupt *line,
				 const struct cpuset *cpus, unsigned int busiest[BUSY_MAX])
{
	unsigned int n = 0, n_fired = 0;

	for (unsigned int i = 0; i < line->n_counts; i++) {
		unsigned int at;

		if (!line->counts[i] || (cpus && !cpuset_has(cpus, (unsigned int)all->cpus[i])))
			continue;
		n_fired++;
		for (at = n; at && line->counts[busiest[at - 1]] < line->counts[i]; at--)
			if (at < BUSY_MAX)
				busiest[at] = busiest[at - 1];
		if (at < BUSY_MAX)
			busiest[at] = i;
		n = min(n + 1, (unsigned int)BUSY_MAX);
	}
	return n_fired;
}

/* "3 61 %, 0 39 %, 4 more": CPU and share. Appends; -ENOMEM. */
static int add_busiest(const struct interrupts *all, const struct interrupt *line,
		       const struct cpuset *cpus, unsigned int n_shown, struct str *to)
{
	unsigned int busiest[BUSY_MAX], n;
	uint64_t total = interrupt_count(all, line, cpus);
	int err = str_add(to, "");

	/* A row that is not by CPU. */
	if (line->n_counts < all->n_cpus)
		return str_add(to, "-");
	n = find_busiest(all, line, cpus, busiest);
	if (!n)
		return str_add(to, "-");
	for (unsigned int i = 0; i < min(n, n_shown) && !err; i++)
		err = str_addf(to, "%s%d: %.0f%%", i ? "  " : "", all->cpus[busiest[i]],
			       100.0 * (double)line->counts[busiest[i]] / (double)total);
	if (!err && n > n_shown && n_shown > 1)
		err = str_addf(to, "  +%u", n - n_shown);
	return err;
}

static int cell_cpus(struct table *table, const struct cpuset *set)
{
	auto_free char *list = set ? cpuset_format(set) : strdup("-");

	if (!list)
		return -ENOMEM;
	table_cell(table, "%s", *list ? list : "none");
	return 0;
}

/* "vfio-msix[0](0000:01:00.0)" with a blank in place of the parentheses. Appends; -ENOMEM. */
static int add_action(struct str *to, const char *action)
{
	const char *open = str_starts(action, "vfio-") ? strchr(action, '(') : NULL;
	const char *close = open ? strchr(open, ')') : NULL;

	if (!close || close[1])
		return str_add(to, action);
	return str_addn(to, action, (size_t)(open - action)) ?:
	       str_add(to, " ") ?:
	       str_addn(to, open + 1, (size_t)(close - open - 1));
}

/* Its actions, or what a named row is. */
static int cell_what(struct table *table, const struct interrupt *line)
{
	auto_str struct str what = { 0 };
	int err = str_add(&what, line->description);

	for (unsigned int i = 0; i < line->n_actions && !err; i++)
		err = str_add(&what, i ? ", " : "") ?: add_action(&what, line->actions[i]);
	if (!err)
		table_cell(table, "%s", what.s ?: "");
	return err;
}

static void add_columns(struct table *table)
{
	table_group(table, "");
	table_column(table, "line", TABLE_RIGHT, 0);
	table_column(table, "class", TABLE_LEFT, 0);
	table_column(table, "count", TABLE_RIGHT, 0);
	table_column(table, "per second", TABLE_RIGHT, TABLE_OPTIONAL);
	table_column(table, "most on", TABLE_LEFT, TABLE_OPTIONAL);
	table_column(table, "allowed", TABLE_LEFT, TABLE_OPTIONAL);
	table_column(table, "fires on", TABLE_LEFT, TABLE_OPTIONAL);
	table_column(table, "what", TABLE_LEFT, TABLE_SHRINK);
	table_column(table, "device", TABLE_LEFT, TABLE_OPTIONAL | TABLE_SPARE);
	table_column(table, "chip", TABLE_LEFT, TABLE_OPTIONAL | TABLE_SPARE);
	table_column(table, "trigger", TABLE_LEFT, TABLE_OPTIONAL | TABLE_SPARE);
	table_column(table, "node", TABLE_RIGHT, TABLE_OPTIONAL | TABLE_SPARE);
}

static int add_line(struct table *table, const struct interrupts *all, const struct interrupt *line,
		    const struct cpuset *cpus, unsigned int n_shown)
{
	auto_str struct str busiest = { 0 };
	uint64_t count = interrupt_count(all, line, cpus);
	char buf[32];
	int err = add_busiest(all, line, cpus, n_shown, &busiest);

	if (err)
		return err;
	table_cell(table, "%s", line->name);
	table_cell(table, "%s%s", line->class, line->is_posted ? ", posted" : "");
	table_cell(table, "%s", text_count(count, buf, sizeof(buf)));
	if (all->interval_ns)
		table_cell(table, "%s", text_rate(count, all->interval_ns, buf, sizeof(buf)));
	else
		table_cell(table, "-");
	table_cell(table, "%s", busiest.s);
	err = cell_cpus(table, line->affinity);
	err = err ?: cell_cpus(table, line->effective);
	err = err ?: cell_what(table, line);
	if (err)
		return err;
	table_cell(table, "%s", line->device);
	table_cell(table, "%s", line->chip);
	table_cell(table, "%s", line->trigger);
	if (line->node >= 0)
		table_cell(table, "%d", line->node);
	else
		table_cell(table, "-");
	return 0;
}

/* How many lines from @first on have its reason. */
static unsigned int count_same(const struct interrupts *all, unsigned int first)
{
	unsigned int n = 0;

	for (unsigned int i = first; i < all->n_lines; i++)
		n += all->lines[i].irq >= 0 && streq(all->lines[i].why, all->lines[first].why);
	return n;
}

/* Why lines cannot be moved, or whose they are; each reason once: "36 and 2 more: managed ...". */
static int write_reasons(const struct text *text, const struct interrupts *all)
{
	const char *said[REASONS_MAX];
	unsigned int n = 0, n_same;

	for (unsigned int i = 0; i < all->n_lines && n < REASONS_MAX; i++) {
		const struct interrupt *line = &all->lines[i];
		auto_str struct str words = { 0 };
		bool is_new = line->irq >= 0 && !streq(line->class, "host");

		for (unsigned int k = 0; k < n && is_new; k++)
			is_new = !streq(said[k], line->why);
		if (!is_new)
			continue;
		said[n++] = line->why;
		n_same = count_same(all, i);
		if (str_add(&words, line->name) ||
		    (n_same > 1 && str_addf(&words, " and %u more", n_same - 1)) ||
		    str_addf(&words, ": %s", line->why))
			return -ENOMEM;
		text_paragraph(text, 0, 2, words.s);
	}
	return 0;
}

/* "61 lines, counted since boot: 2 passed-through, 40 host, ..." in the order in which they first appear. */
static int write_sums(const struct text *text, const struct interrupts *all)
{
	struct {
		const char *class;
		unsigned int n;
	} sums[CLASSES_MAX] = { 0 };
	auto_str struct str said = { 0 };
	char buf[24];
	int err =
		str_addf(&said, "%u line%s, counted %s%s", all->n_lines,
			 all->n_lines == 1 ? "" : "s", all->interval_ns ? "for " : "since boot",
			 all->interval_ns ? str_format_ns(all->interval_ns, buf, sizeof(buf)) : "");

	for (unsigned int i = 0, k; i < all->n_lines; i++) {
		for (k = 0; k < CLASSES_MAX - 1 && sums[k].n; k++)
			if (streq(sums[k].class, all->lines[i].class))
				break;
		sums[k].class = all->lines[i].class;
		sums[k].n++;
	}
	for (unsigned int k = 0; k < CLASSES_MAX && sums[k].n && !err; k++)
		err = str_addf(&said, "%s %u %s", k ? "," : ":", sums[k].n, sums[k].class);
	if (err)
		return err;
	text_paragraph(text, 0, 2, said.s);
	return 0;
}

int report_interrupts_text_write(const struct interrupts *all, const struct cpuset *cpus,
				 const struct report_style *style, FILE *out)
{
	const struct text text = { .style = style, .out = out };
	auto_table struct table *table = table_new();
	int err = 0;

	if (!table)
		return -ENOMEM;
	add_columns(table);
	for (unsigned int i = 0; i < all->n_lines && !err; i++)
		err = add_line(table, all, &all->lines[i], cpus,
			       style->width >= WIDE ? BUSY_MAX : 1);
	err = err ?: table_write(table, style, 0, out);
	(void)fputc('\n', out);
	err = err ?: write_sums(&text, all);
	err = err ?: write_reasons(&text, all);
	errno = 0;
	if (!err && (fflush(out) || ferror(out)))
		return errno ? -errno : -EIO;
	return err;
}
