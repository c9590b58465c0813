/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of app/limits: the texts of limits.
 */
#include "app/limits.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "test.h"

TEST(limits_parse_quantile__four_decimals)
{
	uint32_t q = 0;

	CHECK_EQ(limits_parse_quantile("50", &q), 0);
	CHECK_EQ(q, 500000);
	CHECK_EQ(limits_parse_quantile("99.9", &q), 0);
	CHECK_EQ(q, 999000);
	CHECK_EQ(limits_parse_quantile("99.9999", &q), 0);
	CHECK_EQ(q, 999999);
}

TEST(limits_parse_quantile__refuses_what_is_none)
{
	static const char *const bad[] = { "",
					   "0",
					   "100",
					   "99.99999",
					   ".5",
					   "9.",
					   "9.9.9",
					   "-1",
					   "x",
					   "1e1",
					   "99999999999999999999999999999999999" };
	uint32_t q = 7;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(limits_parse_quantile(bad[i], &q), -EINVAL);
	CHECK_EQ(q, 7);
}

TEST(limits_parse_share__per_cent)
{
	static const char *const same[] = { "0.5", "0.5%", "0.5pp", "0.50" };
	double share;

	for (unsigned int i = 0; i < ARRAY_SIZE(same); i++) {
		share = 0;
		CHECK_EQ(limits_parse_share(same[i], &share), 0);
		CHECK(share > 0.004999 && share < 0.005001);
	}
	CHECK_EQ(limits_parse_share("101%", &share), -EINVAL);
	CHECK_EQ(limits_parse_share("%", &share), -EINVAL);
}

TEST(limits_read__in_the_order_of_the_table)
{
	const struct limits_request request = { .longest_ns = 50000,
						.stalls = "3",
						.quantiles = { { "99.9=10us" }, 1 },
						.rows = { { "irq=0.1%" }, 1 },
						.clean = "2%,3ms",
						.min_effect = "1pp" };
	struct limits limits;

	CHECK_EQ(limits_read(&request, &limits), 0);
	CHECK_EQ(limits.n, 4);
	CHECK_EQ(limits.v[0].kind, GATE_LONGEST);
	CHECK_EQ(limits.v[1].quantile, 999000);
	CHECK_EQ(limits.v[1].most, 10000);
	CHECK_EQ(limits.v[2].most, 3);
	CHECK_STREQ(limits.v[3].row, "irq");
	CHECK_EQ(limits.verdict.clean_stall_ns, 3000000);
	CHECK(limits.verdict.clean_share > 0.0199 && limits.verdict.clean_share < 0.0201);
	CHECK(limits.verdict.min_effect > 0.0099 && limits.verdict.min_effect < 0.0101);
}

static void check_args(char **from, int n, const char *const *want)
{
	auto_args char **args = NULL;
	int got = 0;

	args = limits_expand_args(n, from, &got);
	CHECK(args != NULL);
	for (int i = 0; want[i]; i++) {
		CHECK(i < got);
		CHECK_STREQ(args[i], want[i]);
	}
	CHECK(!args[got]);
}

TEST(limits_expand_args__a_quantile_by_its_name)
{
	char *from[] = { (char[]){ "verify" },
			 (char[]){ "--p99.9" },
			 (char[]){ "10us" },
			 (char[]){ "--p50=1us" },
			 (char[]){ "-p" },
			 (char[]){ "7" },
			 NULL };
	const char *const want[] = { "verify", "--quantile", "99.9=10us", "--quantile",
				     "50=1us", "-p",	     "7",	  NULL };

	check_args(from, 6, want);
}

TEST(limits_expand_args__nothing_follows)
{
	char *from[] = { (char[]){ "verify" }, (char[]){ "--p99" }, NULL };
	const char *const want[] = { "verify", "--quantile", "99", NULL };

	check_args(from, 2, want);
}

TEST(limits_expand_args__words_behind_two_dashes_stay)
{
	char *from[] = { (char[]){ "verify" },
			 (char[]){ "--pid" },
			 (char[]){ "3" },
			 (char[]){ "--" },
			 (char[]){ "--p99" },
			 (char[]){ "1us" },
			 NULL };
	const char *const want[] = { "verify", "--pid", "3", "--", "--p99", "1us", NULL };

	check_args(from, 6, want);
}
