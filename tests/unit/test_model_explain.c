/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each rule of explain by an entry that it fits and one that it does not; how entries become causes,
 * that they are disjoint, and the verdicts. The words are in test_report_explain.c.
 */
#include "model/explain.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "golden.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "model/rows.h"
#include "test.h"

#define auto_explain __attribute__((cleanup(explain_done)))
#define SECOND	     1000000000ULL

struct explain_case {
	const char *rule, *row, *name, *id, *label, *other; /* other NULL: it is the rule */
};

static const struct explain_case cases[] = {
#define CASE(rule, row, name, id, label)	{ rule, row, name, id, label, NULL },
#define MISS(rule, row, name, id, label, other) { rule, row, name, id, label, other },
#include "explain_cases.def"
#undef CASE
#undef MISS
};

/* What no ledger shows has tests of its own below. */
static const char *const apart[] = { "irq-storm", "sibling", "steal", "moves" };

/* A thread that wanted all of a second. */
static struct rec_thread *add_thread(struct recording *rec, int vcpu)
{
	struct rec_thread *thread = NULL;

	CHECK_EQ(recording_add_thread(rec, &thread), 0);
	thread->tid = 4243 + vcpu;
	thread->pid = 4242;
	thread->vcpu = vcpu;
	thread->vm = strdup("win11");
	thread->comm = strdup("CPU/KVM");
	thread->has_kvm_entries = true;
	thread->wall_ns = SECOND;
	return thread;
}

static struct rec_entry *add_entry(struct rec_thread *thread, const char *row, const char *name,
				   const char *id, uint64_t ns)
{
	struct rec_entry *entry = NULL;

	CHECK_EQ(rec_entry_add(&thread->ledger, &thread->n_ledger, &entry), 0);
	entry->kind = rows_find(row)->name;
	entry->name = strdup(name);
	entry->id = strdup(id);
	entry->count = ns / 1000;
	entry->sum_ns = ns;
	entry->max_ns = ns / 4;
	return entry;
}

static void begin(struct recording *rec)
{
	rec->complete = true;
	rec->duration_ns = SECOND;
	rec->watch_cpus = strdup("2-3");
	rec->cpus_online = strdup("0-3");
	(void)add_thread(rec, 0);
	(void)add_thread(rec, 1);
}

static void check_case(const struct explain_case *c)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };
	const struct explain_cause *cause;
	struct rec_entry *entry;

	begin(&rec);
	entry = add_entry(&rec.threads[0], c->row, c->name, c->id, SECOND / 10);
	entry->count = 100;
	if (*c->label)
		CHECK_EQ(rec_label_add(entry, c->label, 10, SECOND / 20), 0);
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK_EQ(explain.n_causes + explain.n_hints, 1);
	cause = explain.causes;
	CHECK_STREQ(cause->rule->id, c->other ?: c->rule);
	CHECK_EQ(cause->ns, SECOND / 10);
	CHECK_EQ(explain.n_causes, rows_is_theft(c->row));
}

TEST(explain__every_case_is_explained_by_its_rule)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!cases[i].other)
			check_case(&cases[i]);
	}
}

TEST(explain__every_near_miss_is_another_rules)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		if (cases[i].other)
			check_case(&cases[i]);
	}
}

TEST(explain__no_rule_is_without_a_case_and_a_near_miss)
{
	for (unsigned int i = 0; explain_rule_at(i); i++) {
		unsigned int n_cases = 0, n_misses = 0;

		for (unsigned int j = 0; j < ARRAY_SIZE(cases); j++) {
			if (!streq(cases[j].rule, explain_rule_at(i)->id))
				continue;
			n_cases += !cases[j].other;
			n_misses += cases[j].other && !streq(cases[j].other, cases[j].rule);
		}
		for (unsigned int j = 0; j < ARRAY_SIZE(apart); j++) {
			n_cases += streq(apart[j], explain_rule_at(i)->id);
			n_misses += streq(apart[j], explain_rule_at(i)->id);
		}
		if (!n_cases || !n_misses)
			CHECK_STREQ(explain_rule_at(i)->id, "a rule with both");
	}
	CHECK(true);
}

