/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_verify: a verification at 80 columns: limits as a table of figure, limit and verdict; of
 * rounds the comparison, and where the interrupts that were moved fired.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/comparison.h"
#include "model/gate.h"
#include "model/recording.h"
#include "model/verification.h"
#include "report/compare.h"
#include "report/limit_name.h"
#include "report/report.h"
#include "report/table.h"
#include "report/text.h"
#include "report/verify.h"

static const char *title_of(const struct gate *gate, const struct gate_limit *limit, char *buf,
			    size_t cap)
{
	char name[32];

	(void)limit_name(limit, name, sizeof(name));
	switch (limit->kind) {
	case GATE_TAKEN:
		return gate->of_cpus ? "CPUs busy" : "taken";
	case GATE_LONGEST:
		return gate->of_cpus ? "longest at a time" : "longest gap";
	case GATE_STALLS:
		return "stalls";
	default:
		(void)snprintf(buf, cap, "%s %s", limit->kind == GATE_ROW ? "row" : "gap", name);
		return buf;
	}
}

static void share_cell(struct table *table, double share)
{
	if (share > 0 && share < 0.0001)
		table_cell(table, "<0.01 %%");
	else
		table_cell(table, share < 0.0995 ? "%.2f %%" : "%.1f %%", 100 * share);
}

static void value_cells(struct table *table, const struct gate_result *result)
{
	const struct gate_limit *limit = &result->limit;
	char text[32];

	switch (limit->kind) {
	case GATE_TAKEN:
	case GATE_ROW:
		share_cell(table, result->share);
		share_cell(table, limit->share);
		break;
	case GATE_LONGEST:
	case GATE_QUANTILE:
		table_cell(table, "%s", str_format_ns(result->value, text, sizeof(text)));
		table_cell(table, "%s", text_ns_short(limit->most, text, sizeof(text)));
		break;
	case GATE_STALLS:
		table_cell(table, "%s", text_count(result->value, text, sizeof(text)));
		table_cell(table, "%s", text_count(limit->most, text, sizeof(text)));
		break;
	}
}

/* Why a verdict is not what the figure alone would say. */
static void remark_cell(struct table *table, const struct gate *gate,
			const struct gate_result *result)
{
	char count[32];

	if (result->bound > 0)
		table_cell(table, "fewer than %.2g a minute at 95 %%", result->bound);
	else if (result->verdict != GATE_INCONCLUSIVE)
		table_cell(table, "%s", "");
	else if (gate->is_idle)
		table_cell(table, "nobody wanted to run");
	else if (!gate->is_complete)
		table_cell(table, "something was lost");
	else
		table_cell(table, "only %s samples",
			   text_count(result->samples, count, sizeof(count)));
}

static int write_limits(const struct text *text, const struct gate *gate, const char *title)
{
	auto_table struct table *table = table_new();
	int err;

	if (!gate->n)
		return 0;
	if (!table)
		return -ENOMEM;
	err = text_title(text, "%s", title);
	table_group(table, "");
	table_column(table, "figure", TABLE_LEFT, 0);
	table_column(table, "found", TABLE_UNIT, 0);
	table_column(table, "limit", TABLE_UNIT, 0);
	table_column(table, "verdict", TABLE_LEFT, 0);
	table_column(table, "", TABLE_LEFT, TABLE_OPTIONAL | TABLE_SHRINK);
	for (unsigned int i = 0; i < gate->n; i++) {
		const struct gate_result *result = &gate->results[i];
		char name[40];

		table_cell(table, "%s", title_of(gate, &result->limit, name, sizeof(name)));
		value_cells(table, result);
		table_cell(table, "%s", gate_word(result->verdict));
		remark_cell(table, gate, result);
	}
	return err ?: table_write(table, text->style, 2, text->out);
}

static int write_gate_verdict(const struct text *text, const struct gate *gate)
{
	auto_str struct str words = { .s = NULL };
	unsigned int n = 0;
	char time[32];
	int err;

	for (unsigned int i = 0; i < gate->n; i++)
		n += gate->results[i].verdict == gate->verdict;
	(void)str_format_ns(gate->duration_ns, time, sizeof(time));
	if (gate->verdict == GATE_KEPT)
		err = str_addf(&words, "Kept: %s, in %s.",
			       gate->n == 1 ? "the limit" : "all limits", time);
	else if (gate->verdict == GATE_BROKEN)
		err = str_addf(&words, "Broken: %u of %u %s.", n, gate->n,
			       gate->n == 1 ? "limit" : "limits");
	else if (gate->is_idle)
		err = str_add(&words, "Inconclusive: the victims did not want to run.");
	else
		err = str_addf(&words, "Inconclusive: %s.",
			       gate->is_complete ? "too few samples"
						 : "something was lost, and may be the worst");
	if (err)
		return err;
	(void)fputs(text->style->color ? "\n\033[1m" : "\n", text->out);
	text_paragraph(text, 0, 0, words.s);
	(void)fputs(text->style->color ? "\033[0m" : "", text->out);
	return 0;
}

