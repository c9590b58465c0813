/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_foot: how far the figures can be trusted. What the kernel counted beside what lull
 * counted, what could not be measured here, and what measuring cost.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/rec_trace.h"
#include "model/recording.h"
#include "report/report.h"
#include "report/table.h"
#include "report/text.h"

#define DIFFERENCES_SHOWN 4
#define SLACK_NS	  1000000 /* times agree within this, or */
#define SLACK_PER_CENT	  2
#define SLACK_WAIT_NS	  20000 /* and this for each wait */

/* How often the thread of "tid 4242 run_ns" had to wait for a CPU. 0 for other figures. */
static uint64_t waits_of(const struct recording *rec, const struct rec_audit *audit)
{
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		const struct rec_thread *thread = &rec->threads[i];
		char prefix[24];

		(void)snprintf(prefix, sizeof(prefix), "tid %d ", thread->tid);
		if (str_starts(audit->what, prefix))
			return thread->wake.count + thread->preempted.count;
	}
	return 0;
}

/*
 * The kernel is read just outside and just inside the window, so a count agrees when it lies
 * between the two, but for the one interrupt of a CPU that is on its way when the window opens or
 * closes: a vector is traced before the kernel counts it, a line after. A time is accounted by the kernel at other moments than by lull: its
 * scheduler's clock is not brought up to date between a wake-up that preempts and the switch that
 * follows (rq_clock_skip_update), so that each wait may be out by some 10 us: some slack.
 */
static bool is_agreed(const struct recording *rec, const struct rec_audit *audit)
{
	uint64_t low = min(audit->kernel_min, audit->kernel);
	uint64_t high = max(audit->kernel_max, audit->kernel);
	uint64_t slack = 0;

	if (!audit->kernel_min && !audit->kernel_max)
		low = audit->kernel;
	if (str_starts(audit->what, "cpu"))
		slack = 1;
	if (str_ends(audit->what, "_ns"))
		slack = max((uint64_t)SLACK_NS, audit->kernel / 100 * SLACK_PER_CENT) +
			min(waits_of(rec, audit), UINT64_MAX / SLACK_WAIT_NS / 2) * SLACK_WAIT_NS;
	low = low > slack ? low - slack : 0;
	return audit->lull >= low && audit->lull - min(high, audit->lull) <= slack;
}

/* Interrupts that come while the kernel reports nothing are counted by it alone. */
static bool is_hidden(const struct recording *rec, const struct rec_audit *audit)
{
	if (str_ends(audit->what, "_ns") || audit->lull > audit->kernel)
		return false;
	for (unsigned int i = 0; i < rec->n_notes; i++) {
		if (str_starts(rec->notes[i], "the kernel reported nothing"))
			return true;
	}
	return false;
}

static int add_difference(const struct rec_audit *audit, bool is_hidden, struct str *to)
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
	return str_addf(to, "%s%.*s (kernel %s, lull %s)",
			to->len	    ? ", "
			: is_hidden ? "; differs (hidden events): "
				    : "; differs: ",
			(int)(strlen(audit->what) - (is_time ? 3 : 0)), audit->what, kernel, lull);
}

/* What differs of one kind, with or without an explanation: the first few, and how many more. */
struct differences {
	struct str text;
	unsigned int n;
};

static int add_all(const struct recording *rec, bool hidden, struct differences *to)
{
	int err = 0;

	for (unsigned int i = 0; i < rec->n_audit && !err; i++) {
		const struct rec_audit *audit = &rec->audit[i];

		if (!audit->has_lull || is_agreed(rec, audit) || is_hidden(rec, audit) != hidden)
			continue;
		if (to->n++ < DIFFERENCES_SHOWN)
			err = add_difference(audit, hidden, &to->text);
	}
	if (!err && to->n > DIFFERENCES_SHOWN)
		err = str_addf(&to->text, " and %u more", to->n - DIFFERENCES_SHOWN);
	return err;
}

static void differences_done(struct differences *differences)
{
	str_done(&differences->text);
}

static int audit_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	__attribute__((cleanup(differences_done))) struct differences real = { .n = 0 };
	__attribute__((cleanup(differences_done))) struct differences hidden = { .n = 0 };
	auto_str struct str line = { .s = NULL };
	unsigned int n = 0;
	int err = add_all(rec, false, &real);

	err = err ?: add_all(rec, true, &hidden);
	for (unsigned int i = 0; i < rec->n_audit; i++)
		n += rec->audit[i].has_lull;
	if (err || !n)
		return err;
	err = str_addf(&line, "kernel and lull agree: %u of %u counts and times",
		       n - real.n - hidden.n, n);
	err = err ?: str_add(&line, real.text.s ?: "");
	err = err ?: str_add(&line, hidden.text.s ?: "");
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

/* What the flight recorder kept: it is no figure, but whoever wants it must know where it is. */
static int trace_write(const struct text *text)
{
	const struct rec_trace *trace = text->rec->trace;
	auto_str struct str line = { .s = NULL };
	char events[32], windows[32];
	uint64_t n = 0;
	int err;

	if (!trace)
		return 0;
	for (unsigned int i = 0; i < trace->n_windows; i++)
		n += trace->windows[i].n_events;
	err = str_addf(&line, "flight recorder: %s events in %s window%s around stalls%s",
		       text_count(n, events, sizeof(events)),
		       text_count(trace->n_windows, windows, sizeof(windows)),
		       trace->n_windows == 1 ? "" : "s",
		       n ? "; lull export --format perfetto shows them" : "");
	if (!err)
		text_paragraph(text, 2, 4, line.s);
	return err;
}

static int self_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	auto_str struct str line = { .s = NULL };
	uint64_t run_cnt = 0, run_ns = 0;
	char events[32], share[32], each[32];
	int err;

	if (!rec->self_events && !rec->self_cpu_ns)
		return 0;
	for (unsigned int i = 0; i < rec->n_programs; i++) {
		run_cnt += rec->programs[i].run_cnt;
		run_ns += rec->programs[i].run_ns;
	}
	err = str_addf(&line, "cost of lull: %s events/s",
		       text_rate(rec->self_events, rec->duration_ns, events, sizeof(events)));
	if (!err && run_cnt)
		err = str_addf(&line, " of %s each",
			       str_format_ns(run_ns / run_cnt, each, sizeof(each)));
	if (!err && rec->self_cpu_ns)
		err = str_addf(
			&line, " in the kernel; %s %% of a CPU for its own thread",
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
	err = err ?: trace_write(text);
	err = err ?: self_write(text);
	return err ?: programs_write(text);
}
