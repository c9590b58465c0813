/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of model/comparison on recordings that are made here, round by round.
 */
#include "model/comparison.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/recording.h"
#include "model/rows.h"
#include "test.h"

#define ROUNDS 12
#define MS     1000000ULL

/* What a round shall be like; times in ms of 10 s. */
struct plan {
	unsigned int noise, timer, halted;
	unsigned int exits, stalls;
	const char *task;
};

static void add_row(struct rec_thread *thread, const char *row, const char *name, uint64_t count,
		    uint64_t ms)
{
	struct rec_entry *entry;

	if (!ms)
		return;
	CHECK_EQ(rec_entry_add(&thread->ledger, &thread->n_ledger, &entry), 0);
	*entry = (struct rec_entry){ .kind = rows_find(row)->name,
				     .name = strdup(name),
				     .count = count,
				     .sum_ns = ms * MS,
				     .max_ns = 2 * MS };
	CHECK(entry->name != NULL);
}

static void make_round(const struct plan *plan, struct recording *rec)
{
	unsigned int used = plan->noise + plan->timer + plan->halted + 100;
	struct rec_thread *thread;

	rec->complete = true;
	rec->duration_ns = 10000 * MS;
	rec->stalls_total = plan->stalls;
	CHECK_EQ(recording_add_thread(rec, &thread), 0);
	thread->vm = strdup("win11");
	thread->comm = strdup("CPU 0/KVM");
	thread->vcpu = 0;
	thread->wall_ns = 10000 * MS;
	add_row(thread, "guest", "", 1, 10000 - used);
	add_row(thread, "exit", "HLT", plan->exits, 100);
	add_row(thread, "halted", "", 10, plan->halted);
	add_row(thread, "preempted", plan->task, plan->noise / 2, plan->noise);
	add_row(thread, "vector", "local timer", 2500, plan->timer);
	CHECK_EQ(hist_init(&thread->gap, 2), 0);
	hist_add(&thread->gap, 20000, 1000);
	hist_add(&thread->gap, plan->noise ? 3 * MS : 30000, 10 + plan->noise / 2);
}

/* Sides of @n rounds; those of B differ by what @b says. A round varies by its number. */
struct sides {
	struct recording recordings[2 * ROUNDS];
	struct comparison_round rounds[2 * ROUNDS];
	char names[2 * ROUNDS][16];
	unsigned int n;
};

static void make_sides(struct sides *sides, unsigned int n, struct plan a, struct plan b)
{
	*sides = (struct sides){ .n = n };
	for (unsigned int i = 0; i < 2 * n; i++) {
		struct plan plan = i < n ? a : b;

		if (plan.noise)
			plan.noise += i * 7 % 5 * 20;
		plan.timer += i * 3 % 4;
		make_round(&plan, &sides->recordings[i]);
		(void)snprintf(sides->names[i], sizeof(sides->names[i]), "round %u", i);
		sides->rounds[i] = (struct comparison_round){ .rec = &sides->recordings[i],
							      .name = sides->names[i] };
	}
}

static void compare(struct sides *sides, bool is_paired, struct comparison *ret)
{
	const struct comparison_sides both = { .a = sides->rounds,
					       .n_a = sides->n,
					       .b = sides->rounds + sides->n,
					       .n_b = sides->n,
					       .is_paired = is_paired };

	CHECK_EQ(comparison_make(&both, &verdict_defaults, ret), 0);
}

static void sides_done(struct sides *sides, struct comparison *comparison)
{
	for (unsigned int i = 0; i < 2 * sides->n; i++)
		recording_done(&sides->recordings[i]);
	comparison_done(comparison);
}

static const struct comparison_figure *figure_of(const struct comparison *comparison,
						 const char *name)
{
	for (unsigned int i = 0; i < comparison->n_figures; i++) {
		if (streq(comparison->figures[i].name, name))
			return &comparison->figures[i];
	}
	test_failed(__FILE__, __LINE__, name);
}

static const struct plan noisy = { .noise = 1000,
				   .timer = 50,
				   .halted = 2000,
				   .exits = 1000,
				   .stalls = 500,
				   .task = "demo-noise 812" };
static const struct plan quiet = { .timer = 50, .halted = 2000, .exits = 1000, .task = "" };

TEST(comparison_make__sees_an_improvement_in_pairs)
{
	struct comparison comparison;
	struct sides sides;

	make_sides(&sides, 6, noisy, quiet);
	compare(&sides, true, &comparison);
	CHECK_EQ(comparison.verdict, VERDICT_IMPROVED);
	CHECK(!comparison.is_refused);
	CHECK_EQ(comparison.n_reasons, 0);
	CHECK(comparison.figures[0].effect.high < -0.1);
	CHECK_STREQ(comparison.figures[0].name, "taken");
	CHECK_EQ(figure_of(&comparison, "gap_p999")->verdict, VERDICT_IMPROVED);
	CHECK_EQ(figure_of(&comparison, "gap_p50")->verdict, VERDICT_UNCHANGED);
	CHECK_EQ(comparison.time_a_ns, 60000 * MS);
	sides_done(&sides, &comparison);
}

