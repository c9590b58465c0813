/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of number triples are taken out of JSON where they stand as lull writes them, and nowhere else;
 * what is read is the same either way.
 */
#include "report/json_tables.h"

#include <errno.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "golden.h"
#include "model/recording.h"
#include "test.h"

#define auto_tables __attribute__((cleanup(json_tables_done)))

static void check_taken(const char *text, const char *rest, size_t n_tables)
{
	auto_tables struct json_tables t = { .values = NULL };

	CHECK_EQ(json_tables_take(&t, text, strlen(text)), 0);
	CHECK_STREQ(t.rest.s, rest);
	CHECK_EQ(t.n_tables, n_tables);
}

static void check_left(const char *text)
{
	auto_tables struct json_tables t = { .values = NULL };

	CHECK_EQ(json_tables_take(&t, text, strlen(text)), -EAGAIN);
}

TEST(json_tables_take__puts_numbers_in_place_of_lists)
{
	check_taken("{\"a\":1}", "{\"a\":1}", 0);
	check_taken("{\"buckets\":[],\"b\":2}", "{\"buckets\":0,\"b\":2}", 1);
	check_taken("{\"events\":[[1,2,3]],\"h\":{\"buckets\":[[4,5,6],[7,8,9]]}}",
		    "{\"events\":0,\"h\":{\"buckets\":1}}", 2);
	check_taken("{\"name\":\"\\\"buckets\\\":[[1,2,3]]\"}",
		    "{\"name\":\"\\\"buckets\\\":[[1,2,3]]\"}", 0);
}

TEST(json_tables_get__gives_the_triples)
{
	static const char text[] = "{\"buckets\":[[1,2,3]],\"x\":{\"buckets\":"
				   "[[0,18446744073709551615,10],[20,9999999999999999999,1]]}}";
	auto_tables struct json_tables t = { .values = NULL };
	const uint64_t *values;
	size_t n = 0;

	CHECK_EQ(json_tables_take(&t, text, strlen(text)), 0);
	values = json_tables_get(&t, 1, &n);
	CHECK_EQ(n, 2);
	CHECK_EQ(values[0], 0);
	CHECK_EQ(values[1], UINT64_MAX);
	CHECK_EQ(values[4], 9999999999999999999ULL);
	CHECK_EQ(values[5], 1);
	values = json_tables_get(&t, 0, &n);
	CHECK_EQ(n, 1);
	CHECK_EQ(values[2], 3);
	CHECK(json_tables_get(&t, 2, &n) == NULL);
}

TEST(json_tables_take__leaves_what_lull_would_not_write)
{
	check_left("{\"buckets\": []}");
	check_left("{\"buckets\":7}");
	check_left("{\"buckets\":[[1,2,3],]}");
	check_left("{\"buckets\":[[1,2]]}");
	check_left("{\"buckets\":[[1,2,3,4]]}");
	check_left("{\"buckets\":[[1,2,-3]]}");
	check_left("{\"buckets\":[[1,2,3.0]]}");
	check_left("{\"buckets\":[[1,2,03]]}");
	check_left("{\"buckets\":[[1,2,3e1]]}");
	check_left("{\"buckets\":[[1,2,]]}");
	check_left("{\"buckets\":[[1,2,18446744073709551616]]}");
	check_left("{\"buckets\":[[1,2,100000000000000000000]]}");
	check_left("{\"buckets\":[[1,2,3]");
	check_left("{\"buckets\":");
	check_left("{\"name\":\"buckets\"}");
	check_left("{\"\\u0062uckets\":0,\"buckets\":[[1,2,3]]}");
	/* The parser takes keys in such quotes too. */
	check_left("{'buckets':0,\"x\":{\"buckets\":[[1,2,3]]}}");
}

/* With blanks everywhere no list is taken out. */
TEST(json_tables__read_the_same_recording_as_json)
{
	static const char *const names[] = { "noise", "lossy", "cpus" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		auto_recording struct recording rec = { .hostname = NULL };
		auto_recording struct recording same = { .hostname = NULL };
		auto_str struct str why = { .s = NULL };
		auto_free char *text = NULL, *again = NULL;
		struct json_object *json;
		const char *spaced;

		golden_read(names[i], &rec);
		text = golden_json(&rec);
		json = json_tokener_parse(text);
		spaced = json_object_to_json_string_ext(json, JSON_C_TO_STRING_SPACED);
		CHECK(strstr(spaced, "[[") == NULL);
		CHECK_EQ(report_json_read(spaced, strlen(spaced), &same, &why), 0);
		json_object_put(json);
		again = golden_json(&same);
		CHECK_STREQ(again, text);
	}
}
