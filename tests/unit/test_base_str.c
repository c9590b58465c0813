/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of base/str: growth, bounded copies, hostile text, times for people.
 */
#include "base/str.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "test.h"

static void check_sanitized(const char *from, const char *want)
{
	char buf[64];

	str_copy(buf, sizeof(buf), from, sizeof(buf));
	str_sanitize(buf);
	CHECK_STREQ(buf, want);
}

static void check_ns(uint64_t ns, const char *want)
{
	char buf[16];

	CHECK_STREQ(str_format_ns(ns, buf, sizeof(buf)), want);
}

TEST(str_add__grows_over_many_appends)
{
	auto_str struct str str = { 0 };

	for (int i = 0; i < 1000; i++)
		CHECK_EQ(str_addf(&str, "%d,", i), 0);
	CHECK_EQ(str.len, 10 * 2 + 90 * 3 + 900 * 4);
	CHECK_EQ(strlen(str.s), str.len);
	CHECK(str.cap > str.len);
	CHECK(str_starts(str.s, "0,1,2,"));
	CHECK(str_ends(str.s, ",998,999,"));
}

TEST(str_add__of_nothing_gives_an_empty_string)
{
	auto_str struct str str = { 0 };

	CHECK_EQ(str_add(&str, ""), 0);
	CHECK_STREQ(str.s, "");
	CHECK_EQ(str.len, 0);
}

TEST(str_addn__keeps_embedded_nul_bytes)
{
	auto_str struct str str = { 0 };

	CHECK_EQ(str_addn(&str, "a\0b", 3), 0);
	CHECK_EQ(str.len, 3);
	CHECK(memcmp(str.s, "a\0b", 4) == 0);
}

TEST(str_addn__refuses_a_size_that_overflows_and_keeps_the_contents)
{
	auto_str struct str str = { 0 };

	CHECK_EQ(str_add(&str, "kept"), 0);
	CHECK_EQ(str_addn(&str, "", SIZE_MAX), -ENOMEM);
	CHECK_EQ(str_addn(&str, "", SIZE_MAX - 4), -ENOMEM);
	CHECK_EQ(str_addn(&str, "", SIZE_MAX / 2), -ENOMEM);
	CHECK_STREQ(str.s, "kept");
	CHECK_EQ(str.len, 4);
}

TEST(str_done__leaves_a_string_that_can_be_used_again)
{
	auto_str struct str str = { 0 };

	CHECK_EQ(str_add(&str, "one"), 0);
	str_done(&str);
	CHECK(!str.s && !str.len && !str.cap);
	str_done(NULL);
	CHECK_EQ(str_add(&str, "two"), 0);
	CHECK_STREQ(str.s, "two");
}

TEST(str_starts_ends__compare_whole_affixes)
{
	CHECK(str_starts("vfio-msix[0]", "vfio"));
	CHECK(str_starts("x", ""));
	CHECK(!str_starts("vf", "vfio"));
	CHECK(str_ends("a.json.gz", ".gz"));
	CHECK(str_ends("x", ""));
	CHECK(str_ends("gz", "gz"));
	CHECK(!str_ends("z", "gz"));
	CHECK(!str_ends("a.gz2", ".gz"));
}

TEST(str_copy__cuts_at_the_buffer_the_length_and_the_nul)
{
	char buf[4] = "xxx";

	str_copy(buf, sizeof(buf), "abcdef", 6);
	CHECK_STREQ(buf, "abc");
	str_copy(buf, sizeof(buf), "abcdef", 2);
	CHECK_STREQ(buf, "ab");
	str_copy(buf, sizeof(buf), "a\0cdef", 6);
	CHECK_STREQ(buf, "a");
	str_copy(buf, 1, "abc", 3);
	CHECK_STREQ(buf, "");
}

TEST(str_copy__touches_nothing_without_room)
{
	char buf[2] = "x";

	str_copy(buf, 0, "abc", 3);
	CHECK_STREQ(buf, "x");
}

TEST(str_copy__does_not_read_past_the_length)
{
	static const char comm[3] = { 'a', 'b', 'c' }; /* not terminated */
	char buf[8];

	str_copy(buf, sizeof(buf), comm, sizeof(comm));
	CHECK_STREQ(buf, "abc");
}

TEST(str_sanitize__keeps_text)
{
	check_sanitized("", "");
	check_sanitized("kworker/0:1 ~!", "kworker/0:1 ~!");
	check_sanitized("Gr\xc3\xbc\xc3\x9f", "Gr\xc3\xbc\xc3\x9f");
	check_sanitized("\xe2\x82\xac\xf0\x9f\x8e\xae", "\xe2\x82\xac\xf0\x9f\x8e\xae");
	check_sanitized("\xc2\xa0\xed\x9f\xbf\xee\x80\x80", "\xc2\xa0\xed\x9f\xbf\xee\x80\x80");
	check_sanitized("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf");
}

