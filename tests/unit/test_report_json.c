/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recordings in tests/golden are read and written back byte for byte; damaged ones are
 * refused with the key that is wrong. Run from the top of the tree.
 */
#include <errno.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "model/recording.h"
#include "report/report.h"
#include "test.h"

#define auto_recording __attribute__((cleanup(recording_done)))

static char *read_golden(const char *name, size_t *ret_len)
{
	struct root root = { .fd = -1 };
	char *text = NULL;

	CHECK_EQ(fs_root_open(&root, "."), 0);
	CHECK_EQ(fs_read_file(&root, &text, ret_len, "tests/golden/%s.json", name), 0);
	fs_root_done(&root);
	return text;
}

static char *write_text(const struct recording *rec)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK(out != NULL);
	CHECK_EQ(report_json_write(rec, out), 0);
	(void)fclose(out);
	return text;
}

static void check_round_trip(const char *name)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_str struct str why = { .s = NULL };
	size_t len;
	auto_free char *text = read_golden(name, &len);
	auto_free char *again = NULL;

	CHECK_EQ(report_json_read(text, len, &rec, &why), 0);
	CHECK_STREQ(why.s, NULL);
	again = write_text(&rec);
	CHECK(streq(again, text));
}

TEST(report_json__writes_what_it_read_byte_for_byte)
{
	check_round_trip("noise");
	check_round_trip("quiet");
	check_round_trip("lossy");
	check_round_trip("cpus");
	check_round_trip("empty");
}

/* Reads the quiet recording with the first @from replaced by @to. */
static void check_refused(const char *from, const char *to, const char *want)
{
	auto_recording struct recording rec = { .duration_ns = 77 };
	auto_str struct str why = { .s = NULL };
	auto_str struct str changed = { .s = NULL };
	size_t len;
	auto_free char *text = read_golden("quiet", &len);
	const char *at = strstr(text, from);
	int err;

	CHECK(at != NULL);
	CHECK_EQ(str_addn(&changed, text, (size_t)(at - text)), 0);
	CHECK_EQ(str_addf(&changed, "%s%s", to, at + strlen(from)), 0);
	err = report_json_read(changed.s, changed.len, &rec, &why);
	if (want) {
		CHECK_EQ(err, -EINVAL);
		CHECK_STREQ(why.s, want);
		CHECK_EQ(rec.duration_ns, 77); /* untouched */
	} else {
		CHECK_STREQ(why.s, NULL);
		CHECK_EQ(err, 0);
	}
}

TEST(report_json_read__names_the_key_that_is_wrong)
{
	check_refused("\"lull.recording/1\"", "\"lull.recording/2\"",
		      "schema: \"lull.recording/2\" is not \"lull.recording/1\"");
	check_refused("\"schema\"", "\"scheme\"", "schema: this key is missing");
	check_refused("\"kernel\":\"6.12.9\"", "\"kernel\":6",
		      "host.kernel: a string expected, not a whole number");
	check_refused("\"duration_ns\":10000000000", "\"duration_ns\":1e10",
		      "duration_ns: a whole number expected, not a number with a fraction");
	check_refused("\"wall_ns\":10000000000", "\"wall_ns\":-1",
		      "cpus[0].wall_ns: may not be negative");
	check_refused("{\"cpu\":1,", "{\"cpu\":8192,", "cpus[0]: there is no CPU 8192");
	check_refused("\"source\":\"vector\"", "\"source\":\"victor\"",
		      "cpus[0].sources[0].source: \"victor\" is not known");
	check_refused("\"id\":\"LOC\"", "\"id\":236",
		      "cpus[0].sources[0]: the id of a source vector is a string");
	check_refused("\"row\":\"run\"", "\"row\":\"walk\"",
		      "threads[0].ledger[0].row: \"walk\" is not known");
	check_refused("\"ledger\":[{", "\"ledger\":[7,{",
		      "threads[0].ledger[0]: an object expected, not a whole number");
	check_refused("\"complete\":true", "\"complete\":1",
		      "loss.complete: true or false expected, not a whole number");
	check_refused("\"anomalies\":{}", "\"anomalies\":{\"x\":null}",
		      "loss.anomalies.x: a whole number expected, not null");
	check_refused("\"programs\":[]", "\"programs\":{}",
		      "self.programs: a list expected, not an object");
	check_refused("\"tid\":9001", "\"tid\":4294967296",
		      "watch.threads[0].tid: 4294967296 is too large, the limit is 2147483647");
	check_refused("trading", "tra\\u0000ding",
		      "watch.threads[0].comm: a string with a NUL byte in it");
}

