/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chart_pair: two histograms over each other. What both have is full, what one has more is lighter.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/hist.h"
#include "report/chart.h"
#include "report/chart_p.h"
#include "report/report.h"
#include "report/table.h"
#include "report/text.h"

#define NUMBERS	  44 /* columns that the figures take */
#define BAR_MIN	  10
#define BAR_MAX	  100
#define LEAST	  0.01 /* a minute: the length of a bar begins here */
#define MINUTE_NS 60e9

/* A side: its samples by step, and a minute. */
struct side {
	struct chart_steps steps;
	double per_minute[CHART_STEPS];
};

static void side_fill(const struct hist *hist, uint64_t ns, struct side *side)
{
	chart_steps_count(hist, &side->steps);
	for (unsigned int i = 0; i < CHART_STEPS; i++)
		side->per_minute[i] =
			ns ? MINUTE_NS * (double)side->steps.counts[i] / (double)ns : 0;
}

/* Columns for a rate, of @width for the largest. */
static unsigned int length_of(double rate, double largest, unsigned int width)
{
	double share;

	if (!(rate > 0))
		return 0;
	share = log(max(rate, LEAST) / LEAST) / log(max(largest, 10 * LEAST) / LEAST);
	return max((unsigned int)lround(share * width), 1U);
}

const struct chart_pair_look *chart_pair_look(const struct report_style *style)
{
	static const struct chart_pair_look looks[2][2] = {
		{ { "#", ".", "+", "", "", "" },
		  { "#", ".", "+", "\033[33m", "\033[36m", "\033[0m" } },
		{ { "█", "░", "▒", "", "", "" },
		  { "█", "░", "▒", "\033[33m", "\033[36m", "\033[0m" } },
	};

	return &looks[style->utf8][style->color];
}

static char *append(char *to, const char *text)
{
	size_t len = strlen(text);

	memcpy(to, text, len + 1);
	return to + len;
}

static void draw(unsigned int a, unsigned int b, const struct chart_pair_look *look, char *buf)
{
	const char *more = a > b ? look->before : look->after;

	*buf = '\0';
	for (unsigned int i = 0; i < min(a, b); i++)
		buf = append(buf, look->both);
	if (a == b)
		return;
	buf = append(buf, a > b ? look->before_on : look->after_on);
	for (unsigned int i = min(a, b); i < max(a, b); i++)
		buf = append(buf, more);
	(void)append(buf, look->off);
}

static void rate_cell(struct table *table, double rate)
{
	char text[32];

	if (!(rate > 0))
		table_cell(table, "-");
	else if (rate >= 9.95)
		table_cell(table, "%s", text_count((uint64_t)llround(rate), text, sizeof(text)));
	else
		table_cell(table, rate < 0.095 ? "%.2f" : "%.1f", rate);
}

static void add_step(struct table *table, const struct side *a, const struct side *b,
		     unsigned int step, double largest, const struct report_style *style)
{
	unsigned int width = max(style->width ?: 80, NUMBERS + BAR_MIN) - NUMBERS;
	char bar[4 * BAR_MAX + 16], low[32], high[32];

	width = min(width, BAR_MAX);
	draw(length_of(a->per_minute[step], largest, width),
	     length_of(b->per_minute[step], largest, width), chart_pair_look(style), bar);
	table_cell(table, "%s", text_ns_short(chart_step_begin(step), low, sizeof(low)));
	table_cell(table, "%s",
		   step + 1 < CHART_STEPS
			   ? text_ns_short(chart_step_begin(step + 1), high, sizeof(high))
			   : "");
	rate_cell(table, a->per_minute[step]);
	rate_cell(table, b->per_minute[step]);
	table_cell(table, "%s", bar);
}

int chart_pair_write(const struct hist *a, uint64_t a_ns, const struct hist *b, uint64_t b_ns,
		     const struct report_style *style, FILE *out)
{
	auto_table struct table *table = table_new();
	struct side of_a, of_b;
	double largest = 0;
	unsigned int first, last;

	if (!table)
		return -ENOMEM;
	side_fill(a, a_ns, &of_a);
	side_fill(b, b_ns, &of_b);
	if (!of_a.steps.total && !of_b.steps.total)
		return 0;
	first = min(of_a.steps.first, of_b.steps.first);
	last = max(of_a.steps.last, of_b.steps.last);
	for (unsigned int i = first; i <= last; i++)
		largest = max(largest, max(of_a.per_minute[i], of_b.per_minute[i]));
	table_group(table, "");
	table_column(table, "from", TABLE_UNIT, 0);
	table_column(table, "to", TABLE_UNIT, 0);
	table_column(table, "before", TABLE_RIGHT, 0);
	table_column(table, "after", TABLE_RIGHT, 0);
	table_column(table, "", TABLE_LEFT, 0);
	for (unsigned int i = first; i <= last; i++)
		add_step(table, &of_a, &of_b, i, largest, style);
	return table_write(table, style, 2, out);
}
