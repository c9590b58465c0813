/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys that are there twice are found, with the way to them; all else is left alone.
 */
#include "report/json_keys.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "golden.h"
#include "test.h"

static void check_refused(const char *text, const char *why_wanted)
{
	auto_str struct str why = { .s = NULL };

	CHECK_EQ(json_keys_check(text, strlen(text), &why), -EINVAL);
	CHECK_STREQ(why.s, why_wanted);
}

static void check_fine(const char *text)
{
	auto_str struct str why = { .s = NULL };

	CHECK_EQ(json_keys_check(text, strlen(text), &why), 0);
	CHECK(why.s == NULL);
}

TEST(json_keys_check__says_where_a_key_is_twice)
{
	check_refused("{\"a\":1,\"a\":2}", "a: this key is there twice");
	check_refused("{\"t\":[{},{\"b\":{\"c\":[1,2]}, \"b\" : 3}]}",
		      "t[1].b: this key is there twice");
	check_refused("{\"\\u001b\x1b\":1,\"\\u001b\x1b\":2}", "\\u001b?: this key is there twice");
}

TEST(json_keys_check__leaves_values_and_other_objects_alone)
{
	check_fine("");
	check_fine("{\"a\":\"a\",\"b\":[\"a\",\"a\"],\"c\":{\"a\":1},\"d\":{\"a\":1}}");
	check_fine("{\"a\":\"\\\"\",\"b\":\"{\\\"a\\\":1,\\\"a\\\":2}\"}");
	check_fine("[\"a\",\"a\"]");
}

TEST(json_keys_check__has_an_end)
{
	auto_str struct str text = { .s = NULL };
	auto_str struct str why = { .s = NULL };

	for (unsigned int i = 0; i < 257; i++)
		CHECK_EQ(str_addf(&text, "%s\"k%u\":0", i ? "," : "{", i), 0);
	CHECK_EQ(json_keys_check(text.s, text.len, &why), -EINVAL);
	CHECK_STREQ(why.s, "k256: too many keys");
	str_done(&text);
	str_done(&why);
	for (unsigned int i = 0; i < 65; i++)
		CHECK_EQ(str_add(&text, "["), 0);
	CHECK_EQ(json_keys_check(text.s, text.len, &why), -EINVAL);
	CHECK(str_ends(why.s, ": nested too deeply"));
}