TEST(report_json_read__refuses_a_ledger_that_does_not_sum_to_its_wall_time)
{
	check_refused("\"sum_ns\":9999782455", "\"sum_ns\":9999782456",
		      "threads[0]: damaged: the ledger sums to 10000000001 ns, its wall time is "
		      "10000000000 ns");
	check_refused("\"sum_ns\":9999782455", "\"sum_ns\":18446744073709551614",
		      "threads[0]: the ledger sums to more than any time");
	/* What has no row at all: an empty ledger of a thread that lived. */
	check_refused("\"ledger\":[", "\"ledger\":[],\"was\":[",
		      "threads[0]: damaged: the ledger sums to 0 ns, its wall time is 10000000000 "
		      "ns");
}

TEST(report_json_read__asks_the_sources_of_a_cpu_for_no_sum)
{
	check_refused("\"sum_ns\":", "\"sum_ns\":1", NULL);
}

/* They are not in every recording: put before a key that is. */
TEST(report_json_read__names_what_is_wrong_with_the_host)
{
	check_refused("\"cpus\":[\n",
		      "\"caches\":[{\"level\":3,\"type\":\"unified\",\"bytes\":1}],\"cpus\":[\n",
		      "caches[0].cpus: this key is missing");
	check_refused(
		"\"cpus\":[\n",
		"\"host_cpus\":[{\"cpu\":8192,\"user_ns\":0,\"system_ns\":0,\"irq_ns\":0,"
		"\"softirq_ns\":0,\"steal_ns\":0,\"idle_ns\":0,\"interrupts\":[]}],\"cpus\":[\n",
		"host_cpus[0]: there is no CPU 8192");
	check_refused("\"cpus\":[\n",
		      "\"host_cpus\":[{\"cpu\":1,\"user_ns\":0,\"system_ns\":0,\"irq_ns\":0,"
		      "\"softirq_ns\":0,\"steal_ns\":0,\"idle_ns\":0,\"interrupts\":[{\"id\":7}]}],"
		      "\"cpus\":[\n",
		      "host_cpus[0].interrupts[0].id: a string expected, not a whole number");
}

TEST(report_json_read__checks_histograms)
{
	check_refused("\"unit\":\"ns\"", "\"unit\":\"us\"",
		      "threads[0].gap.hist.unit: \"ns\" expected");
	check_refused("\"digits\":2", "\"digits\":3", "threads[0].gap.hist: digits may be 1 or 2");
	check_refused("\"count\":11,", "\"count\":12,",
		      "threads[0].gap.hist: count is 12, the buckets hold 11");
	check_refused("\"buckets\":[[", "\"buckets\":[[1,2,1],[",
		      "threads[0].gap.hist.buckets[0]: no bucket of a histogram with 2 digits");
	check_refused("\"buckets\":[[", "\"buckets\":[[1,1],[",
		      "threads[0].gap.hist.buckets[0]: [low, high, count] expected");
	check_refused("\"buckets\":[[", "\"buckets\":[[1,1,18446744073709551615],[",
		      "threads[0].gap.hist: the buckets hold more than 2^64 samples");
	check_refused("\"buckets\":[[", "\"buckets\":[[68719476736,18446744073709551615,0],[",
		      "threads[0].gap.hist.buckets[1]: buckets out of order");
	check_refused("\"buckets\":[[", "\"buckets\":[[1,1,0],[1,1,0],[",
		      "threads[0].gap.hist.buckets[1]: the same bucket again");
	check_refused("\"buckets\":[[", "\"buckets\":[[1,1,0],[", NULL);
}

