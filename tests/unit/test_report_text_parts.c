/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the summary says of stalls, waits and the audit, and in its first sentence, on recordings
 * of tests/golden that are changed for it.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "golden.h"
#include "report/text.h"
#include "test.h"

static void add_audit(struct recording *rec, const char *what, uint64_t kernel, uint64_t lull)
{
	struct rec_audit *audit = NULL;

	CHECK_EQ(recording_add_audit(rec, &audit), 0);
	audit->what = strdup(what);
	audit->kernel = audit->kernel_min = audit->kernel_max = kernel;
	audit->lull = lull;
	audit->has_lull = true;
}

/* The audit line of a recording with this one figure. */
static bool is_agreed(const char *what, uint64_t low, uint64_t high, uint64_t lull)
{
	auto_recording struct recording rec = { .complete = true };
	auto_free char *text = NULL;

	add_audit(&rec, what, low + (high - low) / 2, lull);
	rec.audit[0].kernel_min = low;
	rec.audit[0].kernel_max = high;
	text = golden_text(&rec, &golden_style);
	CHECK(strstr(text, "kernel and lull agree: ") != NULL);
	return strstr(text, "1 of 1") != NULL;
}

TEST(report_text__counts_agree_between_the_two_reads)
{
	CHECK(is_agreed("vcpu 1 exits", 100, 102, 100));
	CHECK(is_agreed("vcpu 1 exits", 100, 102, 102));
	CHECK(!is_agreed("vcpu 1 exits", 100, 102, 99));
	CHECK(!is_agreed("vcpu 1 exits", 100, 102, 103));
}

TEST(report_text__interrupts_may_differ_by_the_one_at_the_edge)
{
	CHECK(is_agreed("cpu1 LOC", 100, 102, 99));
	CHECK(is_agreed("cpu1 LOC", 100, 102, 103));
	CHECK(!is_agreed("cpu1 LOC", 100, 102, 98));
	CHECK(!is_agreed("cpu1 LOC", 100, 102, 104));
	CHECK(is_agreed("cpu1 LOC", 0, 0, 0));
	CHECK(!is_agreed("cpu1 LOC", 0, 0, 2));
	CHECK(is_agreed("cpu1 LOC", UINT64_MAX, UINT64_MAX, UINT64_MAX));
}

TEST(report_text__times_agree_within_two_per_cent_or_a_millisecond)
{
	CHECK(is_agreed("tid 1 run_ns", 10000000, 10000000, 11000000));
	CHECK(!is_agreed("tid 1 run_ns", 10000000, 10000000, 11000001));
	CHECK(is_agreed("tid 1 run_ns", 1000000000, 1000000000, 980000000));
	CHECK(!is_agreed("tid 1 run_ns", 1000000000, 1000000000, 979999999));
}

/* 11 samples more than 11 waits: 220 us of slack beside the millisecond. */
TEST(report_text__times_may_differ_by_20_us_for_each_wait)
{
	for (unsigned int beyond = 0; beyond < 2; beyond++) {
		auto_recording struct recording rec = { .hostname = NULL };
		auto_free char *text = NULL;

		golden_read("quiet", &rec);
		CHECK_EQ(hist_init(&rec.threads[0].wake, 2), 0);
		CHECK_EQ(hist_init(&rec.threads[0].preempted, 2), 0);
		hist_add(&rec.threads[0].wake, 1000, 5);
		hist_add(&rec.threads[0].preempted, 1000, 6);
		add_audit(&rec, "tid 9001 wait_ns", 10000000, 11220000 + beyond);
		add_audit(&rec, "tid 90016 wait_ns", 10000000, 11220000 + beyond);
		text = golden_text(&rec, &golden_style);
		CHECK_EQ(golden_says(text, "tid 9001 wait (kernel 10.0 ms, lull 11.2 ms)"), beyond);
		CHECK(strstr(text, "tid 90016 wait") != NULL);
	}
}

TEST(report_text__hidden_events_explain_counts_that_are_short)
{
	auto_recording struct recording rec = { .complete = true };
	auto_free char *before = NULL;
	auto_free char *after = NULL;

	add_audit(&rec, "cpu1 LOC", 100, 90);
	add_audit(&rec, "cpu1 RES", 100, 102);
	before = golden_text(&rec, &golden_style);
	CHECK(golden_says(before, "differs: cpu1 LOC (kernel 100, lull 90)"));
	CHECK_EQ(recording_add_note(&rec, "the kernel reported nothing while certain threads ran"),
		 0);
	after = golden_text(&rec, &golden_style);
	CHECK(golden_says(after, "differs: cpu1 RES (kernel 100, lull 102)"));
	CHECK(golden_says(after, "differs (hidden"));
}

