/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of report/text_checkup and report/checkup_json: exact bytes of a small checkup.
 */
#include "report/checkup.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "model/checkup.h"
#include "report/report.h"
#include "test.h"

#define auto_checkup __attribute__((cleanup(checkup_done)))

static const char *title(const char *section)
{
	return streq(section, "a") ? "First?" : "Second?";
}

static const struct report_verdict verdicts[] = {
	{ .key = "a", .answer = "no", .words = "can a: no" },
};

static void fill(struct checkup *checkup)
{
	static char kernel[] = "kernel", long_name[] = "source vector", fine[] = "6.1",
		    many[] = "so many words that they do not fit into the eighty columns of a line",
		    remedy[] = "sysctl a.b=1", hostile[] = "x\033[2Jy", quoted[] = "say \"no\"";
	const struct checkup_item items[] = {
		{ .section = "a", .name = kernel, .state = CHECKUP_OK, .found = fine },
		{ .section = "a",
		  .name = long_name,
		  .state = CHECKUP_FAIL,
		  .found = many,
		  .remedy = remedy },
		{ .section = "b",
		  .name = kernel,
		  .state = CHECKUP_UNKNOWN,
		  .found = hostile,
		  .remedy = quoted },
	};

	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		CHECK_EQ(checkup_add(checkup, &items[i]), 0);
}

static char *write_as(int (*write)(const struct report_checkup *report, FILE *out))
{
	auto_checkup struct checkup checkup = { .items = NULL };
	const struct report_checkup report = {
		.checkup = &checkup,
		.title = title,
		.verdicts = verdicts,
		.n_verdicts = ARRAY_SIZE(verdicts),
	};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK(out != NULL);
	fill(&checkup);
	CHECK_EQ(write(&report, out), 0);
	(void)fclose(out);
	return text;
}

static int write_text(const struct report_checkup *report, FILE *out)
{
	static const struct report_style style = { .width = 80 };

	return report_checkup_text(report, &style, out);
}

TEST(report_checkup_text__aligns_wraps_and_puts_the_remedy_under_it)
{
	auto_free char *text = write_as(write_text);

	CHECK_STREQ(
		text,
		"\nFirst?\n"
		"  ok       kernel            6.1\n"
		"  fail     source vector     so many words that they do not fit into the eighty\n"
		"                             columns of a line\n"
		"                             -> sysctl a.b=1\n"
		"\nSecond?\n"
		"  unknown  kernel            x?[2Jy\n"
		"                             -> say \"no\"\n"
		"\ncan a: no\n");
}

TEST(report_checkup_json__has_all_keys)
{
	auto_free char *text = write_as(report_checkup_json);

	CHECK_STREQ(
		text,
		"{\n"
		"  \"schema\": \"lull.doctor/1\",\n"
		"  \"checks\": [\n"
		"    {\n"
		"      \"section\": \"a\",\n"
		"      \"name\": \"kernel\",\n"
		"      \"state\": \"ok\",\n"
		"      \"found\": \"6.1\",\n"
		"      \"remedy\": null\n"
		"    },\n"
		"    {\n"
		"      \"section\": \"a\",\n"
		"      \"name\": \"source vector\",\n"
		"      \"state\": \"fail\",\n"
		"      \"found\": \"so many words that they do not fit into the eighty columns of "
		"a line\",\n"
		"      \"remedy\": \"sysctl a.b=1\"\n"
		"    },\n"
		"    {\n"
		"      \"section\": \"b\",\n"
		"      \"name\": \"kernel\",\n"
		"      \"state\": \"unknown\",\n"
		"      \"found\": \"x?[2Jy\",\n"
		"      \"remedy\": \"say \\\"no\\\"\"\n"
		"    }\n"
		"  ],\n"
		"  \"verdict\": {\n"
		"    \"a\": \"no\"\n"
		"  }\n"
		"}\n");
}

TEST(checkup_count__counts_by_section_and_state)
{
	auto_checkup struct checkup checkup = { .items = NULL };

	fill(&checkup);
	CHECK_EQ(checkup_count(&checkup, "a", CHECKUP_FAIL), 1);
	CHECK_EQ(checkup_count(&checkup, "b", CHECKUP_FAIL), 0);
	CHECK_EQ(checkup_count(&checkup, NULL, CHECKUP_UNKNOWN), 1);
}