TEST(str_sanitize__replaces_what_has_no_width_or_turns_the_direction)
{
	check_sanitized("a\xe2\x80\xaetxt.exe", "a???txt.exe");
	check_sanitized("\xe2\x80\x8b\xe2\x80\x8f\xe2\x81\xa6\xef\xbb\xbf", "????????????");
	check_sanitized("\xd8\x9c\xf3\xa0\x80\x81", "??????");
	check_sanitized("\xe2\x80\x90\xe2\x80\xa7\xe2\x81\x9f\xd8\x9b",
			"\xe2\x80\x90\xe2\x80\xa7\xe2\x81\x9f\xd8\x9b");
}

TEST(str_sanitize__replaces_control_characters)
{
	check_sanitized("a\nb\tc\x1b[31m\x7f", "a?b?c?[31m?");
	check_sanitized("\x01\x1f", "??");
	check_sanitized("\xc2\x9b"
			"31m",
			"??31m"); /* U+009B, one of the C1 controls */
}

TEST(str_sanitize__replaces_each_byte_of_broken_utf8)
{
	check_sanitized("\x80", "?");
	check_sanitized("\xc3", "?"); /* cut short by the end */
	check_sanitized("\xc3(", "?(");
	check_sanitized("\xe2\x82", "??");
	check_sanitized("\xe2\x82z", "??z");
	check_sanitized("\xf0\x9f\x8e", "???");
	check_sanitized("\xff\xfe", "??");
	check_sanitized("\xe2\x82\xc0z", "???z"); /* the third byte begins something else */
	check_sanitized("\xf0\x9f\x8e\xc3\xbc", "???\xc3\xbc");
}

TEST(str_sanitize__replaces_what_utf8_forbids)
{
	check_sanitized("\xc0\xaf", "??");	     /* overlong '/' */
	check_sanitized("\xc1\x81", "??");	     /* overlong 'A' */
	check_sanitized("\xe0\x80\xaf", "???");	     /* overlong */
	check_sanitized("\xed\xa0\x80", "???");	     /* a surrogate */
	check_sanitized("\xf0\x80\x80\xaf", "????"); /* overlong */
	check_sanitized("\xf4\x90\x80\x80", "????"); /* beyond U+10FFFF */
	check_sanitized("\xf5\x80\x80\x80", "????");
}

TEST(str_format_ns__has_three_digits)
{
	check_ns(0, "0 ns");
	check_ns(812, "812 ns");
	check_ns(999, "999 ns");
	check_ns(1000, "1.00 us");
	check_ns(3070000, "3.07 ms");
	check_ns(12345, "12.3 us");
	check_ns(123456, "123 us");
	check_ns(1500000000, "1.50 s");
}

TEST(str_format_ns__rounds_into_the_next_unit)
{
	check_ns(1004, "1.00 us");
	check_ns(1005, "1.01 us");
	check_ns(9994, "9.99 us");
	check_ns(9995, "10.0 us");
	check_ns(99949, "99.9 us");
	check_ns(99950, "100 us");
	check_ns(999499, "999 us");
	check_ns(999500, "1.00 ms");
	check_ns(999999999, "1.00 s");
}

TEST(str_format_ns__goes_on_to_days)
{
	check_ns(999ULL * 1000000000, "999 s");
	check_ns(1000ULL * 1000000000, "16.7 min");
	check_ns(86400ULL * 1000000000, "24.0 h");
	check_ns(100ULL * 86400 * 1000000000, "100 d");
	check_ns(UINT64_MAX, "213504 d");
}

TEST(str_format_ns__fits_the_buffer)
{
	char buf[4];

	CHECK_STREQ(str_format_ns(3070000, buf, sizeof(buf)), "3.0");
}

TEST(str_add_word__is_one_word_of_a_shell)
{
	static const char *const words[][2] = {
		{ "win11", "win11" },
		{ "a.b_c+d@e%f:g,h-i", "a.b_c+d@e%f:g,h-i" },
		{ "", "''" },
		{ "x; rm -rf ~", "'x; rm -rf ~'" },
		{ "it's", "'it'\\''s'" },
		{ "-all", "'-all'" },
		{ "$(id)", "'$(id)'" },
		{ "フ", "'フ'" },
		{ "a\033[2Jb", "'a'\"$(printf '\\033')\"'[2Jb'" },
		{ "\377", "''\"$(printf '\\377')\"''" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		auto_str struct str str = { .s = NULL };

		CHECK_EQ(str_add_word(&str, words[i][0]), 0);
		CHECK_STREQ(str.s, words[i][1]);
	}
}