/* A stall of the only thread of "quiet", in these pieces. */
static void add_stall(struct recording *rec, const char *waker, const char *const *names,
		      unsigned int n)
{
	struct rec_stall *stall = NULL;

	CHECK_EQ(recording_add_stall(rec, &stall), 0);
	stall->at_ns = 1563000000;
	stall->tid = rec->threads[0].tid;
	stall->cpu = 1;
	stall->waker = waker ? strdup(waker) : NULL;
	for (unsigned int i = 0; i < n; i++) {
		CHECK_EQ(rec_segment_add(stall, waker ? "wake" : "preempted", names[i], 1000000),
			 0);
		stall->duration_ns += 1000000;
	}
	rec->stalls_total++;
	rec->stalls_total_ns += stall->duration_ns;
}

TEST(report_text__a_stall_is_who_and_when_then_the_chain)
{
	static const char *const names[] = { "local timer", "mini 4815", "mini 4815", "softirq RCU",
					     "mini 4815" };
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = NULL;

	golden_read("quiet", &rec);
	add_stall(&rec, "local timer", names, 5);
	text = golden_text(&rec, &golden_style);
	CHECK(strstr(text, "\n  1.563 s  trading 9001  cpu 1   5.00 ms  woken by local timer\n") !=
	      NULL);
	CHECK(strstr(text, "\n      local timer 1.00 ms + mini 4815 2.00 ms + softirq RCU 1.00 ms"
			   "\n        + mini 4815 1.00 ms\n") != NULL);
}

TEST(report_text__the_answer_comes_before_any_table)
{
	static const char *const names[] = { "make 99", "make 99", "cc1 7" };
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = NULL;

	golden_read("quiet", &rec);
	add_stall(&rec, NULL, names, 3);
	text = golden_text(&rec, &golden_style);
	CHECK(golden_says(text,
			  " trading 9001 lost 218 us of the 10.0 s that it wanted to run, most "
			  "of it to local timer (212 us). The longest stall: trading 9001 "
			  "lost 3.00 ms, 2.00 ms of it to make 99. Where the time went"));
}

TEST(report_text__the_answer_when_nothing_was_taken)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_free char *text = NULL;

	golden_read("quiet", &rec);
	for (unsigned int i = 0; i < rec.threads[0].n_ledger; i++) {
		rec.threads[0].ledger[i].kind = "run";
	}
	text = golden_text(&rec, &golden_style);
	CHECK(golden_says(text,
			  " Nothing was taken from trading 9001, of the 10.0 s that it wanted "
			  "to run. Nothing took more than 26.4 us at a time. Where"));
}

/* A thread that has not run since the recording began has no stall, which is no good news. */
TEST(report_text__a_wait_without_end_is_not_called_quiet)
{
	auto_recording struct recording rec = { .hostname = NULL };
	struct rec_entry *entry = NULL;
	auto_free char *text = NULL;

	golden_read("quiet", &rec);
	CHECK_EQ(rec_entry_add(&rec.threads[0].ledger, &rec.threads[0].n_ledger, &entry), 0);
	entry->kind = "preempted";
	entry->name = strdup("hog 12");
	entry->sum_ns = 949000000;
	rec.threads[0].wall_ns += entry->sum_ns;
	text = golden_text(&rec, &golden_style);
	CHECK(golden_says(text,
			  "trading 9001 waited 949 ms in all across the ends of the recording"));
	CHECK(strstr(text, "Nothing") == NULL);
	CHECK(strstr(text, "no whole stall over 100 us in 10.0 s") != NULL);
}

/* Names go on in the next line. Blanks and ends of lines are left out of the comparison. */
TEST(report_text__no_name_is_cut)
{
	static const char name[] = "42virtio3-tx(0000:00:04.0virtio-pci,somewhereelseandalittle"
				   "longerstill)";
	auto_recording struct recording rec = { .hostname = NULL };
	struct rec_entry *entry = NULL;
	auto_free char *text = NULL;
	size_t n = 0;

	golden_read("quiet", &rec);
	CHECK_EQ(rec_entry_add(&rec.threads[0].ledger, &rec.threads[0].n_ledger, &entry), 0);
	entry->kind = "untraced";
	entry->name = strdup("42 virtio3-tx (0000:00:04.0 virtio-pci, somewhere else and a little "
			     "longer still)");
	entry->sum_ns = 1;
	text = golden_text(&rec, &golden_style);
	CHECK(strstr(text, "…") == NULL);
	for (const char *at = strstr(text, "42 virtio3"); at && *at && name[n]; at++) {
		if (*at == name[n])
			n++;
	}
	CHECK_EQ(n, strlen(name));
}