TEST(report_json_read__refuses_a_key_that_is_there_twice)
{
	check_refused("\"duration_ns\":10000000000", "\"duration_ns\":1,\"duration_ns\":2",
		      "duration_ns: this key is there twice");
	check_refused("{\"cpu\":1,", "{\"cpu\":1,\"cpu\":2,",
		      "cpus[0].cpu: this key is there twice");
}

TEST(report_json_read__refuses_what_no_number_is)
{
	check_refused("\"duration_ns\":10000000000", "\"duration_ns\":NaN",
		      "duration_ns: a whole number expected, not a number with a fraction");
	check_refused("\"duration_ns\":10000000000", "\"duration_ns\":18446744073709551616",
		      "duration_ns: 18446744073709551615 is too large, the limit is "
		      "18446744073709551614");
}

TEST(report_json_read__ignores_what_it_does_not_know)
{
	check_refused("\"missing\":[]", "\"missing\":[],\"colour\":{\"a\":[null,1.5]}", NULL);
	check_refused("\"wake\":{", "\"wakes\":{", NULL);
	check_refused("\"lull_version\"", "\"version\"", NULL);
	check_refused("\"comm\":\"trading\",\"vm\":null,\"vcpu\":null,\"has",
		      "\"vm\":null,\"vcpu\":null,\"has", NULL);
}

TEST(report_json_read__takes_the_comm_from_the_watch_list)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_str struct str why = { .s = NULL };
	size_t len;
	auto_free char *text = read_golden("quiet", &len);
	char *at = strstr(text, "\"pid\":9001,\"comm\"");

	CHECK(at != NULL);
	at[13] = 'k'; /* "comm" of threads[] is now a key that nobody knows */
	CHECK_EQ(report_json_read(text, len, &rec, &why), 0);
	CHECK_STREQ(rec.threads[0].comm, "trading");
}

TEST(report_json_read__makes_names_safe_to_show)
{
	static const char hostile[] = "quiet\\u001b[31m";
	auto_recording struct recording rec = { .hostname = NULL };
	auto_str struct str why = { .s = NULL };
	auto_str struct str changed = { .s = NULL };
	size_t len;
	auto_free char *text = read_golden("quiet", &len);
	char *at = strstr(text, "\"desk\"");

	CHECK(at != NULL);
	CHECK_EQ(str_addn(&changed, text, (size_t)(at + 1 - text)), 0);
	CHECK_EQ(str_addf(&changed, "%s%s", hostile, at + 5), 0);
	CHECK_EQ(report_json_read(changed.s, changed.len, &rec, &why), 0);
	CHECK_STREQ(rec.hostname, "quiet?[31m");
}

TEST(report_json_read__sorts_stalls_longest_first)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_str struct str why = { .s = NULL };
	size_t len;
	auto_free char *text = read_golden("noise", &len);
	char *at = strstr(text, "\"duration_ns\":7941234");

	CHECK(at != NULL);
	at[14] = '1'; /* the longest is now the third */
	CHECK_EQ(report_json_read(text, len, &rec, &why), 0);
	CHECK_EQ(rec.stalls[0].duration_ns, 3071234);
	CHECK_EQ(rec.stalls[2].duration_ns, 1941234);
}

TEST(report_json_read__keeps_64_bit_counters)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_str struct str why = { .s = NULL };
	auto_free char *text = NULL;

	CHECK_EQ(recording_add_anomaly(&rec, "all of them", UINT64_MAX), 0);
	rec.stalls_total_ns = UINT64_MAX - 1;
	text = write_text(&rec);
	recording_done(&rec);
	CHECK_EQ(report_json_read(text, strlen(text), &rec, &why), 0);
	CHECK(rec.anomalies[0].count == UINT64_MAX);
	CHECK(rec.stalls_total_ns == UINT64_MAX - 1);
}

