/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of base/parse: the whole string, the limits, and results untouched on failure.
 */
#include "base/parse.h"

#include <errno.h>

#include "base/cleanup.h"
#include "test.h"

#define UNTOUCHED 4711

static const char *const no_numbers[] = {
	"",
	" ",
	"+1",
	"-1",
	" 1",
	"1 ",
	"1\n",
	"0x10",
	"1e3",
	"1.0",
	"1,0",
	"abc",
	"12a",
	"\xd9\xa1",
	"0b1",
	"--1",
	"99999999999999999999999x",
};

static void check_u64(const char *s, uint64_t want)
{
	uint64_t got = UNTOUCHED;

	CHECK_EQ(parse_u64(s, &got), 0);
	CHECK(got == want);
}

static void check_duration(const char *s, uint64_t want_ns)
{
	uint64_t got = UNTOUCHED;

	CHECK_EQ(parse_duration_ns(s, &got), 0);
	CHECK_EQ(got, want_ns);
}

static void check_no_duration(const char *s, int want_err)
{
	uint64_t got = UNTOUCHED;

	CHECK_EQ(parse_duration_ns(s, &got), want_err);
	CHECK_EQ(got, UNTOUCHED);
}

TEST(parse_u64__reads_the_whole_range)
{
	check_u64("0", 0);
	check_u64("007", 7);
	check_u64("4294967296", 4294967296);
	check_u64("18446744073709551615", UINT64_MAX);
	check_u64("0000000000000000000000018446744073709551615", UINT64_MAX);
}

TEST(parse_u64__refuses_what_does_not_fit)
{
	uint64_t got = UNTOUCHED;

	CHECK_EQ(parse_u64("18446744073709551616", &got), -ERANGE);
	CHECK_EQ(parse_u64("18446744073709551620", &got), -ERANGE);
	CHECK_EQ(parse_u64("99999999999999999999999999", &got), -ERANGE);
	CHECK_EQ(got, UNTOUCHED);
}

TEST(parse_u64__refuses_what_is_no_number)
{
	for (size_t i = 0; i < ARRAY_SIZE(no_numbers); i++) {
		uint64_t got = UNTOUCHED;

		CHECK_EQ(parse_u64(no_numbers[i], &got), -EINVAL);
		CHECK_EQ(got, UNTOUCHED);
	}
}

TEST(parse_u32__stops_at_its_own_limit)
{
	uint32_t got = UNTOUCHED;

	CHECK_EQ(parse_u32("4294967296", &got), -ERANGE);
	CHECK_EQ(parse_u32("18446744073709551616", &got), -ERANGE);
	CHECK_EQ(got, UNTOUCHED);
	CHECK_EQ(parse_u32("4294967295", &got), 0);
	CHECK_EQ(got, UINT32_MAX);
	CHECK_EQ(parse_u32("-1", &got), -EINVAL);
	CHECK_EQ(got, UINT32_MAX);
}

TEST(parse_hex64__takes_both_cases_and_an_optional_prefix)
{
	uint64_t got = UNTOUCHED;

	CHECK_EQ(parse_hex64("ffffffffffffffff", &got), 0);
	CHECK(got == UINT64_MAX);
	CHECK_EQ(parse_hex64("0xDeadBeef", &got), 0);
	CHECK_EQ(got, 0xdeadbeef);
	CHECK_EQ(parse_hex64("0X0", &got), 0);
	CHECK_EQ(got, 0);
	CHECK_EQ(parse_hex64("0", &got), 0);
	CHECK_EQ(got, 0);
}

TEST(parse_hex64__refuses_the_rest)
{
	uint64_t got = UNTOUCHED;

	CHECK_EQ(parse_hex64("", &got), -EINVAL);
	CHECK_EQ(parse_hex64("0x", &got), -EINVAL);
	CHECK_EQ(parse_hex64("0x0x1", &got), -EINVAL);
	CHECK_EQ(parse_hex64("g", &got), -EINVAL);
	CHECK_EQ(parse_hex64("-1", &got), -EINVAL);
	CHECK_EQ(parse_hex64("1 ", &got), -EINVAL);
	CHECK_EQ(parse_hex64("10000000000000000", &got), -ERANGE);
	CHECK_EQ(got, UNTOUCHED);
}

TEST(parse_hex_digit__knows_all_characters)
{
	int sum = 0, n = 0;

	for (int c = -128; c < 128; c++) {
		int value = parse_hex_digit((char)c);

		sum += value;
		n += value >= 0;
	}
	CHECK_EQ(n, 22);
	CHECK_EQ(sum, 45 + 2 * 75 - (256 - 22));
}

TEST(parse_duration__knows_every_suffix)
{
	check_duration("7ns", 7);
	check_duration("250us", 250000);
	check_duration("16ms", 16000000);
	check_duration("10s", 10000000000);
	check_duration("10", 10000000000);
	check_duration("5m", 300000000000);
	check_duration("2h", 7200000000000);
	check_duration("1d", 86400000000000);
	check_duration("0", 0);
}

TEST(parse_duration__takes_exact_fractions)
{
	check_duration("1.5ms", 1500000);
	check_duration("0.5", 500000000);
	check_duration("1.000000001s", 1000000001);
	check_duration("0.1us", 100);
	check_duration("2.50m", 150000000000);
	check_duration("1.0ns", 1);
	check_duration("1.00000000000000000000000000000000000000000ns", 1);
	check_duration("0.000000000000000000000000000000000000s", 0);
}

TEST(parse_duration__refuses_less_than_a_nanosecond)
{
	check_no_duration("1.5ns", -EINVAL);
	check_no_duration("0.0001us", -EINVAL);
	check_no_duration("0.3333333333s", -EINVAL);
}

TEST(parse_duration__refuses_what_does_not_fit)
{
	check_duration("18446744073709551615ns", UINT64_MAX);
	check_duration("18446744073.709551615s", UINT64_MAX);
	check_no_duration("18446744073709551616ns", -ERANGE);
	check_no_duration("18446744073.709551616s", -ERANGE);
	check_no_duration("18446744074", -ERANGE);
	check_no_duration("213504d", -ERANGE);
	check_no_duration("99999999999999999999d", -ERANGE);
}

TEST(parse_duration__refuses_malformed_text)
{
	static const char *const bad[] = {
		"",	  " ",
		"s",	  ".",
		".5s",	  "1.",
		"1.s",	  "1..5s",
		"1.5.5s", "-1s",
		"+1s",	  "1 s",
		" 1s",	  "1s ",
		"1S",	  "1sec",
		"1min",	  "1e3",
		"0x10s",  "1,5s",
		"ms",	  "1us1ns",
		"1.5xs",  "inf",
		"nan",	  "99999999999999999999x",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_no_duration(bad[i], -EINVAL);
}
