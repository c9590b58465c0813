/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_foot: how far the figures can be trusted. What the kernel counted beside what lull
 * counted, what could not be measured here, and what measuring cost.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"
#include "report/report.h"
#include "report/table.h"
#include "report/text.h"

#define DIFFERENCES_SHOWN 4
#define SLACK_NS	  1000000 /* times agree within this, or */
#define SLACK_PER_CENT	  2

/*
 * The kernel is read just outside and just inside the window, so a count agrees when it lies
 * between the two. A time is accounted by the kernel at other moments than by lull: some slack.
 */
static bool is_agreed(const struct rec_audit *audit)
{
	uint64_t low = min(audit->kernel_min, audit->kernel);
	uint64_t high = max(audit->kernel_max, audit->kernel);
	uint64_t slack = 0;

	if (!audit->kernel_min && !audit->kernel_max)
		low = audit->kernel;
	if (str_ends(audit->what, "_ns"))
		slack = max((uint64_t)SLACK_NS, audit->kernel / 100 * SLACK_PER_CENT);
	low = low > slack ? low - slack : 0;
	return audit->lull >= low && audit->lull - min(high, audit->lull) <= slack;
}

static int add_difference(const struct rec_audit *audit, bool is_first, struct str *to)
{
	char kernel[32], lull[32];
	bool is_time = str_ends(audit->what, "_ns");

	if (is_time) {
		(void)str_format_ns(audit->kernel, kernel, sizeof(kernel));
		(void)str_format_ns(audit->lull, lull, sizeof(lull));
	} else {
		(void)text_count(audit->kernel, kernel, sizeof(kernel));
		(void)text_count(audit->lull, lull, sizeof(lull));
	}
	return str_addf(to, "%s%.*s (kernel %s, lull %s)", is_first ? "; differs: " : ", ",
			(int)(strlen(audit->what) - (is_time ? 3 : 0)), audit->what, kernel, lull);
}

static int audit_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	auto_str struct str differences = { .s = NULL };
	auto_str struct str line = { .s = NULL };
	unsigned int n = 0, n_agreed = 0, n_differ;
	int err = 0;

	for (unsigned int i = 0; i < rec->n_audit && !err; i++) {
		const struct rec_audit *audit = &rec->audit[i];

		if (!audit->has_lull)
			continue;
		n++;
		n_agreed += is_agreed(audit);
		n_differ = n - n_agreed;
		if (!is_agreed(audit) && n_differ <= DIFFERENCES_SHOWN)
			err = add_difference(audit, n_differ == 1, &differences);
	}
	if (err || !n)
		return err;
	n_differ = n - n_agreed;
	err = str_addf(&line, "kernel and lull agree: %u of %u counts", n_agreed, n);
	if (!err && differences.s)
		err = str_add(&line, differences.s);
	if (!err && n_differ > DIFFERENCES_SHOWN)
		err = str_addf(&line, " and %u more", n_differ - DIFFERENCES_SHOWN);
	if (!err)
		text_paragraph(text, 2, 4, line.s);
	return err;
}

static int list_write(const struct text *text, const char *before, char *const *texts,
		      unsigned int n)
{
	int err = 0;

	for (unsigned int i = 0; i < n && !err; i++) {
		auto_str struct str line = { .s = NULL };

		err = str_addf(&line, "%s%s", before, texts[i]);
		if (!err)
			text_paragraph(text, 2, 4, line.s);
	}
	return err;
}

static int self_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	auto_str struct str line = { .s = NULL };
	uint64_t run_cnt = 0, run_ns = 0;
	char events[32], cpu[32], share[32], each[32];
	int err;

	if (!rec->self_events && !rec->self_cpu_ns)
		return 0;
	for (unsigned int i = 0; i < rec->n_programs; i++) {
		run_cnt += rec->programs[i].run_cnt;
		run_ns += rec->programs[i].run_ns;
	}
	err = str_addf(&line, "lull itself: %s events/s",
		       text_rate(rec->self_events, rec->duration_ns, events, sizeof(events)));
	if (!err && run_cnt)
		err = str_addf(&line, " of %s each in the kernel",
			       str_format_ns(run_ns / run_cnt, each, sizeof(each)));
	if (!err && rec->self_cpu_ns)
		err = str_addf(
			&line, ", %s of CPU time in its own thread (%s %% of a CPU)",
			str_format_ns(rec->self_cpu_ns, cpu, sizeof(cpu)),
			text_share(rec->self_cpu_ns, rec->duration_ns, share, sizeof(share)));
	if (!err)
		text_paragraph(text, 2, 4, line.s);
	return err;
}

static int programs_write(const struct text *text)
{
	auto_table struct table *table = table_new();
	char buf[32];

	if (!table)
		return -ENOMEM;
	if (!text->style->verbose || !text->rec->n_programs)
		return 0;
	table_group(table, "");
	table_column(table, "program", TABLE_LEFT, 0);
	table_column(table, "events", TABLE_RIGHT, TABLE_OPTIONAL);
	table_column(table, "each", TABLE_UNIT, TABLE_OPTIONAL);
	table_column(table, "missed", TABLE_RIGHT, TABLE_OPTIONAL);
	for (unsigned int i = 0; i < text->rec->n_programs; i++) {
		const struct rec_program *p = &text->rec->programs[i];

		table_cell(table, "%s", p->name);
		table_cell(table, "%s", p->events ? text_count(p->events, buf, sizeof(buf)) : "-");
		table_cell(table, "%s",
			   p->run_cnt ? str_format_ns(p->run_ns / p->run_cnt, buf, sizeof(buf))
				      : "-");
		table_cell(table, "%s",
			   p->recursion_misses ? text_count(p->recursion_misses, buf, sizeof(buf))
					       : "-");
	}
	return table_write(table, text->style, 4, text->out);
}

int text_foot_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	int err;

	if (!rec->n_audit && !rec->n_missing && !rec->n_notes && !rec->self_events)
		return 0;
	err = text_title(text, "About these figures");
	err = err ?: audit_write(text);
	err = err ?: list_write(text, "not measured: ", rec->missing, rec->n_missing);
	err = err ?: list_write(text, "note: ", rec->notes, rec->n_notes);
	err = err ?: self_write(text);
	return err ?: programs_write(text);
}
