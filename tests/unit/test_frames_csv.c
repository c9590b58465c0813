/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of frames/csv.
 */
#include "frames/csv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "test.h"

/* The fields with bars between. */
static char *split(const char *text, char delimiter)
{
	auto_free char *line = strdup(text);
	auto_free struct csv_row *row = malloc(sizeof(*row));
	struct str joined = { .s = NULL };

	CHECK(line && row);
	csv_split(line, delimiter, row);
	for (unsigned int i = 0; i < row->n; i++)
		CHECK_EQ(str_addf(&joined, "%s%s", i ? "|" : "", row->fields[i]), 0);
	return joined.s;
}

#define CHECK_SPLIT(text, delimiter, want)                     \
	do {                                                   \
		auto_free char *got_ = split(text, delimiter); \
		CHECK_STREQ(got_, want);                       \
	} while (0)

TEST(csv_split__cuts_padding)
{
	CHECK_SPLIT("a, b ,  c", ',', "a|b|c");
	CHECK_SPLIT(" Frame, Time (ms), Delta (ms) , Memory (mb)", ',',
		    "Frame|Time (ms)|Delta (ms)|Memory (mb)");
	CHECK_SPLIT("a\tb\t\tc", '\t', "a|b||c");
}

TEST(csv_split__keeps_missing_fields)
{
	CHECK_SPLIT(",a,", ',', "|a|");
	CHECK_SPLIT("", ',', "");
	CHECK_SPLIT(",", ',', "|");
}

TEST(csv_split__reads_quotes)
{
	CHECK_SPLIT("\"a,b\",c", ',', "a,b|c");
	CHECK_SPLIT("\"he said \"\"x\"\"\", 2", ',', "he said \"x\"|2");
	CHECK_SPLIT("\"open, 1", ',', "open, 1");
	CHECK_SPLIT("\"a\"junk,b", ',', "a|b");
	CHECK_SPLIT("\"", ',', "");
}

TEST(csv_split__has_a_limit)
{
	auto_free char *line = malloc(2UL * CSV_FIELDS_MAX);
	auto_free struct csv_row *row = malloc(sizeof(*row));

	CHECK(line && row);
	memset(line, ',', 2UL * CSV_FIELDS_MAX - 1);
	line[2 * CSV_FIELDS_MAX - 1] = '\0';
	csv_split(line, ',', row);
	CHECK_EQ(row->n, CSV_FIELDS_MAX);
	CHECK(row->has_more);
}

TEST(csv_find_delimiter__takes_the_most_frequent)
{
	CHECK_EQ(csv_find_delimiter("a,b;c,d"), ',');
	CHECK_EQ(csv_find_delimiter("16,7;3,2;4;x"), ';');
	CHECK_EQ(csv_find_delimiter("a\tb\tc"), '\t');
	CHECK_EQ(csv_find_delimiter("\"a,b,c\";d"), ';');
}

static bool reads(const char *field, double want)
{
	double got = NAN;

	return csv_parse_number(field, &got) == 0 && got >= want && got <= want;
}

TEST(csv_parse_number__reads_all_locales)
{
	CHECK(reads("16.683", 16.683));
	CHECK(reads("16,683", 16.683));
	CHECK(reads("-15.4471", -15.4471));
	CHECK(reads("0.34900300000000", 0.349003));
	CHECK(reads("1e3", 1000));
	CHECK(reads("2076674276", 2076674276.0));
	CHECK(reads("0.1234567890123456789", 0.1234567890123456789));
	CHECK(reads(".5", 0.5));
}

TEST(csv_parse_number__is_the_nearest_double)
{
	char text[32];

	for (unsigned int i = 1; i < 200000; i += 7) {
		(void)snprintf(text, sizeof(text), "%u.%05u", i / 1000, i * 31 % 100000);
		CHECK(reads(text, strtod(text, NULL)));
	}
}

TEST(csv_parse_number__refuses_the_rest)
{
	static const char *const bad[] = { "",	    "NA",      "nan",	"inf",	 "0x10",
					   "1.2.3", "1,234.5", "1 2",	"12ms",	 "--1",
					   ".",	    "-",       "1e999", "1,2,3", "e" };
	double value;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(csv_parse_number(bad[i], &value), -EINVAL);
}
