/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_compare: a comparison at 80 columns: the verdict in a sentence, its figures with their
 * intervals, the causes, and both histograms of gaps over each other.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/comparison.h"
#include "report/chart.h"
#include "report/compare.h"
#include "report/compare_words.h"
#include "report/report.h"
#include "report/table.h"
#include "report/text.h"

static void interval_cell(struct table *table, const struct comparison_figure *figure)
{
	const struct stats_effect *effect = &figure->effect;
	char range[80];

	if (effect->has_interval)
		table_cell(table, "%s",
			   compare_range(effect->low, effect->high, figure->unit, "..", range,
					 sizeof(range)));
	else
		table_cell(table, "-");
}

/* As compare_verdict_word(), but the column stands beside that of the changes, and is narrow. */
static const char *narrow_word(const struct comparison_figure *figure)
{
	if (compare_is_maybe(figure))
		return "maybe";
	return figure->verdict == VERDICT_UNCHANGED || figure->verdict == VERDICT_CLEAN
		       ? "none seen"
		       : compare_verdict_word(figure->verdict);
}

/* "0 (<0.3)" for a rate that never was. */
static void side_cell(struct table *table, double value, double bound, enum figure_unit unit)
{
	char text[32];

	if (bound > 0 && !(value > 0))
		table_cell(table, "0 (<%.2g)", bound);
	else
		table_cell(table, "%s", compare_amount(value, unit, false, text, sizeof(text)));
}

static int write_figures(const struct text *text, const struct comparison *comparison)
{
	auto_table struct table *table = table_new();
	bool has_bound = false, has_maybe = false;
	char change[32];
	int err;

	if (!table)
		return -ENOMEM;
	err = text_title(text, "Figures, means over the rounds");
	table_group(table, "");
	table_column(table, "", TABLE_LEFT, 0);
	table_column(table, "before", TABLE_UNIT, 0);
	table_column(table, "after", TABLE_UNIT, 0);
	table_column(table, "change", TABLE_UNIT, 0);
	table_column(table, "95 % interval", TABLE_LEFT, TABLE_OPTIONAL);
	table_column(table, "", TABLE_LEFT, TABLE_OPTIONAL | TABLE_SHRINK);
	for (unsigned int i = 0; i < comparison->n_figures; i++) {
		const struct comparison_figure *figure = &comparison->figures[i];

		if (figure->cause >= 0)
			continue;
		has_bound |= figure->bound_a > 0 || figure->bound_b > 0;
		table_cell(table, "%s", compare_title(figure, comparison->of_cpus));
		side_cell(table, figure->a, figure->bound_a, figure->unit);
		side_cell(table, figure->b, figure->bound_b, figure->unit);
		table_cell(table, "%s",
			   compare_amount(figure->effect.effect, figure->unit, true, change,
					  sizeof(change)));
		interval_cell(table, figure);
		has_maybe |= compare_is_maybe(figure);
		table_cell(table, "%s", narrow_word(figure));
	}
	err = err ?: table_write(table, text->style, 2, text->out);
	if (!err && has_bound)
		text_paragraph(text, 2, 2, "(<N): none was seen; at 95 % there are fewer than N.");
	if (!err && has_maybe)
		text_paragraph(text, 2, 2,
			       "maybe: the interval is clear of 0, but among so many figures that "
			       "may be by chance.");
	return err;
}

static void share_cell(struct table *table, double share)
{
	if (!(share > 0))
		table_cell(table, "-");
	else if (share < 0.0001)
		table_cell(table, "<0.01");
	else
		table_cell(table, share < 0.00995 ? "%.2f" : "%.1f", 100 * share);
}

static void rate_cell(struct table *table, double rate)
{
	char text[32];

	table_cell(table, "%s",
		   rate > 0 ? compare_amount(rate, FIGURE_PER_SECOND, false, text, sizeof(text))
			    : "-");
}

/* True: its change in time is one after the correction. */
static bool cause_cells(struct table *table, const struct comparison *comparison,
			unsigned int index)
{
	static const char *const fates[] = {
		[CAUSE_WENT] = "went", [CAUSE_STAYED] = "stayed", [CAUSE_CAME] = "came"
	};
	const struct comparison_cause *cause = &comparison->causes[index];
	bool is_change = cause->verdict == VERDICT_IMPROVED || cause->verdict == VERDICT_WORSE;

	table_cell(table, "%s", cause->name);
	table_cell(table, "%s", cause->row);
	table_cell(table, "%s%s", fates[cause->fate], is_change ? " *" : "");
	share_cell(table, cause->share_a);
	share_cell(table, cause->share_b);
	rate_cell(table, cause->rate_a);
	rate_cell(table, cause->rate_b);
	return is_change;
}