TEST(explain__a_rule_is_a_knob_and_names_it_or_is_none)
{
	for (unsigned int i = 0; explain_rule_at(i); i++) {
		const struct explain_rule *rule = explain_rule_at(i);

		CHECK((rule->remedy == EXPLAIN_KNOB) == (rule->knob != NULL));
		CHECK(str_ends(rule->what, ".") && strlen(rule->what) < 140);
		CHECK(!str_ends(rule->to_do, ".") && *rule->to_do);
		for (unsigned int j = 0; j < i; j++)
			CHECK(!streq(rule->id, explain_rule_at(j)->id));
	}
}

TEST(explain__a_storm_is_ten_thousand_interrupts_a_second)
{
	for (unsigned int n = 9999; n <= 10000; n++) {
		auto_recording struct recording rec = { .hostname = NULL };
		auto_explain struct explain explain = { .rec = NULL };

		begin(&rec);
		add_entry(&rec.threads[0], "irq", "9 acpi", "9", SECOND / 10)->count = n;
		CHECK_EQ(explain_recording(&rec, &explain), 0);
		CHECK_STREQ(explain.causes[0].rule->id, n < 10000 ? "irq" : "irq-storm");
	}
}

/* What was on the sibling, below, or moved: said from 1 % on, and never a cause. */
TEST(explain__hints_are_what_is_in_no_row)
{
	for (unsigned int part = 1; part <= 3; part++) {
		auto_recording struct recording rec = { .hostname = NULL };
		auto_explain struct explain explain = { .rec = NULL };
		struct rec_audit *audit = NULL;

		begin(&rec);
		rec.threads[1].has_sibling = true;
		rec.threads[1].sibling_ns = SECOND / 100 * part - 1;
		CHECK_EQ(recording_add_audit(&rec, &audit), 0);
		audit->what = strdup("cpu3 steal_ns");
		audit->kernel = SECOND / 100 * part;
		CHECK_EQ(explain_recording(&rec, &explain), 0);
		CHECK_EQ(explain.n_causes, 0);
		CHECK_EQ(explain.n_hints, part - 1); /* of 2 s wanted */
		if (part == 3)
			CHECK_STREQ(explain.hints[1].rule->id, "sibling");
		if (part >= 2)
			CHECK_STREQ(explain.hints[0].rule->id, "steal");
	}
}

static void add_stall(struct recording *rec, int tid, int cpu, uint64_t ns)
{
	struct rec_stall *stall = NULL;

	CHECK_EQ(recording_add_stall(rec, &stall), 0);
	stall->tid = tid;
	stall->cpu = cpu;
	stall->duration_ns = ns;
	stall->at_ns = 7000 + ns;
	CHECK_EQ(rec_segment_add(stall, rows_find("preempted")->name, "b 7", ns / 2), 0);
	CHECK_EQ(rec_segment_add(stall, rows_find("preempted")->name, "kworker/1:0 8 (fn)", ns / 4),
		 0);
	CHECK_EQ(rec_segment_add(stall, rows_find("run")->name, "in between", ns / 4), 0);
}

TEST(explain__a_vcpu_that_stalls_on_two_cpus_has_moved)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };

	begin(&rec);
	add_stall(&rec, 4243, 2, 500000);
	add_stall(&rec, 4243, 2, 400000);
	add_stall(&rec, 4244, 3, 300000);
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK_EQ(explain.n_hints, 0);
	explain_done(&explain);
	add_stall(&rec, 4244, 2, 200000);
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK_EQ(explain.n_hints, 1);
	CHECK_STREQ(explain.hints[0].rule->id, "moves");
	CHECK_EQ(explain.hints[0].parts[0].owner, 1);
	CHECK_EQ(explain.hints[0].count, 2); /* CPUs */
}

