/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bars, and that rare samples stay visible; the golden summaries show whole charts. */
#include "report/chart.h"

#include "base/cleanup.h"
#include "model/hist.h"
#include "report/report.h"
#include "report/table.h"
#include "report/width.h"
#include "test.h"

#define auto_hist __attribute__((cleanup(hist_done)))

static char *draw(const struct hist *hist, bool utf8)
{
	const struct report_style style = { .utf8 = utf8, .width = 60 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK(out != NULL);
	CHECK_EQ(chart_hist_write(hist, &style, out), 0);
	(void)fclose(out);
	return text;
}

TEST(chart_bar__never_hides_a_single_sample)
{
	char bar[64];

	chart_bar(1, 1000000, 10, true, bar);
	CHECK_STREQ(bar, "▏");
	chart_bar(1, 1000000, 10, false, bar);
	CHECK_STREQ(bar, "#");
	chart_bar(0, 1000000, 10, true, bar);
	CHECK_STREQ(bar, "");
}

TEST(chart_bar__is_drawn_in_eighths)
{
	char bar[64];

	chart_bar(100, 100, 4, true, bar);
	CHECK_STREQ(bar, "████");
	chart_bar(50, 100, 3, true, bar);
	CHECK_STREQ(bar, "█▌");
	chart_bar(50, 100, 4, false, bar);
	CHECK_STREQ(bar, "##");
	chart_bar(200, 100, 2, false, bar);
	CHECK_STREQ(bar, "##");
}

TEST(chart_hist__steps_are_1_2_5_and_empty_ones_are_folded)
{
	auto_hist struct hist hist = { .digits = 0 };
	auto_free char *text = NULL;

	CHECK_EQ(hist_init(&hist, 2), 0);
	hist_add(&hist, 1000, 900);
	hist_add(&hist, 2500, 10);
	hist_add(&hist, 7941234, 1);
	text = draw(&hist, false);
	CHECK_STREQ(text, "  from     to  count\n"
			  "  1 us   2 us    900  ############################### p50\n"
			  "  2 us   5 us     10  # p99\n"
			  "                 ...\n"
			  "  5 ms  10 ms      1  # p99.9 max 7.94 ms\n");
}

TEST(chart_hist__draws_nothing_for_nothing)
{
	auto_hist struct hist hist = { .digits = 0 };
	auto_free char *unset = draw(&hist, true);
	auto_free char *empty = NULL;

	CHECK_STREQ(unset, "");
	CHECK_EQ(hist_init(&hist, 1), 0);
	empty = draw(&hist, true);
	CHECK_STREQ(empty, "");
}

TEST(chart_hist__shows_zero_and_overflow)
{
	auto_hist struct hist hist = { .digits = 0 };
	auto_free char *text = NULL;

	CHECK_EQ(hist_init(&hist, 1), 0);
	hist_add(&hist, 0, 1);
	hist_add(&hist, UINT64_MAX, 1);
	text = draw(&hist, false);
	CHECK(strstr(text, "0 ns  1 ns      1  ####") != NULL);
	CHECK(strstr(text, "50 s             1  ####") != NULL);
}

TEST(width__counts_columns_not_bytes)
{
	CHECK_EQ(width_of("abc"), 3);
	CHECK_EQ(width_of("a\033[1;32mb\033[0mc"), 3);
	CHECK_EQ(width_of("a\033[2J"), 5); /* no colour: never without a column */
	CHECK_EQ(width_of("…▏é"), 3);
	CHECK_EQ(width_of("フロント"), 8);
	CHECK_EQ(width_of("e\xcc\x81"), 1);
	CHECK_EQ(width_of("\xe3\x83"), 2); /* cut UTF-8: a column each */
	CHECK_EQ(width_cut("フロント", 5), 6);
	CHECK_EQ(width_cut("abc", 5), 3);
}

static char *print_table(struct table *table, unsigned int width)
{
	const struct report_style style = { .utf8 = true, .width = width };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK(out != NULL);
	CHECK_EQ(table_write(table, &style, 0, out), 0);
	(void)fclose(out);
	return text;
}

TEST(table__aligns_points_and_units)
{
	auto_table struct table *table = table_new();
	auto_free char *text = NULL;

	CHECK(table != NULL);
	table_group(table, "");
	table_column(table, "n", TABLE_LEFT, 0);
	table_column(table, "%", TABLE_POINT, 0);
	table_column(table, "t", TABLE_UNIT, 0);
	table_column(table, "none", TABLE_RIGHT, TABLE_OPTIONAL);
	for (unsigned int i = 0; i < 2; i++) {
		table_cell(table, "%s", i ? "b" : "a");
		table_cell(table, "%s", i ? "0.041" : "12.5");
		table_cell(table, "%s", i ? "3.07 ms" : "812 ns");
		table_cell(table, "%s", "-");
	}
	text = print_table(table, 80);
	CHECK_STREQ(text, "n       %        t\n"
			  "a  12.5     812 ns\n"
			  "b   0.041  3.07 ms\n");
}

TEST(table__is_split_by_groups_and_repeats_the_first_column)
{
	auto_table struct table *table = table_new();
	auto_free char *text = NULL;

	CHECK(table != NULL);
	table_group(table, "");
	table_column(table, "", TABLE_LEFT, 0);
	table_group(table, "one");
	table_column(table, "alpha", TABLE_RIGHT, 0);
	table_group(table, "two");
	table_column(table, "beta", TABLE_RIGHT, 0);
	table_cell(table, "%s", "x");
	table_cell(table, "%s", "1");
	table_cell(table, "%s", "2");
	text = print_table(table, 12);
	CHECK_STREQ(text, "    one\n"
			  "    alpha\n"
			  "x       1\n"
			  "\n"
			  "    two\n"
			  "    beta\n"
			  "x      2\n");
}

TEST(table__wraps_what_may_be_narrowed)
{
	auto_table struct table *table = table_new();
	auto_free char *text = NULL;

	CHECK(table != NULL);
	table_group(table, "");
	table_column(table, "", TABLE_LEFT, TABLE_SHRINK);
	table_column(table, "", TABLE_RIGHT, 0);
	table_cell(table, "%s", "a name that is far too long");
	table_cell(table, "%s", "1234567");
	text = print_table(table, 29);
	CHECK_STREQ(text, "a name that is far    1234567\n"
			  "  too long\n");
}