static int write_as_is(const struct text *text, const struct verification *found)
{
	int err = text_head_write(text);

	err = err ?: write_gate_verdict(text, found->gate);
	err = err ?: text_answer_write(text);
	err = err ?: write_limits(text, found->gate, "Limits");
	err = err ?: text_culprits_write(text);
	if (!err && found->gate->verdict == GATE_BROKEN)
		err = text_stalls_write(text);
	return err;
}

/* "1: 98, 0: 2" of one side: CPU and how often. Appends; -ENOMEM. */
static int add_fired(const struct moved_irq *irq, bool is_b, struct str *to)
{
	uint64_t all = 0;
	int err = 0;

	for (unsigned int i = 0; i < irq->n_fired; i++)
		all += is_b ? irq->fired[i].b : irq->fired[i].a;
	if (!all)
		return str_add(to, "never");
	for (unsigned int i = 0; i < irq->n_fired && !err; i++) {
		uint64_t n = is_b ? irq->fired[i].b : irq->fired[i].a;
		char count[32];

		if (n)
			err = str_addf(to, "%s%d: %s", to->len ? ", " : "", irq->fired[i].cpu,
				       text_count(n, count, sizeof(count)));
	}
	return err;
}

static int irq_cells(struct table *table, const struct moved_irq *irq)
{
	auto_str struct str a = { .s = NULL }, b = { .s = NULL };
	int err = add_fired(irq, false, &a);

	err = err ?: add_fired(irq, true, &b);
	if (err)
		return err;
	table_cell(table, "%s%s", irq->strayed ? "! " : "", irq->name);
	table_cell(table, "%s", irq->wanted);
	table_cell(table, "%s", a.s);
	table_cell(table, "%s", b.s);
	return 0;
}

/* Those that fired at all: what a mask says is one thing, where the interrupt comes another. */
static int write_irqs(const struct text *text, const struct verification *found)
{
	auto_table struct table *table = table_new();
	unsigned int n = 0, silent = 0, strayed = 0;
	int err = 0;

	if (!table)
		return -ENOMEM;
	table_group(table, "");
	table_column(table, "interrupt", TABLE_LEFT, TABLE_SHRINK);
	table_column(table, "to CPU", TABLE_LEFT, 0);
	table_column(table, "before", TABLE_LEFT, TABLE_SHRINK);
	table_column(table, "after", TABLE_LEFT, TABLE_SHRINK);
	for (unsigned int i = 0; i < found->n_irqs && !err; i++) {
		if (!found->irqs[i].n_fired) {
			silent++;
			continue;
		}
		n++;
		strayed += found->irqs[i].strayed > 0;
		err = irq_cells(table, &found->irqs[i]);
	}
	if (err || !found->n_irqs)
		return err;
	err = text_title(
		text, "Interrupts that were moved: CPU and how often, by the kernel's own count");
	if (!err && n)
		err = table_write(table, text->style, 2, text->out);
	if (!err && strayed)
		(void)fputs("  ! also after it was moved it fired where it was before\n",
			    text->out);
	if (!err && silent)
		(void)fprintf(text->out, n ? "  and %u that never fired\n" : "  none of %u fired\n",
			      silent);
	return err;
}

/* "abbaab" as "ab ba ab". Appends; -ENOMEM. */
static int add_order(const char *order, struct str *words)
{
	int err = 0;

	for (unsigned int i = 0; order[i] && !err; i++)
		err = str_addf(words, "%s%c", i && i % 2 == 0 ? " " : "", order[i]);
	return err;
}

static int write_notes(const struct text *text, const struct verification *found)
{
	char length[32];

	if (found->order && *found->order) {
		auto_str struct str words = { .s = NULL };
		int err = str_addf(&words, "Rounds of %s: ",
				   str_format_ns(found->round_ns, length, sizeof(length)));

		err = err ?: add_order(found->order, &words);
		err = err
			      ?: str_addf(&words, " (a as it was, b shielded; seed %" PRIu64 ")",
					  found->seed);
		if (err)
			return err;
		(void)fputc('\n', text->out);
		text_paragraph(text, 0, 2, words.s);
	}
	if (found->n_steps)
		(void)fprintf(text->out, "The shield: %u steps, %u held\n", found->n_steps,
			      found->n_held);
	for (unsigned int i = 0; i < found->n_notes; i++)
		text_paragraph(text, 0, 2, found->notes[i]);
	if (found->restored)
		text_paragraph(text, 0, 2, found->restored);
	return 0;
}

static int write_rounds(const struct text *text, const struct verification *found)
{
	int err = text_head_write(text);

	(void)fputc('\n', text->out);
	err = err ?: report_compare_text(found->comparison, text->style, text->out);
	err = err ?: write_irqs(text, found);
	err = err ?: write_limits(text, found->gate, "Limits, after");
	return err ?: write_notes(text, found);
}

int report_verify_text(const struct verification *found, const struct report_style *style,
		       FILE *out)
{
	const struct text text = { .rec = found->rec,
				   .style = style,
				   .out = out,
				   .one_vm = text_is_one_vm(found->rec),
				   .is_whole = found->rec->complete };
	int err = found->comparison ? write_rounds(&text, found) : write_as_is(&text, found);

	errno = 0;
	if (!err && (fflush(out) || ferror(out)))
		return errno ? -errno : -EIO;
	return err;
}
