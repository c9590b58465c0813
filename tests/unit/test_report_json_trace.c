/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the flight recorder kept survives its JSON; what has holes, overlaps or lies is refused. And it
 * is found by time.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "golden.h"
#include "model/rec_trace.h"
#include "model/recording.h"
#include "test.h"

/* Two windows of CPU 1, in the recording of tests/golden. */
#define TRACE                                                                                       \
	",\n\"trace\":{\"before_ns\":10000000,\"after_ns\":1000000,\"dropped\":1,\"missing_ns\":5," \
	"\"windows_dropped\":2,\"causes\":[{\"kind\":\"run\",\"name\":\"\",\"tid\":42},"            \
	"{\"kind\":\"irq\",\"name\":\"131 nvme0q3\",\"tid\":0},"                                    \
	"{\"kind\":\"lost\",\"name\":\"overwritten\",\"tid\":0}]}"
#define WINDOWS(list) ",\n\"trace_windows\":[" list "]"
#define FIRST                                                                        \
	"\n{\"cpu\":1,\"at_ns\":100,\"duration_ns\":60,\"stall_ns\":20,\"events\":[" \
	"[0,10,0],[10,5,2],[15,25,1],[40,20,0]]}"
#define SECOND                                                                      \
	"\n{\"cpu\":1,\"at_ns\":200,\"duration_ns\":50,\"stall_ns\":9,\"events\":[" \
	"[0,50,0]]}"

/* The recording "quiet" with @trace before its key "audit". */
static char *with_trace(const char *trace)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_str struct str text = { .s = NULL };
	auto_free char *plain = NULL;
	char *at;

	golden_read("quiet", &rec);
	plain = golden_json(&rec);
	at = strstr(plain, ",\n\"audit\"");
	CHECK(at != NULL);
	CHECK_EQ(str_addn(&text, plain, (size_t)(at - plain)), 0);
	CHECK_EQ(str_add(&text, trace), 0);
	CHECK_EQ(str_add(&text, at), 0);
	return take_ptr(text.s);
}

static void read_trace(const char *trace, struct recording *ret)
{
	auto_free char *text = with_trace(trace);
	auto_str struct str why = { .s = NULL };

	CHECK_EQ(report_json_read(text, strlen(text), ret, &why), 0);
	CHECK_STREQ(why.s, NULL);
}

static void check_refused(const char *trace, const char *reason)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = with_trace(trace);
	auto_str struct str why = { .s = NULL };

	CHECK_EQ(report_json_read(text, strlen(text), &rec, &why), -EINVAL);
	CHECK_STREQ(why.s, reason);
}

TEST(json_trace__writes_what_it_read_byte_for_byte)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = with_trace(TRACE WINDOWS(FIRST "," SECOND "\n"));
	auto_free char *again = NULL;

	read_trace(TRACE WINDOWS(FIRST "," SECOND "\n"), &rec);
	CHECK_EQ(rec.trace->n_causes, 3);
	CHECK_EQ(rec.trace->n_windows, 2);
	CHECK_EQ(rec.trace->windows[0].n_events, 4);
	CHECK_EQ(rec.trace->windows[0].events[2].at_ns, 115);
	CHECK_EQ(rec.trace->causes[0].tid, 42);
	again = golden_json(&rec);
	CHECK_STREQ(again, text);
}

TEST(json_trace__may_be_missing_or_empty)
{
	auto_recording struct recording none = { .hostname = NULL };
	auto_recording struct recording empty = { .hostname = NULL };

	read_trace("", &none);
	CHECK(none.trace == NULL);
	read_trace(TRACE WINDOWS(""), &empty);
	CHECK_EQ(empty.trace->n_windows, 0);
}

TEST(json_trace__refuses_what_cannot_be)
{
	check_refused(TRACE WINDOWS(SECOND "," FIRST), "trace_windows[1]: windows out of order");
	check_refused(TRACE WINDOWS("{\"cpu\":1,\"at_ns\":0,\"duration_ns\":9,\"stall_ns\":1,"
				    "\"events\":[[0,5,0],[6,3,0]]}"),
		      "trace_windows[0].events[1]: does not begin where the one before ended, or "
		      "ends behind its window");
	check_refused(TRACE WINDOWS("{\"cpu\":1,\"at_ns\":0,\"duration_ns\":9,\"stall_ns\":1,"
				    "\"events\":[[0,10,0]]}"),
		      "trace_windows[0].events[0]: does not begin where the one before ended, or "
		      "ends behind its window");
	check_refused(TRACE WINDOWS("{\"cpu\":1,\"at_ns\":0,\"duration_ns\":9,\"stall_ns\":1,"
				    "\"events\":[[0,8,0]]}"),
		      "trace_windows[0]: its events end before it does");
	check_refused(TRACE WINDOWS("{\"cpu\":1,\"at_ns\":0,\"duration_ns\":9,\"stall_ns\":1,"
				    "\"events\":[[0,9,3]]}"),
		      "trace_windows[0].events[0]: there is no cause 3");
	check_refused(TRACE WINDOWS("{\"cpu\":1,\"at_ns\":18446744073709551600,\"duration_ns\":9,"
				    "\"stall_ns\":1,\"events\":[[0,9,0]]}"),
		      "trace_windows[0]: longer than any recording");
	check_refused(WINDOWS(FIRST), "trace_windows[0]: windows without \"trace\"");
}

TEST(rec_trace_find__finds_what_had_the_cpu)
{
	auto_recording struct recording rec = { .hostname = NULL };
	const struct rec_trace_event *e;
	unsigned int n = 0;

	read_trace(TRACE WINDOWS(FIRST "," SECOND "\n"), &rec);
	e = rec_trace_find(rec.trace, 1, 115, &n);
	CHECK(e == &rec.trace->windows[0].events[2]);
	CHECK_EQ(n, 2);
	CHECK(rec_trace_find(rec.trace, 1, 114, &n) == &rec.trace->windows[0].events[1]);
	CHECK(rec_trace_find(rec.trace, 1, 249, &n) == &rec.trace->windows[1].events[0]);
	CHECK_EQ(n, 1);
	CHECK(rec_trace_find(rec.trace, 1, 99, &n) == NULL);
	CHECK(rec_trace_find(rec.trace, 1, 160, &n) == NULL);
	CHECK(rec_trace_find(rec.trace, 1, 250, &n) == NULL);
	CHECK(rec_trace_find(rec.trace, 0, 120, &n) == NULL);
	CHECK(rec_trace_find(rec.trace, 2, 120, &n) == NULL);
}
