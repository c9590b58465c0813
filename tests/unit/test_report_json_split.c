/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The long lists are taken out of a document as they stand; what is no document is refused.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "report/json_split.h"
#include "test.h"

static const char *const keys[] = { "long", "other", NULL };

#define auto_split __attribute__((cleanup(json_split_done)))

static int split(const char *text, struct json_split *ret)
{
	return json_split(text, strlen(text), keys, ret);
}

static void check_part(const struct json_split *split, size_t i, unsigned int list,
		       const char *text)
{
	CHECK(i < split->n_parts);
	CHECK_EQ(split->parts[i].list, list);
	CHECK_EQ(split->parts[i].len, strlen(text));
	CHECK(!strncmp(split->parts[i].text, text, strlen(text)));
}

TEST(json_split__takes_the_elements_of_the_named_lists)
{
	auto_split struct json_split s = { .parts = NULL };

	CHECK_EQ(split("{\"a\": 1, \"long\" : [ {\"x\":[1,2]}, \"]\\\"\",3 ], \"other\":[[]]}", &s),
		 0);
	CHECK_STREQ(s.rest.s, "{\"a\": 1, \"long\" : [], \"other\":[]}");
	CHECK_EQ(s.n_parts, 4);
	check_part(&s, 0, 0, "{\"x\":[1,2]}");
	check_part(&s, 1, 0, "\"]\\\"\"");
	check_part(&s, 2, 0, "3 ");
	check_part(&s, 3, 1, "[]");
}

TEST(json_split__looks_at_the_members_of_the_document_only)
{
	auto_split struct json_split s = { .parts = NULL };

	CHECK_EQ(split("{\"in\":{\"long\":[1]},\"long\":{\"other\":[1]}}", &s), 0);
	CHECK_STREQ(s.rest.s, "{\"in\":{\"long\":[1]},\"long\":{\"other\":[1]}}");
	CHECK_EQ(s.n_parts, 0);
}

TEST(json_split__leaves_empty_lists_and_documents)
{
	auto_split struct json_split s = { .parts = NULL };

	CHECK_EQ(split("{\"long\":[ ]}", &s), 0);
	CHECK_EQ(s.n_parts, 0);
	json_split_done(&s);
	CHECK_EQ(split(" {} ", &s), 0);
	CHECK_STREQ(s.rest.s, " {} ");
}

TEST(json_split__refuses_what_it_does_not_understand)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{",
		"{\"long\":[1",
		"{\"long\":[1,]}",
		"{\"long\":[1}",
		"{\"long\":[1],",
		"{\"long\"}",
		"{long:[1]}",
		"{\"long\":[1],\"long\":[2]}",
		"{\"a\":\"",
		"{\"a\\",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_split struct json_split s = { .parts = NULL };

		CHECK_EQ(split(texts[i], &s), -EINVAL);
	}
}
