/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packing and unpacking, and that the bound holds against a small file that grows. */
#include "report/gzip.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "test.h"

#define PLAIN_LEN ((size_t)300000)

/* Some of it packs well and some does not. */
static char *make_plain(void)
{
	char *plain = malloc(PLAIN_LEN);
	uint32_t x = 1;

	CHECK(plain != NULL);
	for (size_t i = 0; i < PLAIN_LEN; i++) {
		x = (x * 1664525 + 1013904223) ^ (x >> 16);
		plain[i] = 'a';
		if (i % 3 == 0)
			plain[i] = (char)(x >> 25);
	}
	return plain;
}

TEST(report_gzip__is_undone_by_gunzip)
{
	auto_free char *plain = make_plain();
	auto_free char *packed = NULL;
	auto_free char *again = NULL;
	size_t packed_len, len;

	CHECK_EQ(report_gzip(plain, PLAIN_LEN, &packed, &packed_len), 0);
	CHECK(report_gzip_is(packed, packed_len));
	CHECK(packed_len < PLAIN_LEN * 2 / 3);
	CHECK_EQ(report_gunzip(packed, packed_len, PLAIN_LEN, &again, &len), 0);
	CHECK_EQ(len, PLAIN_LEN);
	CHECK(memcmp(again, plain, PLAIN_LEN) == 0);
	CHECK_EQ(again[len], '\0');
}

TEST(report_gzip__packs_nothing_too)
{
	auto_free char *packed = NULL;
	auto_free char *again = NULL;
	size_t packed_len, len = 7;

	CHECK_EQ(report_gzip("", 0, &packed, &packed_len), 0);
	CHECK_EQ(report_gunzip(packed, packed_len, 0, &again, &len), 0);
	CHECK_EQ(len, 0);
	CHECK_STREQ(again, "");
}

TEST(report_gunzip__stops_at_the_limit)
{
	auto_free char *plain = make_plain();
	auto_free char *packed = NULL;
	char *again = NULL;
	size_t packed_len, len = 7;

	CHECK_EQ(report_gzip(plain, PLAIN_LEN, &packed, &packed_len), 0);
	CHECK_EQ(report_gunzip(packed, packed_len, PLAIN_LEN - 1, &again, &len), -EFBIG);
	CHECK_EQ(report_gunzip(packed, packed_len, 10, &again, &len), -EFBIG);
	CHECK(!again && len == 7);
}

TEST(report_gunzip__refuses_cut_and_damaged_files)
{
	auto_free char *packed = NULL;
	char *again = NULL;
	size_t packed_len, len = 7;

	CHECK_EQ(report_gzip("hello, hello, hello", 19, &packed, &packed_len), 0);
	for (size_t cut = 0; cut < packed_len; cut++)
		CHECK_EQ(report_gunzip(packed, cut, 100, &again, &len), -EINVAL);
	packed[packed_len - 6] ^= 1; /* the checksum */
	CHECK_EQ(report_gunzip(packed, packed_len, 100, &again, &len), -EINVAL);
	CHECK_EQ(report_gunzip("{}", 2, 100, &again, &len), -EINVAL);
	CHECK(!again && len == 7);
}

TEST(report_gunzip__reads_all_members)
{
	auto_free char *one = NULL;
	auto_free char *two = NULL;
	auto_free char *again = NULL;
	auto_str struct str both = { .s = NULL };
	size_t one_len, two_len, len;

	CHECK_EQ(report_gzip("one", 3, &one, &one_len), 0);
	CHECK_EQ(report_gzip("two", 3, &two, &two_len), 0);
	CHECK_EQ(str_addn(&both, one, one_len) | str_addn(&both, two, two_len), 0);
	CHECK_EQ(report_gunzip(both.s, both.len, 100, &again, &len), 0);
	CHECK_STREQ(again, "onetwo");
}