TEST(comparison_make__says_worse_the_other_way_round)
{
	struct comparison comparison;
	struct sides sides;

	make_sides(&sides, 6, quiet, noisy);
	/* Before, the host took 0.6 %: but one gap of 2 ms is enough not to be clean. */
	compare(&sides, false, &comparison);
	CHECK_EQ(comparison.verdict, VERDICT_WORSE);
	sides_done(&sides, &comparison);
}

TEST(comparison_make__knows_causes_that_went_and_stayed)
{
	struct comparison comparison;
	struct sides sides;

	make_sides(&sides, 6, noisy, quiet);
	compare(&sides, false, &comparison);
	CHECK_EQ(comparison.n_causes, 2);
	CHECK_STREQ(comparison.causes[0].name, "demo-noise");
	CHECK_STREQ(comparison.causes[0].row, "preempted");
	CHECK_EQ(comparison.causes[0].fate, CAUSE_WENT);
	CHECK_EQ(comparison.causes[0].verdict, VERDICT_IMPROVED);
	CHECK_EQ(comparison.causes[1].fate, CAUSE_STAYED);
	CHECK_EQ(comparison.causes[1].verdict, VERDICT_UNCHANGED);
	CHECK(fabs(comparison.causes[1].rate_a - 250) < 1e-9);
	sides_done(&sides, &comparison);
}

/* Rounds with @a on one side and @b on the other are one cause, called @name. */
static void check_same_cause(const char *a, const char *b, const char *name)
{
	struct plan one = noisy, other = noisy;
	struct comparison comparison;
	struct sides sides;

	one.task = a;
	other.task = b;
	make_sides(&sides, 4, one, other);
	compare(&sides, false, &comparison);
	CHECK_EQ(comparison.n_causes, 2);
	CHECK_STREQ(comparison.causes[0].name, name);
	CHECK_EQ(comparison.causes[0].fate, CAUSE_STAYED);
	CHECK_EQ(comparison.verdict, VERDICT_UNCHANGED);
	CHECK(comparison.figures[0].effect.detectable > 0.0005);
	sides_done(&sides, &comparison);
}

TEST(comparison_make__knows_a_cause_by_name_whatever_its_number)
{
	check_same_cause("demo-noise 812", "demo-noise 9999 (user.slice)", "demo-noise");
	check_same_cause("make 4 5 (several)", "make 4 5 12", "make 4 5");
	check_same_cause("kworker/2:1 311", "kworker/2:0-events 27", "kworker/2");
	check_same_cause("irq 36 virtio1-req.0", "irq 41 virtio1-req.0", "virtio1-req.0");
	check_same_cause("irq 36", "irq 36", "36");
}

TEST(comparison_make__a_task_is_not_what_it_calls_itself)
{
	struct comparison comparison;
	struct plan liar = noisy;
	struct sides sides;

	liar.task = "local timer 812";
	make_sides(&sides, 4, liar, liar);
	compare(&sides, false, &comparison);
	CHECK_EQ(comparison.n_causes, 2);
	sides_done(&sides, &comparison);
}

/* None in 6 rounds of 10 s: fewer than 3 a minute. */
TEST(comparison_make__bounds_what_was_never_seen)
{
	struct comparison comparison;
	struct sides sides;

	make_sides(&sides, 6, noisy, quiet);
	compare(&sides, true, &comparison);
	CHECK(fabs(figure_of(&comparison, "stalls")->bound_b - 2.9957) < 1e-3);
	CHECK(figure_of(&comparison, "stalls")->bound_a <= 0);
	CHECK_EQ(figure_of(&comparison, "stalls")->verdict, VERDICT_IMPROVED);
	sides_done(&sides, &comparison);
}

TEST(comparison_make__of_single_rounds_is_incomplete_and_has_figures)
{
	struct comparison comparison;
	struct sides sides;

	make_sides(&sides, 1, noisy, quiet);
	compare(&sides, false, &comparison);
	CHECK_EQ(comparison.verdict, VERDICT_INCOMPLETE);
	CHECK(!comparison.is_refused);
	CHECK_STREQ(comparison.reasons[0], "1 and 1 rounds: an interval needs at least 3 a side");
	CHECK(!comparison.figures[0].effect.has_interval);
	CHECK(comparison.figures[0].effect.effect < -0.1);
	sides_done(&sides, &comparison);
}

