/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chart: the steps that people read are 1-2-5, those of the histogram are finer by far: a bin
 * that lies across a step counts below it, which shifts a sample by 0.78 % (two digits) or
 * 6.25 % (one) at most.
 */
#include "report/chart.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/hist.h"
#include "report/chart_p.h"
#include "report/report.h"
#include "report/table.h"
#include "report/text.h"

#define BAR_MIN	 10 /* columns */
#define BAR_MAX	 160
#define FOLD_MIN 3 /* so many empty steps in a row become one line */

uint64_t chart_step_begin(unsigned int i)
{
	static const uint64_t factors[] = { 1, 2, 5 };
	uint64_t begin = 1;

	if (i == 0)
		return 0;
	for (unsigned int decade = 0; decade < (i - 1) / 3; decade++)
		begin *= 10;
	return begin * factors[(i - 1) % 3];
}

static unsigned int step_of(const struct hist *hist, uint64_t value)
{
	unsigned int step = 0;
	uint64_t low, high;

	hist_range(hist->digits, hist_slot(hist->digits, value), &low, &high);
	while (step + 1 < CHART_STEPS && chart_step_begin(step + 1) <= low)
		step++;
	return step;
}

void chart_bar(uint64_t value, uint64_t whole, unsigned int width, bool utf8, char *buf)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	unsigned int parts = utf8 ? 8 : 1;
	double share = whole ? (double)value / (double)whole : 0;
	unsigned int n = (unsigned int)(min(share, 1.0) * width * parts + 0.5);

	if (value && !n)
		n = 1;
	buf[0] = '\0';
	for (unsigned int i = 0; i < n / parts; i++, buf += utf8 ? 3 : 1)
		memcpy(buf, utf8 ? "█" : "#", utf8 ? 4 : 2);
	if (n % parts)
		memcpy(buf, eighths[n % parts], 4);
}

void chart_steps_count(const struct hist *hist, struct chart_steps *ret)
{
	struct chart_steps steps = { .first = CHART_STEPS };

	for (unsigned int slot = 0; hist->counts && slot <= hist_slots(hist->digits); slot++) {
		uint64_t low, high;
		unsigned int step;

		if (!hist->counts[slot])
			continue;
		hist_range(hist->digits, slot, &low, &high);
		step = step_of(hist, low);
		steps.counts[step] += hist->counts[slot];
		steps.largest = max(steps.largest, steps.counts[step]);
		steps.total += hist->counts[slot];
		steps.first = min(steps.first, step);
		steps.last = max(steps.last, step);
	}
	*ret = steps;
}

/* " p50 p99" for the marks that fall into @step. */
static int add_marks(const struct hist *hist, unsigned int step, struct str *marks)
{
	static const struct {
		const char *name;
		uint32_t share;
	} all[] = { { "p50", 500000 }, { "p99", 990000 }, { "p99.9", 999000 } };
	char text[32];
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(all) && !err; i++) {
		if (step_of(hist, hist_percentile(hist, all[i].share)) == step)
			err = str_addf(marks, " %s", all[i].name);
	}
	if (!err && step_of(hist, hist->max) == step)
		err = str_addf(marks, " max %s", str_format_ns(hist->max, text, sizeof(text)));
	return err;
}

/* How long the bar of the largest step may be so that each line, marks included, fits. */
static int bar_width(const struct hist *hist, const struct chart_steps *steps, unsigned int width,
		     unsigned int *ret)
{
	char count[32];
	unsigned int numbers = 2 + 6 + 2 + 6 + 2 + 2; /* indent, from, to, and blanks */
	unsigned int room, best;

	numbers += max((unsigned int)strlen(text_count(steps->largest, count, sizeof(count))), 5u);
	room = max(width, numbers + BAR_MIN) - numbers;
	best = min(room, (unsigned int)BAR_MAX);
	for (unsigned int i = steps->first; i <= steps->last; i++) {
		auto_str struct str marks = { .s = NULL };
		/* A mark on an empty step, which a damaged file can have, has room enough. */
		double share = (double)steps->counts[i] / (double)steps->largest;
		int err = add_marks(hist, i, &marks);

		if (err)
			return err;
		if (steps->counts[i] && share * best + (double)marks.len > room)
			best = (unsigned int)((room - min(room, (unsigned int)marks.len)) / share);
	}
	*ret = max(best, (unsigned int)BAR_MIN);
	return 0;
}

static int add_step(struct table *table, const struct hist *hist, const struct chart_steps *steps,
		    unsigned int step, unsigned int width, bool utf8)
{
	char bar[4 * BAR_MAX + 1], low[32], high[32], count[32];
	auto_str struct str marks = { .s = NULL };
	int err = add_marks(hist, step, &marks);

	chart_bar(steps->counts[step], steps->largest, width, utf8, bar);
	table_cell(table, "%s", text_ns_short(chart_step_begin(step), low, sizeof(low)));
	table_cell(table, "%s",
		   step + 1 < CHART_STEPS
			   ? text_ns_short(chart_step_begin(step + 1), high, sizeof(high))
			   : "");
	table_cell(table, "%s", text_count(steps->counts[step], count, sizeof(count)));
	table_cell(table, "%s%s", bar, marks.s ?: "");
	return err;
}

/* Steps without a sample from @i on, before one that has samples. */
static unsigned int empty_steps(const struct chart_steps *steps, unsigned int i)
{
	unsigned int n = 0;

	while (!steps->counts[i + n])
		n++;
	return n;
}

static int add_steps(struct table *table, const struct hist *hist, const struct chart_steps *steps,
		     const struct report_style *style)
{
	unsigned int width;
	int err = bar_width(hist, steps, style->width ?: 80, &width);

	for (unsigned int i = steps->first; i <= steps->last && !err; i++) {
		unsigned int empty = empty_steps(steps, i);

		if (empty < FOLD_MIN) {
			err = add_step(table, hist, steps, i, width, style->utf8);
			continue;
		}
		for (unsigned int column = 0; column < 4; column++)
			table_cell(table, "%s", column == 2 ? "..." : "");
		i += empty - 1;
	}
	return err;
}

int chart_hist_write(const struct hist *hist, const struct report_style *style, FILE *out)
{
	auto_table struct table *table = table_new();
	struct chart_steps steps;
	int err;

	if (!table)
		return -ENOMEM;
	if (!hist->counts || !hist->count)
		return 0;
	chart_steps_count(hist, &steps);
	table_group(table, "");
	table_column(table, "from", TABLE_UNIT, 0);
	table_column(table, "to", TABLE_UNIT, 0);
	table_column(table, "count", TABLE_RIGHT, 0);
	table_column(table, "", TABLE_LEFT, 0);
	err = add_steps(table, hist, &steps, style);
	return err ?: table_write(table, style, 2, out);
}