/* One thing is one cause, in whatever rows and of whatever victims. */
TEST(explain__what_is_the_same_is_one_cause)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };
	const struct explain_cause *cause;
	struct rec_entry *entry;

	begin(&rec);
	entry = add_entry(&rec.threads[0], "vector", "local timer", "LOC", 3000);
	CHECK_EQ(rec_label_add(entry, "hrtimer hrtimer_wakeup", 2, 1000), 0);
	entry = add_entry(&rec.threads[0], "preempted", "local timer", "LOC", 4000);
	CHECK_EQ(rec_label_add(entry, "hrtimer tick_nohz_handler", 3, 600), 0);
	entry = add_entry(&rec.threads[1], "wake", "local timer", "LOC", 5000);
	CHECK_EQ(rec_label_add(entry, "hrtimer tick_nohz_handler", 3, 600), 0);
	(void)add_entry(&rec.threads[1], "irq", "36 disk (dev)", "36", 2000);
	(void)add_entry(&rec.threads[0], "preempted", "irq 36 disk (dev)", "36", 1000);
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK_EQ(explain.n_causes, 2);
	cause = &explain.causes[0];
	CHECK_STREQ(cause->name, "local timer");
	CHECK_EQ(cause->ns, 12000);
	CHECK_EQ(cause->count, 12);
	CHECK_EQ(cause->max_ns, 1250);
	CHECK_STREQ(cause->row, "wake");
	CHECK_EQ(cause->n_parts, 2);
	CHECK_EQ(cause->parts[0].owner, 0);
	CHECK_EQ(cause->parts[0].ns, 7000);
	CHECK_EQ(cause->n_labels, 2);
	CHECK_STREQ(cause->labels[0].name, "hrtimer tick_nohz_handler");
	CHECK_EQ(cause->labels[0].sum_ns, 1200);
	CHECK_STREQ(cause->rule->id, "timer-tick");
	CHECK_STREQ(explain.causes[1].name, "36 disk (dev)");
	CHECK_STREQ(explain.causes[1].id, "36");
	CHECK_EQ(explain.causes[1].ns, 3000);
}

/* A softirq goes to the only line of its kind, if that came often enough. */
TEST(explain__a_softirq_after_its_interrupt_is_the_same_cause)
{
	for (unsigned int i = 0; i < 3; i++) {
		auto_recording struct recording rec = { .hostname = NULL };
		auto_explain struct explain explain = { .rec = NULL };

		begin(&rec);
		(void)add_entry(&rec.threads[0], "softirq", "BLOCK", "4", 6000);
		(void)add_entry(&rec.threads[0], "preempted", "softirq BLOCK", "4", 2000);
		(void)add_entry(&rec.threads[0], "irq", "36 virtio1-req.0 (dev)", "36",
				i == 1 ? 3000 : 4000);
		(void)add_entry(&rec.threads[i == 2 ? 0 : 1], "irq", "37 nvme0q1 (dev)", "37",
				10000);
		CHECK_EQ(explain_recording(&rec, &explain), 0);
		CHECK_EQ(explain.taken_ns, i == 1 ? 21000 : 22000);
		CHECK_EQ(explain.n_causes, i ? 3 : 2);
		if (i != 0)
			continue;
		CHECK_STREQ(explain.causes[0].name, "36 virtio1-req.0 (dev)");
		CHECK_EQ(explain.causes[0].ns, 12000);
		CHECK_EQ(explain.causes[0].count, 4);
		CHECK_EQ(explain.causes[0].followed_ns, 8000);
	}
}

TEST(explain__tasks_of_one_name_and_unit_are_one_cause)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };

	begin(&rec);
	(void)add_entry(&rec.threads[0], "preempted", "cc1 10 (a.service)", "10", 4000);
	(void)add_entry(&rec.threads[1], "wake", "cc1 11 (a.service)", "11", 4000);
	(void)add_entry(&rec.threads[0], "preempted", "cc1 12 (b.service)", "12", 3000);
	(void)add_entry(&rec.threads[0], "preempted", "CPU/KVM 4244", "4244", 2000);
	(void)add_entry(&rec.threads[1], "preempted", "CPU/KVM 4243", "4243", 1000);
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK_EQ(explain.n_causes, 4);
	CHECK_STREQ(explain.causes[0].name, "cc1 (2 tasks) (a.service)");
	CHECK_STREQ(explain.causes[0].id, "");
	CHECK_STREQ(explain.causes[1].name, "cc1 12 (b.service)");
	CHECK_STREQ(explain.causes[1].id, "12");
	CHECK_STREQ(explain.causes[2].name, "CPU/KVM 4244");
	CHECK_STREQ(explain.causes[3].name, "CPU/KVM 4243");
}

