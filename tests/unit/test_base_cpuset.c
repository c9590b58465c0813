/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of base/cpuset: set arithmetic at the word borders, and both notations.
 */
#include "base/cpuset.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "test.h"

static void check_format(const struct cpuset *set, const char *want)
{
	auto_free char *got = cpuset_format(set);

	CHECK_STREQ(got, want);
}

static void check_list(const char *list, const char *want)
{
	struct cpuset set;

	memset(&set, 0xff, sizeof(set));
	CHECK_EQ(cpuset_parse(list, &set), 0);
	check_format(&set, want);
}

static void check_no_list(const char *list, int want_err)
{
	struct cpuset set = { .bits = { 42 } }, before = set;

	CHECK_EQ(cpuset_parse(list, &set), want_err);
	CHECK(cpuset_is_equal(&set, &before));
}

static void check_mask(const char *mask, const char *want)
{
	struct cpuset set;

	memset(&set, 0xff, sizeof(set));
	CHECK_EQ(cpuset_parse_mask(mask, &set), 0);
	check_format(&set, want);
}

static void check_no_mask(const char *mask, int want_err)
{
	struct cpuset set = { .bits = { 42 } }, before = set;

	CHECK_EQ(cpuset_parse_mask(mask, &set), want_err);
	CHECK(cpuset_is_equal(&set, &before));
}

static struct cpuset list(const char *text)
{
	struct cpuset set;

	CHECK_EQ(cpuset_parse(text, &set), 0);
	return set;
}

TEST(cpuset_add__works_at_word_borders)
{
	static const unsigned int cpus[] = { 0, 63, 64, 127, 128, CPUSET_MAX - 1 };
	struct cpuset set;

	cpuset_clear(&set);
	CHECK(cpuset_is_empty(&set));
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		CHECK(!cpuset_has(&set, cpus[i]));
		cpuset_add(&set, cpus[i]);
		CHECK(cpuset_has(&set, cpus[i]));
		CHECK_EQ(cpuset_count(&set), i + 1);
	}
	CHECK(!cpuset_has(&set, 1) && !cpuset_has(&set, 62) && !cpuset_has(&set, 65));
	check_format(&set, "0,63-64,127-128,8191");
	cpuset_remove(&set, 63);
	cpuset_remove(&set, 63);
	CHECK_EQ(cpuset_count(&set), ARRAY_SIZE(cpus) - 1);
}

TEST(cpuset_add__ignores_numbers_beyond_the_limit)
{
	struct cpuset set = { 0 };

	cpuset_add(&set, CPUSET_MAX);
	cpuset_add(&set, UINT32_MAX);
	cpuset_remove(&set, CPUSET_MAX);
	CHECK(cpuset_is_empty(&set));
	CHECK(!cpuset_has(&set, CPUSET_MAX));
	CHECK(!cpuset_has(&set, UINT32_MAX));
}

TEST(cpuset_next__finds_from_any_start)
{
	struct cpuset set = list("5,63,64,8191");

	CHECK_EQ(cpuset_next(&set, 0), 5);
	CHECK_EQ(cpuset_next(&set, 5), 5);
	CHECK_EQ(cpuset_next(&set, 6), 63);
	CHECK_EQ(cpuset_next(&set, 64), 64);
	CHECK_EQ(cpuset_next(&set, 65), 8191);
	CHECK_EQ(cpuset_next(&set, 8191), 8191);
	CHECK_EQ(cpuset_next(&set, 8192), -1);
	CHECK_EQ(cpuset_next(&set, UINT32_MAX), -1);
	set = list("5");
	CHECK_EQ(cpuset_next(&set, 6), -1);
}

TEST(for_each_cpu__visits_each_once_in_order)
{
	struct cpuset set = list("1,64-66,8191");
	char seen[64] = "";
	int cpu;

	for_each_cpu(cpu, &set) {
		size_t len = strlen(seen);

		(void)snprintf(seen + len, sizeof(seen) - len, "%d ", cpu);
	}
	CHECK_STREQ(seen, "1 64 65 66 8191 ");
	set = list("");
	for_each_cpu(cpu, &set)
		CHECK(false);
}

TEST(cpuset_or_and_subtract__are_set_arithmetic)
{
	struct cpuset a = list("0-3,100"), b = list("2-5,8000"), set;

	set = a;
	cpuset_or(&set, &b);
	check_format(&set, "0-5,100,8000");
	set = a;
	cpuset_and(&set, &b);
	check_format(&set, "2-3");
	set = a;
	cpuset_subtract(&set, &b);
	check_format(&set, "0-1,100");
	CHECK(!cpuset_is_equal(&set, &a));
	cpuset_or(&set, &a);
	CHECK(cpuset_is_equal(&set, &a));
}

TEST(cpuset_parse__reads_lists)
{
	check_list("", "");
	check_list("0", "0");
	check_list("0-3,8", "0-3,8");
	check_list("2-7,10-15", "2-7,10-15");
	check_list("8,0-3", "0-3,8");
	check_list("3,2,1,0", "0-3");
	check_list("1,1,1-1", "1");
	check_list("0-4,2-6", "0-6");
	check_list("0-8191", "0-8191");
	check_list("0062", "62");
}