TEST(report_text__softirqs_of_a_wait_and_of_their_own_are_one_culprit)
{
	auto_recording struct recording rec = { .hostname = NULL };
	struct rec_entry *entry = NULL;
	auto_free char *text = NULL;

	golden_read("quiet", &rec);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_EQ(rec_entry_add(&rec.threads[0].ledger, &rec.threads[0].n_ledger, &entry),
			 0);
		entry->kind = i ? "softirq" : "preempted";
		entry->name = strdup(i ? "TIMER" : "softirq TIMER");
		entry->sum_ns = 3000000;
		rec.threads[0].wall_ns += entry->sum_ns;
	}
	rec.threads[0].preempted.sum = 3000000;
	text = golden_text(&rec, &golden_style);
	CHECK(golden_says(text, "most of it to softirq TIMER (0.06 %)"));
	CHECK(strstr(text, "  softirq TIMER  preempted+   0.06  6.00 ms") != NULL);
	CHECK(strstr(text, "  + and in other rows\n") != NULL);
}

TEST(report_text__a_long_list_of_vcpus_is_their_number)
{
	auto_recording struct recording rec = { .hostname = NULL };
	struct report_style style = golden_style;
	auto_free char *text = NULL;
	auto_free char *wide = NULL;

	golden_read("quiet", &rec);
	for (unsigned int i = 0; i < 16; i++) {
		struct rec_thread *thread = &rec.threads[0];
		struct rec_entry *entry = NULL;

		if (i)
			CHECK_EQ(recording_add_thread(&rec, &thread), 0);
		thread->vcpu = (int)i;
		thread->vm = strdup("win11");
		CHECK_EQ(rec_entry_add(&thread->ledger, &thread->n_ledger, &entry), 0);
		entry->kind = "preempted";
		entry->name = strdup(i % 2 ? "make 99" : "cc1 7");
		entry->sum_ns = 10000000;
	}
	text = golden_text(&rec, &style);
	CHECK(strstr(text, " 8 of 16\n") != NULL);
	style.width = 120;
	wide = golden_text(&rec, &style);
	CHECK(strstr(wide, " 1,3,5,7,9,11,13,15\n") != NULL);
}

TEST(report_text__an_idle_cpu_runs_nothing)
{
	auto_recording struct recording rec = { .hostname = NULL };
	struct rec_entry *entry = NULL;
	auto_free char *text = NULL;

	golden_read("cpus", &rec);
	CHECK_EQ(rec_entry_add(&rec.cpus[0].sources, &rec.cpus[0].n_sources, &entry), 0);
	entry->kind = "task";
	entry->name = strdup("swapper/4 0");
	entry->id = strdup("0");
	entry->id_is_number = true;
	entry->sum_ns = 9000000000;
	text = golden_text(&rec, &golden_style);
	CHECK(golden_says(text, "Tasks had <0.01 % of the watched CPUs"));
	CHECK(strstr(text, "swapper") == NULL);
}

TEST(report_text__many_vcpus_are_a_line_each_and_no_ledger)
{
	auto_recording struct recording rec = { .hostname = NULL };
	struct report_style style = golden_style;
	auto_free char *text = NULL;
	auto_free char *full = NULL;

	golden_read("quiet", &rec);
	for (unsigned int i = 0; i < 16; i++) {
		struct rec_thread *thread = &rec.threads[0];
		struct rec_entry *entry = NULL;

		if (i)
			CHECK_EQ(recording_add_thread(&rec, &thread), 0);
		CHECK_EQ(rec_entry_add(&thread->ledger, &thread->n_ledger, &entry), 0);
		thread->vcpu = (int)i;
		thread->vm = strdup("win11");
		thread->wall_ns += 10000000;
		entry->kind = "preempted";
		entry->name = strdup("make 99");
		entry->sum_ns = 10000000;
		thread->preempted.sum = 10000000;
	}
	text = golden_text(&rec, &style);
	CHECK(strstr(text, "\n  vcpu 15 ") && !strstr(text, "Ledger of"));
	CHECK(strstr(text, "win11: 16 vCPUs") && strstr(text, "The 16 vCPUs lost"));
	CHECK(strstr(text, " 0-15\n") != NULL);
	style.verbose = true;
	full = golden_text(&rec, &style);
	CHECK(strstr(full, "\nLedger of vcpu 15") != NULL);
}