TEST(comparison_make__says_that_the_host_is_clean)
{
	struct comparison comparison;
	struct sides sides;

	make_sides(&sides, 6, quiet, quiet);
	for (unsigned int i = 0; i < 12; i++)
		for (unsigned int e = 0; e < sides.recordings[i].threads[0].n_ledger; e++)
			sides.recordings[i].threads[0].ledger[e].max_ns = 60000;
	compare(&sides, true, &comparison);
	CHECK_EQ(comparison.verdict, VERDICT_CLEAN);
	CHECK_EQ(comparison.longest_a_ns, 60000);
	sides_done(&sides, &comparison);
}

static void check_refused(struct sides *sides, const char *why)
{
	struct comparison comparison;

	compare(sides, false, &comparison);
	CHECK(comparison.is_refused);
	CHECK_EQ(comparison.verdict, VERDICT_INCOMPLETE);
	CHECK_EQ(comparison.n_figures, 0);
	CHECK_STREQ(comparison.reasons[0], why);
	sides_done(sides, &comparison);
}

TEST(comparison_make__refuses_loss)
{
	struct sides sides;

	make_sides(&sides, 3, noisy, quiet);
	sides.recordings[4].dropped = 1;
	check_refused(&sides, "round 4 is incomplete: something was lost");
}

TEST(comparison_make__leaves_out_pairs_with_loss)
{
	struct comparison comparison;
	struct sides sides;

	make_sides(&sides, 5, noisy, quiet);
	sides.recordings[1].dropped = 1;
	CHECK_EQ(recording_add_incomplete(&sides.recordings[5 + 3], "suspended"), 0);
	compare(&sides, true, &comparison);
	CHECK_EQ(comparison.verdict, VERDICT_IMPROVED);
	CHECK_EQ(comparison.n_a, 3);
	CHECK_EQ(comparison.n_b, 3);
	CHECK_EQ(comparison.time_b_ns, 30000 * MS);
	CHECK_EQ(comparison.n_left_out, 2);
	CHECK_STREQ(comparison.reasons[0],
		    "pair 2 is left out, for the round before: stalls that did not fit");
	CHECK_STREQ(comparison.reasons[1], "pair 4 is left out, for the round after: suspended");
	sides_done(&sides, &comparison);
}

/* The same pairs alone give the same effect. */
TEST(comparison_make__keeps_pairs_together)
{
	struct comparison some, three;
	struct sides sides, fewer;

	make_sides(&sides, 4, noisy, quiet);
	make_sides(&fewer, 4, noisy, quiet);
	sides.recordings[0].complete = false;
	fewer.n = 3;
	compare(&sides, true, &some);
	memmove(fewer.rounds, fewer.rounds + 1, 3 * sizeof(*fewer.rounds));
	memmove(fewer.rounds + 3, fewer.rounds + 5, 3 * sizeof(*fewer.rounds));
	compare(&fewer, true, &three);
	CHECK(some.figures[0].effect.low == three.figures[0].effect.low);
	CHECK(some.figures[0].effect.effect == three.figures[0].effect.effect);
	fewer.n = 4;
	sides_done(&sides, &some);
	sides_done(&fewer, &three);
}

TEST(comparison_make__with_fewer_than_three_pairs_left_is_incomplete)
{
	struct comparison comparison;
	struct sides sides;

	make_sides(&sides, 4, noisy, quiet);
	sides.recordings[0].complete = sides.recordings[5].complete = false;
	compare(&sides, true, &comparison);
	CHECK_EQ(comparison.verdict, VERDICT_INCOMPLETE);
	CHECK(!comparison.is_refused);
	CHECK_STREQ(comparison.reasons[2], "2 and 2 rounds: an interval needs at least 3 a side");
	sides_done(&sides, &comparison);
}

TEST(comparison_make__without_a_whole_pair_compares_nothing)
{
	struct comparison comparison;
	struct sides sides;

	make_sides(&sides, 1, noisy, quiet);
	sides.recordings[1].complete = false;
	compare(&sides, true, &comparison);
	CHECK(comparison.is_refused);
	CHECK_EQ(comparison.verdict, VERDICT_INCOMPLETE);
	CHECK_EQ(comparison.n_reasons, 1);
	sides_done(&sides, &comparison);
}

/* A shield moves them: fewer of them are no other load. */
TEST(comparison_make__takes_other_interrupts_of_the_host)
{
	struct comparison comparison;
	struct sides sides;

	make_sides(&sides, 3, noisy, quiet);
	for (unsigned int i = 0; i < 3; i++)
		add_row(&sides.recordings[i].threads[0], "exit", "external_interrupt", 50000, 1);
	compare(&sides, true, &comparison);
	CHECK(!comparison.is_refused);
	sides_done(&sides, &comparison);
}

