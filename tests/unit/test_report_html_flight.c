/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What led up to a stall, on the page: a strip of the flight recorder's events around it, and names
 * that cannot break out of it.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "golden.h"
#include "model/rec_trace.h"
#include "test.h"

/* The recording "noise", with a window of its longest stall's CPU from 1000 ns before that on. */
static void with_flight(struct recording *rec)
{
	static const char *const causes[][2] = { { "task", "a<b> 812" },
						 { "guest", "" },
						 { "irq", "131 nvme" } };
	struct rec_trace_window *w = NULL;
	struct rec_trace *trace = NULL;

	golden_read("noise", rec);
	CHECK_EQ(rec_trace_new(rec, &trace), 0);
	trace->before_ns = 1000;
	trace->after_ns = 100;
	for (unsigned int i = 0; i < ARRAY_SIZE(causes); i++) {
		struct rec_trace_cause *cause = NULL;

		CHECK_EQ(rec_trace_add_cause(trace, &cause), 0);
		cause->kind = causes[i][0];
		cause->name = strdup(causes[i][1]);
	}
	CHECK_EQ(rec_trace_add_window(trace, &w), 0);
	w->cpu = rec->stalls[0].cpu;
	w->at_ns = rec->stalls[0].at_ns - 1000;
	w->duration_ns = 2000;
	w->events = calloc(3, sizeof(*w->events));
	w->n_events = 3;
	w->events[0] = (struct rec_trace_event){ .at_ns = w->at_ns, .ns = 600, .cause = 0 };
	w->events[1] = (struct rec_trace_event){ .at_ns = w->at_ns + 600, .ns = 400, .cause = 1 };
	w->events[2] = (struct rec_trace_event){ .at_ns = w->at_ns + 1000, .ns = 1000, .cause = 2 };
}

static char *page_of(const struct recording *rec)
{
	const struct export_side side = { .label = "", .rec = rec };
	const struct export what = { .sides = &side, .n_sides = 1 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK(out != NULL);
	CHECK_EQ(report_html_write(&what, out), 0);
	(void)fclose(out);
	return text;
}

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

TEST(html_flight__draws_what_led_up_to_a_stall)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *page = NULL;

	with_flight(&rec);
	page = page_of(&rec);
	CHECK(has(page, "from 1.00 us before to 1.00 us into it</summary>"));
	CHECK(has(page, " x=\"0.00\" width=\"300.00\" height=\"8\"/>"));
	CHECK(has(page, " x=\"300.00\" width=\"200.00\" height=\"8\"/>"));
	CHECK(has(page, " x=\"500.00\" width=\"500.00\" height=\"8\"/>"));
	CHECK(has(page, "class=\"hit\" x=\"500.00\" y=\"8\" width=\"500.00\""));
	CHECK(has(page, "a&lt;b&gt; 812</bdi> <b>600 ns</b>"));
	CHECK(has(page, "guest</bdi> <b>400 ns</b>"));
	CHECK(!has(page, "131 nvme</bdi> <b>"));
}

TEST(html_flight__is_not_there_without_a_window)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *page = NULL;

	with_flight(&rec);
	rec.trace->windows[0].cpu++;
	page = page_of(&rec);
	CHECK(!has(page, "what led up to it"));
}

/* There was no room for its own window, but the end of another stall's is within reach of it. */
TEST(html_flight__is_not_there_if_it_ends_before_the_stall)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *page = NULL;

	with_flight(&rec);
	rec.trace->windows[0].n_events = 1;
	rec.trace->windows[0].duration_ns = 600;
	page = page_of(&rec);
	CHECK(!has(page, "what led up to it"));
}

TEST(report_text__says_what_the_flight_recorder_kept)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = NULL;

	with_flight(&rec);
	text = golden_text(&rec, &golden_style);
	CHECK(golden_says(text, "flight recorder: 3 events in 1 window around stalls; lull export "
				"--format perfetto shows them"));
}
