/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of model/gate on recordings of one thread, or one CPU, that are made here.
 */
#include "model/gate.h"

#include <string.h>

#include "base/cleanup.h"
#include "model/recording.h"
#include "model/rows.h"
#include "test.h"

#define MS 1000000ULL

static void add(struct rec_entry **entries, unsigned int *n, const char *kind, uint64_t ns)
{
	struct rec_entry *entry;

	CHECK_EQ(rec_entry_add(entries, n, &entry), 0);
	*entry = (struct rec_entry){ .kind = kind,
				     .name = strdup("x"),
				     .id = strdup("7"),
				     .count = 10,
				     .sum_ns = ns,
				     .max_ns = 2 * MS };
}

/* 10 s, of which 2 s are slept, 80 ms preempted and 8 ms interrupts; 1000 gaps, the longest 3 ms. */
static void make_thread(struct recording *rec)
{
	struct rec_thread *thread;

	*rec = (struct recording){ .complete = true, .duration_ns = 10000 * MS };
	CHECK_EQ(recording_add_thread(rec, &thread), 0);
	thread->comm = strdup("victim");
	thread->wall_ns = 10000 * MS;
	add(&thread->ledger, &thread->n_ledger, "run", 7912 * MS);
	add(&thread->ledger, &thread->n_ledger, "blocked", 2000 * MS);
	add(&thread->ledger, &thread->n_ledger, "preempted", 80 * MS);
	add(&thread->ledger, &thread->n_ledger, "irq", 8 * MS);
	thread->preempted.sum = 80 * MS; /* all waits had an end */
	CHECK_EQ(hist_init(&thread->gap, 2), 0);
	hist_add(&thread->gap, 1000, 990);
	hist_add(&thread->gap, 3 * MS, 10);
}

static void make_cpu(struct recording *rec)
{
	struct rec_cpu *cpu;

	*rec = (struct recording){ .complete = true, .duration_ns = 10000 * MS };
	CHECK_EQ(recording_add_cpu(rec, &cpu), 0);
	cpu->wall_ns = 10000 * MS;
	add(&cpu->sources, &cpu->n_sources, "irq", 100 * MS);
}

/* The verdict on one limit; the result goes to *ret. */
static enum gate_verdict judge(const struct recording *rec, struct gate_limit limit,
			       struct gate_result *ret)
{
	struct gate gate;

	CHECK_EQ(gate_judge(&rec, 1, &limit, 1, &gate), 0);
	CHECK_EQ(gate.n, 1);
	*ret = gate.results[0];
	return gate.verdict;
}

TEST(gate_judge__taken_is_of_the_wanted_time)
{
	struct gate_result result;
	struct recording rec;

	make_thread(&rec);
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_TAKEN, .share = 0.011 }, &result),
		 GATE_KEPT);
	CHECK(result.share > 0.010999 && result.share < 0.011001);
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_TAKEN, .share = 0.0109 }, &result),
		 GATE_BROKEN);
	recording_done(&rec);
}

TEST(gate_judge__a_row_alone)
{
	const char *irq = rows_find("irq")->name;
	struct gate_result result;
	struct recording rec;

	make_thread(&rec);
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_ROW, .row = irq, .share = 0.001 },
		       &result),
		 GATE_KEPT);
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_ROW, .row = irq, .share = 0.0009 },
		       &result),
		 GATE_BROKEN);
	recording_done(&rec);
}

TEST(gate_judge__the_longest_gap_may_be_the_limit_itself)
{
	struct gate_result result;
	struct recording rec;

	make_thread(&rec);
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_LONGEST, .most = 3 * MS }, &result),
		 GATE_KEPT);
	CHECK_EQ(result.value, 3 * MS);
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_LONGEST, .most = 3 * MS - 1 },
		       &result),
		 GATE_BROKEN);
	recording_done(&rec);
}

TEST(gate_judge__a_quantile_needs_a_gap_beyond_it)
{
	struct gate_limit limit = { .kind = GATE_QUANTILE, .quantile = 999000, .most = 5 * MS };
	struct gate_result result;
	struct recording rec;

	make_thread(&rec);
	CHECK_EQ(judge(&rec, limit, &result), GATE_KEPT);
	CHECK_EQ(result.samples, 1000);
	limit.quantile = 999001;
	CHECK_EQ(judge(&rec, limit, &result), GATE_INCONCLUSIVE);
	limit.most = 1; /* nor is it known to be broken */
	CHECK_EQ(judge(&rec, limit, &result), GATE_INCONCLUSIVE);
	recording_done(&rec);
}

TEST(gate_judge__no_stall_has_a_bound)
{
	struct gate_result result;
	struct recording rec;

	make_thread(&rec);
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_STALLS }, &result), GATE_KEPT);
	CHECK(result.bound > 17.97 && result.bound < 17.98); /* 3.0 in 10 s */
	rec.stalls_total = 1;
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_STALLS }, &result), GATE_BROKEN);
	CHECK(!(result.bound > 0));
	recording_done(&rec);
}

TEST(gate_judge__after_loss_only_broken_is_sure)
{
	struct gate_result result;
	struct recording rec;

	make_thread(&rec);
	rec.complete = false;
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_STALLS }, &result),
		 GATE_INCONCLUSIVE);
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_LONGEST, .most = 1 }, &result),
		 GATE_BROKEN);
	recording_done(&rec);
}

TEST(gate_judge__who_never_wanted_to_run_proves_nothing)
{
	struct gate_result result;
	struct recording rec;

	make_thread(&rec);
	rec.threads[0].wall_ns = 2000 * MS;
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_STALLS }, &result),
		 GATE_INCONCLUSIVE);
	recording_done(&rec);
}

TEST(gate_judge__cpus_are_judged_by_what_ran_there)
{
	struct gate_result result;
	struct recording rec;

	make_cpu(&rec);
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_LONGEST, .most = 2 * MS }, &result),
		 GATE_KEPT);
	CHECK_EQ(judge(&rec, (struct gate_limit){ .kind = GATE_TAKEN, .share = 0.0099 }, &result),
		 GATE_BROKEN);
	recording_done(&rec);
}

TEST(gate_judge__all_recordings_together)
{
	const struct gate_limit limits[] = { { .kind = GATE_STALLS, .most = 4 },
					     { .kind = GATE_LONGEST, .most = 9 * MS } };
	struct recording recs[2];
	const struct recording *both[] = { &recs[0], &recs[1] };
	struct gate gate;

	make_thread(&recs[0]);
	make_thread(&recs[1]);
	recs[0].stalls_total = 2;
	recs[1].stalls_total = 3;
	CHECK_EQ(gate_judge(both, 2, limits, 2, &gate), 0);
	CHECK_EQ(gate.results[0].value, 5);
	CHECK_EQ(gate.results[0].verdict, GATE_BROKEN);
	CHECK_EQ(gate.results[1].verdict, GATE_KEPT);
	CHECK_EQ(gate.verdict, GATE_BROKEN);
	CHECK_EQ(gate.duration_ns, 20000 * MS);
	recording_done(&recs[0]);
	recording_done(&recs[1]);
}
