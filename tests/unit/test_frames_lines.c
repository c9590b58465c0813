/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of frames/lines on texts in all the encodings that tools write, and on none.
 */
#include "frames/lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "test.h"

static FILE *open_bytes(const char *bytes, size_t len)
{
	FILE *in = tmpfile();

	CHECK(in != NULL);
	CHECK_EQ(fwrite(bytes, 1, len, in), len);
	rewind(in);
	return in;
}

/* All lines, each followed by a bar. */
static char *joined(const char *bytes, size_t len)
{
	auto_fclose FILE *in = open_bytes(bytes, len);
	struct lines lines = { .in = in };
	struct str text = { .s = NULL };
	char *line;
	size_t n;
	int more;

	CHECK_EQ(str_add(&text, ""), 0);
	while ((more = lines_next(&lines, &line, &n)) > 0) {
		CHECK_EQ(strlen(line), n);
		CHECK_EQ(str_addf(&text, "%s|", line), 0);
	}
	CHECK_EQ(more, 0);
	lines_done(&lines);
	return text.s;
}

#define CHECK_LINES(bytes, want)                                         \
	do {                                                             \
		auto_free char *got_ = joined(bytes, sizeof(bytes) - 1); \
		CHECK_STREQ(got_, want);                                 \
	} while (0)

TEST(lines_next__takes_any_end)
{
	CHECK_LINES("a\nb\r\nc", "a|b|c|");
	CHECK_LINES("a\n", "a|");
	CHECK_LINES("", "");
	CHECK_LINES("\n\n", "||");
	CHECK_LINES("x", "x|");
}

TEST(lines_next__takes_marks_away)
{
	CHECK_LINES("\xef\xbb\xbfhead\nrow\n", "head|row|");
	CHECK_LINES("\xef\xbb\xbf", "");
}

TEST(lines_next__reads_utf16)
{
	CHECK_LINES("\xff\xfe"
		    "a\0,\0\n\0b\0",
		    "a,|b|");
	CHECK_LINES("\xfe\xff"
		    "\0a\0\r\0\n\0b",
		    "a|b|");
	CHECK_LINES("\xff\xfe"
		    "\x3d\xd8\x00\xde",
		    "\xf0\x9f\x98\x80|");
	CHECK_LINES("\xff\xfe"
		    "\x3d\xd8"
		    "a\0",
		    "\xef\xbf\xbd|");
	CHECK_LINES("\xff\xfe"
		    "a\0b",
		    "a|");
}

TEST(lines_next__blanks_nuls)
{
	CHECK_LINES("a\0b\n\0\n", "a b| |");
}

TEST(lines_next__cuts_what_is_too_long)
{
	size_t len = 5UL * LINES_MAX;
	auto_free char *bytes = malloc(len + 8);
	struct lines lines = { .in = NULL };
	char *line;
	size_t n;

	CHECK(bytes != NULL);
	memset(bytes, 'x', len);
	memcpy(bytes + len, "\nnext", sizeof("\nnext"));
	lines.in = open_bytes(bytes, len + 5);
	CHECK_EQ(lines_next(&lines, &line, &n), 1);
	CHECK_EQ(n, LINES_MAX);
	CHECK(lines.is_cut);
	CHECK_EQ(lines_next(&lines, &line, &n), 1);
	CHECK_STREQ(line, "next");
	CHECK(!lines.is_cut);
	CHECK_EQ(lines.number, 2);
	CHECK_EQ(lines_next(&lines, &line, &n), 0);
	(void)fclose(lines.in);
	lines_done(&lines);
}

TEST(lines_peek__leaves_what_it_sees)
{
	auto_fclose FILE *in = open_bytes(" \n{x\n", 5);
	struct lines lines = { .in = in };
	auto_str struct str all = { .s = NULL };
	char first;

	CHECK_EQ(lines_peek(&lines, &first), 0);
	CHECK_EQ(first, '{');
	CHECK_EQ(lines_read_all(&lines, 5, &all), 0);
	CHECK_STREQ(all.s, " \n{x\n");
	lines_done(&lines);
}

TEST(lines_read_all__has_a_limit)
{
	auto_fclose FILE *in = open_bytes("123456", 6);
	struct lines lines = { .in = in };
	auto_str struct str all = { .s = NULL };
	char first;

	CHECK_EQ(lines_peek(&lines, &first), 0);
	CHECK_EQ(lines_read_all(&lines, 5, &all), -EFBIG);
	lines_done(&lines);
}