static int write_causes(const struct text *text, const struct comparison *comparison)
{
	unsigned int n = min(comparison->n_causes, text->style->top ?: 10);
	auto_table struct table *table = table_new();
	bool has_change = false;
	int err;

	if (!table)
		return -ENOMEM;
	if (!n)
		return 0;
	err = text_title(text, "What took time: %% of %s, and times a second",
			 comparison->of_cpus ? "the CPUs' time" : "what the victims wanted");
	table_group(table, "");
	table_column(table, "name", TABLE_LEFT, TABLE_SHRINK);
	table_column(table, "kind", TABLE_LEFT, 0);
	table_column(table, "", TABLE_LEFT, 0);
	table_column(table, "before", TABLE_POINT, 0);
	table_column(table, "after", TABLE_POINT, 0);
	table_column(table, "before", TABLE_RIGHT, 0);
	table_column(table, "after", TABLE_RIGHT, 0);
	for (unsigned int i = 0; i < n; i++)
		has_change |= cause_cells(table, comparison, i);
	err = err ?: table_write(table, text->style, 2, text->out);
	if (!err && has_change)
		(void)fputs("  * its time changed, also after the correction for all figures\n",
			    text->out);
	if (!err && comparison->n_causes > n)
		(void)fprintf(text->out, "  and %u smaller ones\n", comparison->n_causes - n);
	return err;
}

static int write_gaps(const struct text *text, const struct comparison *comparison)
{
	const struct chart_pair_look *look = chart_pair_look(text->style);
	int err;

	if (!comparison->gap_a.count && !comparison->gap_b.count)
		return 0;
	err = text_title(text, "Gaps a minute, before and after over each other");
	if (err)
		return err;
	(void)fprintf(text->out,
		      "  %s both  %s%s more before%s  %s%s more after%s  bars by the logarithm\n",
		      look->both, look->before_on, look->before, look->off, look->after_on,
		      look->after, look->off);
	return chart_pair_write(&comparison->gap_a, comparison->time_a_ns, &comparison->gap_b,
				comparison->time_b_ns, text->style, text->out);
}

static int write_reasons(const struct text *text, const struct comparison *comparison)
{
	for (unsigned int i = 0; i < comparison->n_reasons; i++) {
		auto_str struct str words = { .s = NULL };
		int err = str_addf(&words, "- %s", comparison->reasons[i]);

		if (err)
			return err;
		text_paragraph(text, 2, 4, words.s);
	}
	return 0;
}

static const char *color_of(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_IMPROVED:
		return "\033[1;32m";
	case VERDICT_WORSE:
		return "\033[1;31m";
	default:
		return "\033[1m";
	}
}

static int write_head(const struct text *text, const struct comparison *comparison)
{
	auto_str struct str words = { .s = NULL };
	int err;

	(void)fprintf(text->out, "%u %s before, %.1f s; %u after, %.1f s%s", comparison->n_a,
		      comparison->n_a == 1 ? "round" : "rounds",
		      (double)comparison->time_a_ns / 1e9, comparison->n_b,
		      (double)comparison->time_b_ns / 1e9,
		      comparison->is_paired ? ", in pairs" : "");
	if (comparison->n_left_out)
		(void)fprintf(text->out, "; %u %s left out", comparison->n_left_out,
			      comparison->n_left_out == 1 ? "pair" : "pairs");
	(void)fputc('\n', text->out);
	err = compare_add_verdict(comparison, &words);
	if (err)
		return err;
	(void)fprintf(text->out, "\n%s", text->style->color ? color_of(comparison->verdict) : "");
	text_paragraph(text, 0, 0, words.s);
	(void)fputs(text->style->color ? "\033[0m" : "", text->out);
	return write_reasons(text, comparison);
}

int report_compare_text(const struct comparison *comparison, const struct report_style *style,
			FILE *out)
{
	const struct text text = { .style = style, .out = out };
	int err = write_head(&text, comparison);

	if (!err && !comparison->is_refused) {
		err = write_figures(&text, comparison);
		err = err ?: write_causes(&text, comparison);
		err = err ?: write_gaps(&text, comparison);
	}
	errno = 0;
	if (!err && (fflush(out) || ferror(out)))
		return errno ? -errno : -EIO;
	return err;
}