TEST(explain__a_worker_is_split_by_function_and_nothing_is_lost)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };
	struct rec_entry *entry;

	begin(&rec);
	entry = add_entry(&rec.threads[0], "preempted", "kworker/1:2 311", "311", 10000);
	CHECK_EQ(rec_label_add(entry, "work vmstat_update", 2, 3000), 0);
	CHECK_EQ(rec_label_add(entry, "work blk_mq_run_work_fn", 3, 5000), 0);
	entry = add_entry(&rec.threads[1], "preempted", "kworker/3:0 90", "90", 1000);
	CHECK_EQ(rec_label_add(entry, "work vmstat_update", 1, 900), 0);
	add_stall(&rec, 4243, 2, 400);
	rec.stalls[0].segments[1].name[0] = 'x'; /* is no worker */
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK_EQ(explain.n_causes, 2);
	CHECK_STREQ(explain.causes[0].name, "blk_mq_run_work_fn");
	CHECK_EQ(explain.causes[0].ns, 7000); /* with what lay between */
	CHECK_EQ(explain.causes[0].count, 8);
	CHECK_STREQ(explain.causes[1].name, "vmstat_update");
	CHECK_EQ(explain.causes[1].ns, 4000);
	CHECK_EQ(explain.causes[1].count, 3);
	CHECK_EQ(explain.taken_ns, 11000);
}

TEST(explain__labels_of_more_than_the_entry_make_no_time)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };
	struct rec_entry *entry;

	begin(&rec);
	entry = add_entry(&rec.threads[0], "preempted", "kworker/1:2 311", "311", 10000);
	CHECK_EQ(rec_label_add(entry, "work a", 2, UINT64_MAX), 0);
	CHECK_EQ(rec_label_add(entry, "work b", 3, 9000), 0);
	CHECK_EQ(rec_label_add(entry, "work c", 3, 5000), 0);
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK_EQ(explain.causes[0].ns + explain.causes[1].ns + explain.causes[2].ns, 10000);
}

TEST(explain__causes_sum_to_what_the_summary_says_was_lost)
{
	static const char *const names[] = { "noise", "quiet", "lossy", "cpus", "empty" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		auto_recording struct recording rec = { .hostname = NULL };
		auto_explain struct explain explain = { .rec = NULL };
		uint64_t sum = 0, taken = 0, wanted = 0;

		golden_read(names[i], &rec);
		CHECK_EQ(explain_recording(&rec, &explain), 0);
		for (unsigned int j = 0; j < explain.n_causes; j++) {
			const struct explain_cause *cause = &explain.causes[j];
			uint64_t parts = 0;

			for (unsigned int k = 0; k < cause->n_parts; k++)
				parts += cause->parts[k].ns;
			CHECK_EQ(parts, cause->ns);
			CHECK(!j || cause->ns <= explain.causes[j - 1].ns);
			sum += cause->ns;
		}
		for (unsigned int j = 0; j < rec.n_threads; j++) {
			taken += rec_thread_taken_ns(&rec.threads[j]);
			wanted += rec_thread_wanted_ns(&rec.threads[j]);
		}
		CHECK_EQ(sum, explain.taken_ns);
		if (rec.n_threads) {
			CHECK_EQ(explain.taken_ns, taken);
			CHECK_EQ(explain.wanted_ns, wanted);
		}
	}
}

TEST(explain__the_worst_stall_is_the_one_in_which_it_had_most)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };
	struct rec_entry *entry;

	begin(&rec);
	(void)add_entry(&rec.threads[0], "preempted", "b 7", "7", 900000);
	entry = add_entry(&rec.threads[0], "preempted", "kworker/1:0 8", "8", 500000);
	CHECK_EQ(rec_label_add(entry, "work fn", 1, 400000), 0);
	(void)add_entry(&rec.threads[0], "preempted", "c 9", "9", 100000);
	add_stall(&rec, 4243, 2, 800000);
	add_stall(&rec, 4243, 2, 400000);
	CHECK_EQ(rec_segment_add(&rec.stalls[1], rows_find("preempted")->name, "b 7", 500000), 0);
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK(explain.causes[0].worst == &rec.stalls[1]);
	CHECK_EQ(explain.causes[0].worst_ns, 700000);
	CHECK(explain.causes[1].worst == &rec.stalls[0]);
	CHECK_EQ(explain.causes[1].worst_ns, 200000);
	CHECK(explain.causes[2].worst == NULL);
}

