/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing a recording, and the names of rows. That nothing leaks is the sanitizer's part. */
#include "model/rec_thread.h"
#include "model/recording.h"

#include "base/cleanup.h"
#include "model/rows.h"
#include "test.h"

#define auto_recording __attribute__((cleanup(recording_done)))

TEST(recording_add__zeroes_each_new_element)
{
	auto_recording struct recording rec = { .hostname = NULL };

	for (int i = 0; i < 100; i++) {
		struct rec_thread *thread = NULL;

		CHECK_EQ(recording_add_thread(&rec, &thread), 0);
		CHECK_EQ(thread->tid, 0);
		CHECK_EQ(thread->vcpu, -1);
		CHECK(!thread->comm && !thread->ledger);
		thread->tid = 1000 + i;
		thread->comm = strdup("worker");
	}
	CHECK_EQ(rec.n_threads, 100);
	CHECK_EQ(rec.threads[0].tid, 1000);
	CHECK_EQ(rec.threads[99].tid, 1099);
}

TEST(recording_add__copies_texts)
{
	auto_recording struct recording rec = { .hostname = NULL };
	char text[] = "no nmi tracepoint";

	CHECK_EQ(recording_add_missing(&rec, text), 0);
	CHECK_EQ(recording_add_note(&rec, text), 0);
	CHECK_EQ(recording_add_anomaly(&rec, text, 3), 0);
	CHECK_EQ(recording_add_incomplete(&rec, text), 0);
	text[0] = 'X';
	CHECK_STREQ(rec.missing[0], "no nmi tracepoint");
	CHECK_STREQ(rec.notes[0], "no nmi tracepoint");
	CHECK_STREQ(rec.anomalies[0].name, "no nmi tracepoint");
	CHECK_EQ(rec.anomalies[0].count, 3);
	CHECK_STREQ(rec.incomplete[0].name, "no nmi tracepoint");
	CHECK_EQ(rec.incomplete[0].count, 1);
}

TEST(recording_done__frees_all_and_can_be_repeated)
{
	struct recording rec = { .hostname = strdup("host") };
	struct rec_cpu *cpu = NULL;
	struct rec_stall *stall = NULL;
	struct rec_entry *entry = NULL;
	struct rec_audit *audit = NULL;
	struct rec_program *program = NULL;

	CHECK_EQ(recording_add_cpu(&rec, &cpu), 0);
	CHECK_EQ(rec_entry_add(&cpu->sources, &cpu->n_sources, &entry), 0);
	entry->name = strdup("local timer");
	CHECK_EQ(hist_init(&entry->hist, 1), 0);
	CHECK_EQ(rec_label_add(entry, "hrtimer tick_nohz_handler", 4, 0), 0);
	CHECK_EQ(recording_add_stall(&rec, &stall), 0);
	CHECK_EQ(rec_segment_add(stall, "preempted", "noise[1]", 5), 0);
	CHECK_EQ(rec_frame_add(stall, "schedule+0x10"), 0);
	stall->waker = strdup("1 init");
	CHECK_EQ(recording_add_audit(&rec, &audit), 0);
	audit->what = strdup("cpu1 LOC");
	CHECK_EQ(recording_add_program(&rec, &program), 0);
	program->name = strdup("sched__switch");
	recording_done(&rec);
	CHECK(!rec.hostname && !rec.cpus && !rec.n_stalls);
	recording_done(&rec);
}

TEST(rec_thread_row_ns__sums_one_row_or_all)
{
	static const struct {
		const char *row;
		uint64_t ns;
	} entries[] = { { "guest", 70 }, { "irq", 20 }, { "irq", 9 }, { "wake", 1 } };
	auto_recording struct recording rec = { .hostname = NULL };
	struct rec_thread *thread = NULL;

	CHECK_EQ(recording_add_thread(&rec, &thread), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(entries); i++) {
		struct rec_entry *entry = NULL;

		CHECK_EQ(rec_entry_add(&thread->ledger, &thread->n_ledger, &entry), 0);
		entry->kind = entries[i].row;
		entry->sum_ns = entries[i].ns;
	}
	CHECK_EQ(rec_thread_row_ns(thread, "irq"), 29);
	CHECK_EQ(rec_thread_row_ns(thread, "nmi"), 0);
	CHECK_EQ(rec_thread_row_ns(thread, NULL), 100);
}

TEST(rec_thread_wanted_ns__is_all_but_sleep_and_taken_what_the_host_took)
{
	static const struct {
		const char *row;
		uint64_t ns, max_ns;
	} entries[] = { { "guest", 70, 70 },
			{ "irq", 20, 12 },
			{ "wake", 9, 9 },
			{ "halted", 300, 0 },
			{ "blocked", 400, 400 } };
	auto_recording struct recording rec = { .hostname = NULL };
	struct rec_thread *thread = NULL;

	CHECK_EQ(recording_add_thread(&rec, &thread), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(entries); i++) {
		struct rec_entry *entry = NULL;

		CHECK_EQ(rec_entry_add(&thread->ledger, &thread->n_ledger, &entry), 0);
		entry->kind = entries[i].row;
		entry->sum_ns = entries[i].ns;
		entry->max_ns = entries[i].max_ns;
		thread->wall_ns += entries[i].ns;
	}
	CHECK_EQ(rec_thread_wanted_ns(thread), 99);
	CHECK_EQ(rec_thread_taken_ns(thread), 29);
	CHECK_EQ(rec_thread_longest_ns(thread), 12);
	CHECK_EQ(rec_thread_open_ns(thread), 9); /* in no histogram */
}

TEST(rec_entry_is_idle__but_not_a_group_of_tasks)
{
	char swapper[] = "swapper/1 0", group[] = "cc1 (several)", id[] = "0";
	struct rec_entry entry = { .kind = "task", .name = swapper, .id = id };

	CHECK(rec_entry_is_idle(&entry));
	entry.name = group;
	CHECK(!rec_entry_is_idle(&entry));
}

TEST(rows__are_found_by_name_in_their_order)
{
	CHECK_STREQ(rows_at(0)->name, "guest");
	CHECK(rows_at(1000) == NULL);
	CHECK(rows_find("preempted")->is_theft);
	CHECK(!rows_is_theft("guest") && !rows_is_theft("nonsense"));
	CHECK(rows_find("nonsense") == NULL);
	CHECK_STREQ(rows_source("softirq"), "softirq");
	CHECK(rows_source("preempted") == NULL);
}