TEST(cpuset_parse__reads_strides_and_groups)
{
	check_list("0-7:2", "0,2,4,6");
	check_list("1-7:3", "1,4,7");
	check_list("0-7:1", "0-7");
	check_list("0-3:100", "0");
	check_list("0-31:2/4", "0-1,4-5,8-9,12-13,16-17,20-21,24-25,28-29");
	check_list("0-9:4/4", "0-9");
	check_list("0-9:3/8", "0-2,8-9");
	check_list("0-9:0/4", "");
	check_list("0-8191:4096/8192", "0-4095");
}

TEST(cpuset_parse__reads_exclusions_in_any_order)
{
	check_list("0-7,^3", "0-2,4-7");
	check_list("^3,0-7", "0-2,4-7");
	check_list("0-7,^2-5", "0-1,6-7");
	check_list("0-7,^0-7:2", "1,3,5,7");
	check_list("0-3,^9", "0-3");
	check_list("0,^0", "");
}

TEST(cpuset_parse__refuses_malformed_lists)
{
	static const char *const bad[] = {
		" ",	   ",",	      "0,",	 ",0",	      "0,,1", "0-",    "-1",	 "-",
		"0--3",	   "3-1",     "0-3-5",	 "0:2",	      "0-7:", "0-7:0", "0-7:/2", "0-7:2/",
		"0-7:2/0", "0-7:0/0", "0-7:3/2", "^",	      "^3",   "^3,^4", "0,^",	 "^^3",
		"0,3^",	   "0-3 ",    " 0",	 "0, 1",      "0\n",  "0x3",   "a",	 "1a",
		"all",	   "(null)",  "0-7:2:2", "0-7:2/4/8", "+1",   "0;1",   "0.5",	 "0-N",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_no_list(bad[i], -EINVAL);
}

TEST(cpuset_parse__refuses_numbers_beyond_the_limit)
{
	check_no_list("8192", -ERANGE);
	check_no_list("0-8192", -ERANGE);
	check_no_list("8192-0", -EINVAL);
	check_no_list("4294967296", -ERANGE);
	check_no_list("99999999999999999999999", -ERANGE);
	check_no_list("0,^8192", -ERANGE);
	check_no_list("0-1:8193", -ERANGE);
}

TEST(cpuset_parse_mask__reads_words)
{
	check_mask("0", "");
	check_mask("00000000", "");
	check_mask("f", "0-3");
	check_mask("F", "0-3");
	check_mask("00000000,000000ff", "0-7");
	check_mask("ffff0000,00000001", "0,48-63");
	check_mask("1,00000000", "32");
	check_mask("80000000,00000000,00000000", "95");
	check_mask("1,2,3", "0-1,33,64"); /* short words are words, as the kernel reads them */
	check_mask("aAbBcCdD", "0,2-4,6-7,10-11,14-17,19-21,23,25,27,29,31");
}

TEST(cpuset_parse_mask__reads_up_to_the_limit)
{
	static const char word[] = "ffffffff,";
	const size_t n = CPUSET_MAX / 32, word_len = strlen(word);
	auto_free char *mask = calloc(1, n * word_len + 2);
	struct cpuset set;

	CHECK(mask);
	for (size_t i = 0; i < n; i++)
		memcpy(mask + i * word_len, word, word_len);
	mask[n * word_len - 1] = '\0';
	CHECK_EQ(cpuset_parse_mask(mask, &set), 0);
	CHECK_EQ(cpuset_count(&set), CPUSET_MAX);
	memmove(mask + 2, mask, n * word_len);
	memcpy(mask, "0,", 2);
	CHECK_EQ(cpuset_parse_mask(mask, &set), 0);
	mask[0] = '1';
	CHECK_EQ(cpuset_parse_mask(mask, &set), -ERANGE);
	CHECK_EQ(cpuset_count(&set), CPUSET_MAX);
}

TEST(cpuset_parse_mask__refuses_malformed_masks)
{
	static const char *const bad[] = {
		"",   ",",  "f,", ",f",	 "f,,f",      "g",	     "0x1",  " f",
		"f ", "-1", "f-", "f\n", "100000000", "ffffffff0,0", "\x10", "\x01\x41",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_no_mask(bad[i], -EINVAL);
}

TEST(cpuset_format__gives_back_what_was_parsed)
{
	static const char *const lists[] = { "",     "0",      "0-1",	"0-3,8",    "1,3,5,7",
					     "8191", "0-8191", "63-64", "8190-8191" };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		check_list(lists[i], lists[i]);
}

TEST(cpuset_format_mask__is_what_the_kernel_reads)
{
	struct cpuset set;
	auto_free char *mask = NULL, *none = NULL;

	CHECK_EQ(cpuset_parse("0-3,33,64", &set), 0);
	mask = cpuset_format_mask(&set);
	CHECK_STREQ(mask, "1,00000002,0000000f");
	cpuset_clear(&set);
	none = cpuset_format_mask(&set);
	CHECK_STREQ(none, "0");
}