TEST(comparison_make__refuses_other_victims)
{
	struct sides sides;

	make_sides(&sides, 3, noisy, quiet);
	sides.recordings[5].threads[0].vcpu = 1;
	check_refused(&sides, "round 0 watched win11 vcpu 0, but round 5 watched win11 vcpu 1");
}

TEST(comparison_make__takes_other_tids_of_the_same_victims)
{
	struct comparison comparison;
	struct sides sides;

	make_sides(&sides, 3, noisy, quiet);
	sides.recordings[5].threads[0].tid = 4711;
	compare(&sides, false, &comparison);
	CHECK(!comparison.is_refused);
	sides_done(&sides, &comparison);
}

TEST(comparison_make__refuses_another_load)
{
	struct plan idle = quiet;
	struct sides sides;

	idle.halted = 5000;
	make_sides(&sides, 3, noisy, idle);
	check_refused(
		&sides,
		"the load differs by more than 20 %: the victims wanted to run 80.0 % of the time before, 50.0 % after, and ran 69.1 % and 49.5 %");
}

/* The same work, which had to wait before: it wants less time where nobody keeps it waiting. */
/* More was taken from them than they wanted, so they did not run at all: not for an eternity. */
TEST(comparison_make__knows_victims_that_never_ran)
{
	struct sides sides;
	struct comparison comparison;
	struct plan a = quiet, b = quiet;

	a.halted = 2000;
	b.halted = 5000;
	make_sides(&sides, 5, a, b);
	for (unsigned int i = 0; i < 5; i++)
		add_row(sides.recordings[i].threads, "preempted", "kworker/0:1", 1, 9000);
	compare(&sides, true, &comparison);
	CHECK(!comparison.is_refused);
	sides_done(&sides, &comparison);
}

TEST(comparison_make__takes_the_same_work_without_its_waits)
{
	struct plan kept_waiting = noisy, left_alone = quiet;
	struct comparison comparison;
	struct sides sides;

	kept_waiting.noise = 3000;
	left_alone.halted = 5000;
	make_sides(&sides, 3, kept_waiting, left_alone);
	compare(&sides, false, &comparison);
	CHECK(!comparison.is_refused);
	CHECK_EQ(comparison.verdict, VERDICT_IMPROVED);
	sides_done(&sides, &comparison);
}

/* Some of it was not done for want of time: it wants less, and runs more. */
TEST(comparison_make__takes_work_that_was_not_done_before)
{
	struct plan starved = noisy, left_alone = quiet;
	struct comparison comparison;
	struct sides sides;

	starved.noise = 6000;
	starved.halted = 0;
	left_alone.halted = 4500;
	make_sides(&sides, 3, starved, left_alone);
	compare(&sides, false, &comparison);
	CHECK(!comparison.is_refused);
	sides_done(&sides, &comparison);
}

TEST(comparison_make__refuses_another_rate_of_exits)
{
	struct plan busy = quiet;
	struct sides sides;

	busy.exits = 2000;
	make_sides(&sides, 3, quiet, busy);
	check_refused(
		&sides,
		"the load differs by more than 20 %: 127 exits a second of guest time before, 255 after");
}

TEST(comparison_make__compares_cpus_without_victims)
{
	struct comparison comparison;
	struct sides sides = { .n = 3 };

	for (unsigned int i = 0; i < 6; i++) {
		struct rec_cpu *cpu;
		struct rec_entry *entry;

		sides.recordings[i].complete = true;
		sides.recordings[i].duration_ns = 1000 * MS;
		CHECK_EQ(recording_add_cpu(&sides.recordings[i], &cpu), 0);
		cpu->wall_ns = 1000 * MS;
		CHECK_EQ(rec_entry_add(&cpu->sources, &cpu->n_sources, &entry), 0);
		*entry = (struct rec_entry){ .kind = rows_source("irq"),
					     .name = strdup("131 nvme0q3"),
					     .id = strdup("131"),
					     .count = 100,
					     .sum_ns = (i < 3 ? 50 + i : i) * MS };
		sides.rounds[i] =
			(struct comparison_round){ .rec = &sides.recordings[i], .name = "x" };
	}
	compare(&sides, false, &comparison);
	CHECK(comparison.of_cpus);
	CHECK_EQ(comparison.n_causes, 1);
	CHECK_STREQ(comparison.causes[0].name, "nvme0q3");
	CHECK(fabs(comparison.figures[0].a - 0.051) < 1e-9);
	CHECK_EQ(comparison.verdict, VERDICT_IMPROVED);
	sides_done(&sides, &comparison);
}