/* What the verdict is when of 2 s @taken_ns were taken, at most @max_ns at a time. */
static enum explain_verdict verdict_of(uint64_t taken_ns, uint64_t max_ns, bool is_complete)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };

	begin(&rec);
	rec.complete = is_complete;
	if (taken_ns)
		add_entry(&rec.threads[0], "irq", "9 acpi", "9", taken_ns)->max_ns = max_ns;
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	return explain.verdict;
}

TEST(explain__is_clean_below_1_percent_and_1_ms)
{
	CHECK_EQ(verdict_of(0, 0, true), EXPLAIN_CLEAN);
	CHECK_EQ(verdict_of(SECOND / 50 - 1, 1000000, true), EXPLAIN_CLEAN);
	CHECK_EQ(verdict_of(SECOND / 50, 1000000, true), EXPLAIN_TAKEN);
	CHECK_EQ(verdict_of(SECOND / 50 - 1, 1000001, true), EXPLAIN_TAKEN);
	CHECK_EQ(verdict_of(0, 0, false), EXPLAIN_INCOMPLETE);
	CHECK_EQ(verdict_of(SECOND / 2, 1000001, false), EXPLAIN_INCOMPLETE);
}

TEST(explain__a_wait_that_the_window_cut_off_is_not_clean)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };

	begin(&rec);
	(void)add_entry(&rec.threads[0], "preempted", "b 7", "7", 4000000);
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK_EQ(explain.longest_ns, 4000000); /* in no histogram */
	CHECK_EQ(explain.verdict, EXPLAIN_TAKEN);
}

TEST(explain__sleep_is_never_a_cause)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };

	begin(&rec);
	(void)add_entry(&rec.threads[0], "halted", "", "", SECOND);
	(void)add_entry(&rec.threads[1], "blocked", "", "", SECOND);
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK_EQ(explain.n_causes + explain.n_hints, 0);
	CHECK_EQ(explain.verdict, EXPLAIN_ASLEEP);
}

TEST(explain__of_cpus_nobody_is_a_victim_and_idle_is_no_cause)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };

	golden_read("cpus", &rec);
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK_EQ(explain.verdict, EXPLAIN_UNWATCHED);
	CHECK(explain.of_cpus && explain.n_causes > 0);
	for (unsigned int i = 0; i < explain.n_causes; i++)
		CHECK(!str_starts(explain.causes[i].name, "swapper"));
}

TEST(explain__huge_numbers_do_not_wrap)
{
	auto_recording struct recording rec = { .hostname = NULL };
	auto_explain struct explain explain = { .rec = NULL };

	begin(&rec);
	(void)add_entry(&rec.threads[0], "preempted", "b 7", "7", UINT64_MAX - 5);
	(void)add_entry(&rec.threads[1], "preempted", "b 7", "7", UINT64_MAX - 5);
	CHECK_EQ(explain_recording(&rec, &explain), 0);
	CHECK(explain.causes[0].ns == UINT64_MAX && explain.taken_ns == UINT64_MAX);
}

static bool is_second(const struct rec_thread *thread, const void *arg)
{
	(void)arg;
	return thread->vcpu == 1;
}

TEST(recording_keep_threads__leaves_their_stalls_and_counts)
{
	auto_recording struct recording rec = { .hostname = NULL };

	begin(&rec);
	add_stall(&rec, 4243, 2, 500000);
	add_stall(&rec, 4244, 3, 300000);
	add_stall(&rec, 4243, 2, 200000);
	rec.threads[1].stalls = 1;
	rec.threads[1].stalls_ns = 300000;
	recording_keep_threads(&rec, is_second, NULL);
	CHECK_EQ(rec.n_threads, 1);
	CHECK_EQ(rec.threads[0].tid, 4244);
	CHECK_EQ(rec.n_stalls, 1);
	CHECK_EQ(rec.stalls[0].tid, 4244);
	CHECK_EQ(rec.stalls_total, 1);
	CHECK_EQ(rec.stalls_total_ns, 300000);
}