TEST(report_json_read__says_where_a_text_ends_early)
{
	auto_str struct str why = { .s = NULL };
	auto_str struct str why_empty = { .s = NULL };
	auto_str struct str why_not = { .s = NULL };
	struct recording rec;

	CHECK_EQ(report_json_read("{\"schema\":\"lu", 13, &rec, &why), -EINVAL);
	CHECK_STREQ(why.s, "the text ends after 13 bytes in the middle: it was cut");
	CHECK_EQ(report_json_read(" \n", 2, &rec, &why_empty), -EINVAL);
	CHECK_STREQ(why_empty.s, "the file is empty");
	CHECK_EQ(report_json_read("hello", 5, &rec, &why_not), -EINVAL);
	CHECK(str_starts(why_not.s, "not JSON at byte "));
}

TEST(report_json_read__refuses_what_follows_the_document)
{
	auto_str struct str changed = { .s = NULL };
	auto_str struct str why = { .s = NULL };
	struct recording rec;
	size_t len;
	auto_free char *text = read_golden("quiet", &len);

	CHECK_EQ(str_addf(&changed, "%s{}", text), 0);
	CHECK_EQ(report_json_read(changed.s, changed.len, &rec, &why), -EINVAL);
	CHECK(str_starts(why.s, "not JSON at byte "));
}

/* No cut and no changed byte may crash the reader, and each refusal has words. */
TEST(report_json_read__survives_every_cut_and_changed_byte)
{
	static const char bytes[] = { '\0', '"', '{', ']', '-', '9', '\\', (char)0xff };
	size_t len;
	auto_free char *text = read_golden("quiet", &len);

	for (size_t i = 0; i < len - 1; i++) {
		auto_str struct str why = { .s = NULL };
		auto_free char *cut = strndup(text, i);
		char original = text[i], byte = bytes[i % sizeof(bytes)];
		struct recording rec;
		int err;

		if (i < len - 2 && (report_json_read(cut, i, &rec, &why) != -EINVAL || !why.s))
			CHECK(false);
		str_done(&why);
		text[i] = byte;
		err = report_json_read(text, len, &rec, &why);
		if (!err)
			recording_done(&rec);
		else if (err != -EINVAL || !why.s)
			CHECK(false);
		text[i] = original;
	}
	CHECK(len > 1000);
}

TEST(report_json_write__writes_the_keys_of_the_schema)
{
	size_t len;
	auto_free char *text = read_golden("noise", &len);
	struct json_object *json = json_tokener_parse(text);
	struct json_object *thread, *gap, *hist, *value;

	CHECK(json != NULL);
	thread = json_object_array_get_idx(json_object_object_get(json, "threads"), 0);
	gap = json_object_object_get(thread, "gap");
	hist = json_object_object_get(gap, "hist");
	CHECK_STREQ(json_object_get_string(json_object_object_get(hist, "unit")), "ns");
	CHECK_EQ(json_object_get_int(json_object_object_get(hist, "digits")), 2);
	value = json_object_object_get(json_object_object_get(json, "stalls_total"), "count");
	CHECK_EQ(json_object_get_int(value), 515);
	value = json_object_array_get_idx(json_object_object_get(json, "audit"), 3);
	CHECK(json_object_object_get_ex(value, "lull", &value) && !value);
	json_object_put(json);
}

TEST(report_json_write__tells_a_full_disk)
{
	struct recording rec = { .hostname = NULL };
	FILE *out = fopen("/dev/full", "w");

	CHECK(out != NULL);
	CHECK_EQ(report_json_write(&rec, out), -ENOSPC);
	(void)fclose(out);
}

TEST(report_exporter__is_found_by_name)
{
	CHECK(report_exporter_find("json")->write == report_json_export);
	CHECK(report_exporter_find("jsn") == NULL);
	CHECK_STREQ(report_exporter_at(0)->name, "json");
	CHECK(report_exporter_at(1000) == NULL);
}
