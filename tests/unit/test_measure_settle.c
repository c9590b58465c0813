/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of measure/settle: what was open when the window closed, on tables made by hand. The
 * tables that the kernel side leaves behind are tested with it, in tests/bpf.
 */
#include "measure/settle.h"

#include "base/cleanup.h"
#include "test.h"

#define OPENED	1000U
#define CLOSED	2000U
#define ALPHA	LULL_CAUSE(LULL_KIND_TASK, 42, 1)
#define SELF	LULL_CAUSE(LULL_KIND_TASK, 7, 1)
#define LINE	LULL_CAUSE(LULL_KIND_IRQ, 24, 0)
#define NET_RX	LULL_CAUSE(LULL_KIND_SOFTIRQ, 3, 0)
#define UNKNOWN LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0)

/* One CPU, one victim. Too large for the stack. */
struct tables {
	struct lull_cpu cpu;
	struct lull_victim v;
};

static struct tables *tables_new(enum lull_state state)
{
	struct tables *t = calloc(1, sizeof(*t));

	CHECK(t);
	t->cpu = (struct lull_cpu){ .opened_ns = OPENED, .last_ns = OPENED, .task = ALPHA };
	t->v = (struct lull_victim){ .state = state, .start_ns = OPENED, .since_ns = OPENED };
	return t;
}

static void settle(struct tables *t)
{
	settle_tables(&(struct settle_tables){ .cpus = &t->cpu,
					       .victims = &t->v,
					       .n_cpus = 1,
					       .n_victims = 1,
					       .closed_ns = CLOSED });
}

static uint64_t cause_ns(const struct tables *t, uint64_t key)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < LULL_CAUSES; i++)
		if (t->cpu.cause[i].key == key)
			sum += t->cpu.cause[i].sum_ns;
	return sum;
}

static uint64_t row_ns(const struct tables *t, enum lull_row row, uint64_t cause)
{
	uint64_t sum = 0;

	if (!cause)
		return t->v.entry[row].sum_ns;
	for (unsigned int i = LULL_ENTRY_ROWS; i < LULL_ENTRIES; i++)
		if (t->v.entry[i].key == ((uint64_t)row << LULL_ROW_SHIFT | cause))
			sum += t->v.entry[i].sum_ns;
	return sum;
}

/* Both sum to all of their wall time, and nothing was counted. */
static void check_sums(const struct tables *t, uint64_t wall)
{
	uint64_t causes = 0, rows = 0, count = 0;

	for (unsigned int i = 0; i <= LULL_CAUSES; i++)
		causes += t->cpu.cause[i].sum_ns;
	for (unsigned int i = 0; i <= LULL_ENTRIES; i++) {
		rows += t->v.entry[i].sum_ns;
		count += t->v.entry[i].count;
	}
	CHECK_EQ(settle_cpu_wall_ns(&t->cpu), CLOSED - OPENED);
	CHECK_EQ(causes, CLOSED - OPENED);
	CHECK_EQ(settle_victim_wall_ns(&t->v), wall);
	CHECK_EQ(rows, wall);
	CHECK_EQ(count, 0);
}

TEST(settle__charges_the_mode_of_the_current_thread)
{
	static const struct {
		enum lull_mode mode;
		enum lull_row row;
		uint32_t reason;
		uint64_t cause;
	} modes[] = {
		{ LULL_MODE_RUN, LULL_ROW_RUN, 0, 0 },
		{ LULL_MODE_GUEST, LULL_ROW_GUEST, 0, 0 },
		{ LULL_MODE_USER, LULL_ROW_USER, 0, 0 },
		{ LULL_MODE_EXIT, LULL_ROW_EXIT, 0, 0 },
		{ LULL_MODE_EXIT, LULL_ROW_EXIT, LULL_EXIT(1, 48),
		  LULL_CAUSE(LULL_KIND_EXIT, LULL_EXIT(1, 48), 0) },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		auto_free struct tables *t = tables_new(LULL_STATE_ON);

		t->cpu.victim = 1;
		t->cpu.task = SELF;
		t->cpu.last_ns = 1800;
		t->cpu.task_ns = t->v.mode_ns = 800;
		t->v.mode = modes[i].mode;
		t->v.reason = modes[i].reason;
		settle(t);
		CHECK_EQ(row_ns(t, modes[i].row, modes[i].cause), 1000);
		CHECK_EQ(cause_ns(t, SELF), 1000);
		check_sums(t, 1000);
	}
}

TEST(settle__an_exit_for_an_interrupt_is_untraced)
{
	auto_free struct tables *t = tables_new(LULL_STATE_ON);

	t->cpu.victim = 1;
	t->v.mode = LULL_MODE_EXIT;
	t->v.reason = LULL_EXIT_EXTINT_VMX;
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_UNTRACED, 0), 1000);
	check_sums(t, 1000);
}

TEST(settle__charges_what_is_open_over_the_current_thread)
{
	auto_free struct tables *t = tables_new(LULL_STATE_ON);

	t->cpu.victim = 1;
	t->cpu.task = SELF;
	t->cpu.last_ns = 1900;
	t->cpu.task_ns = t->v.mode_ns = 600;
	t->cpu.softirq = 3 + 1;
	t->cpu.soft_ns = 200;
	t->cpu.depth = 1;
	t->cpu.frame[0] = (struct lull_frame){ .cause = LINE, .acc_ns = 100 };
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_RUN, 0), 600);
	CHECK_EQ(row_ns(t, LULL_ROW_SOFTIRQ, NET_RX), 200);
	CHECK_EQ(row_ns(t, LULL_ROW_IRQ, LINE), 200);
	CHECK_EQ(cause_ns(t, SELF), 600);
	CHECK_EQ(cause_ns(t, NET_RX), 200);
	CHECK_EQ(cause_ns(t, LINE), 200);
	check_sums(t, 1000);
}

TEST(settle__takes_pending_nmi_time_out)
{
	auto_free struct tables *t = tables_new(LULL_STATE_ON);

	t->cpu.victim = 1;
	t->cpu.task = SELF;
	t->cpu.nmi_ns = 30;
	t->cpu.cause[LULL_CAUSE_NMI] = (struct lull_cause){
		.key = LULL_CAUSE(LULL_KIND_NMI, 0, 0),
		.sum_ns = 30,
	};
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_NMI, 0), 30);
	CHECK_EQ(row_ns(t, LULL_ROW_RUN, 0), 970);
	CHECK_EQ(cause_ns(t, SELF), 970);
	check_sums(t, 1000);
}

TEST(settle__a_cpu_without_an_event_is_unknown)
{
	auto_free struct tables *t = tables_new(LULL_STATE_FREE);

	t->cpu.fresh = 2;
	settle(t);
	CHECK_EQ(cause_ns(t, UNKNOWN), 1000);
	check_sums(t, 0);
}

TEST(settle__a_cpu_that_was_not_opened_has_no_time)
{
	auto_free struct tables *t = tables_new(LULL_STATE_FREE);

	t->cpu = (struct lull_cpu){ 0 };
	settle(t);
	CHECK_EQ(settle_cpu_wall_ns(&t->cpu), 0);
	CHECK_EQ(cause_ns(t, UNKNOWN), 0);
}

TEST(settle__an_event_after_the_close_ends_the_wall)
{
	auto_free struct tables *t = tables_new(LULL_STATE_ON);

	t->cpu.victim = 1;
	t->cpu.last_ns = 2010; /* a program that was under way */
	t->cpu.task_ns = t->v.mode_ns = 1010;
	settle(t);
	CHECK_EQ(settle_cpu_wall_ns(&t->cpu), 1010);
	CHECK_EQ(settle_victim_wall_ns(&t->v), 1010);
	CHECK_EQ(row_ns(t, LULL_ROW_RUN, 0), 1010);
}

TEST(settle__a_sleep_is_blocked)
{
	auto_free struct tables *t = tables_new(LULL_STATE_BLOCKED);

	t->v.since_ns = 1600;
	t->v.entry[LULL_ROW_RUN].sum_ns = 600;
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_BLOCKED, 0), 400);
	check_sums(t, 1000);
}

TEST(settle__a_thread_without_an_event_slept)
{
	auto_free struct tables *t = tables_new(LULL_STATE_UNKNOWN);

	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_BLOCKED, UNKNOWN), 1000);
	check_sums(t, 1000);
}

TEST(settle__a_sleep_that_was_not_judged_yet_is_blocked_and_counts)
{
	auto_free struct tables *t = tables_new(LULL_STATE_ON);

	t->cpu.victim = 1;
	t->cpu.last_ns = 1300;
	t->v.block_ns = 300;
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_BLOCKED, 0), 300);
	CHECK_EQ(t->v.entry[LULL_ROW_BLOCKED].count, 1);
	CHECK_EQ(row_ns(t, LULL_ROW_RUN, 0), 700);
	CHECK_EQ(settle_victim_wall_ns(&t->v), 1000);
}

TEST(settle__a_sleep_that_was_not_judged_yet_is_in_its_histogram)
{
	auto_free struct tables *t = tables_new(LULL_STATE_ON);

	t->v.entry[LULL_ROW_BLOCKED] = (struct lull_entry){
		.key = LULL_ROW_BLOCKED, .sum_ns = 200, .max_ns = 200, .count = 1, .hist = 1
	};
	t->v.hists = 1;
	t->v.block_ns = 300;
	settle(t);
	CHECK_EQ(t->v.entry[LULL_ROW_BLOCKED].count, 2);
	CHECK_EQ(t->v.entry[LULL_ROW_BLOCKED].max_ns, 300);
	CHECK_EQ(t->v.hist[0][lull_slot(300, LULL_SUB_BITS1)], 1);
}

TEST(settle__a_halt_that_was_not_judged_yet_is_halted_and_no_gap)
{
	auto_free struct tables *t = tables_new(LULL_STATE_WOKEN);

	t->v.mode = LULL_MODE_EXIT;
	t->v.reason = LULL_EXIT_HLT_VMX;
	t->v.gap_ns = OPENED;
	t->v.block_ns = 900;
	t->v.halt_wake_ns = t->v.since_ns = 1900;
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_HALTED, 0), 900);
	CHECK_EQ(row_ns(t, LULL_ROW_BLOCKED, 0), 0);
	CHECK_EQ(t->v.gap_sum, 100);
	CHECK_EQ(t->v.gap_ns, 1900);
}

TEST(settle__what_finds_no_segment_is_counted)
{
	auto_free struct tables *t = tables_new(LULL_STATE_PREEMPTED);

	t->v.gap_ns = OPENED;
	t->v.n_segments = LULL_SEGMENTS;
	settle(t);
	CHECK_EQ(t->v.segments_dropped, 1);
}

TEST(settle__an_open_mode_of_a_sleeper_is_kept)
{
	auto_free struct tables *t = tables_new(LULL_STATE_BLOCKED);

	t->v.since_ns = 1100;
	t->v.mode = LULL_MODE_EXIT;
	t->v.reason = LULL_EXIT(1, 48);
	t->v.mode_ns = 100;
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_EXIT, LULL_CAUSE(LULL_KIND_EXIT, LULL_EXIT(1, 48), 0)), 100);
	CHECK_EQ(row_ns(t, LULL_ROW_BLOCKED, 0), 900);
	check_sums(t, 1000);
}

TEST(settle__a_sleeper_in_a_halt_is_halted)
{
	auto_free struct tables *t = tables_new(LULL_STATE_BLOCKED);

	t->v.since_ns = 1100;
	t->v.mode = LULL_MODE_EXIT;
	t->v.reason = LULL_EXIT_HLT_SVM;
	t->v.mode_ns = 100;
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_HALTED, 0), 900);
	CHECK_EQ(row_ns(t, LULL_ROW_BLOCKED, 0), 0);
	check_sums(t, 1000);
}

TEST(settle__a_thread_on_no_cpu_of_ours_is_lost)
{
	auto_free struct tables *t = tables_new(LULL_STATE_ON);

	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_LOST, 0), 1000);
	check_sums(t, 1000);
}

/* Preempted at 1100; the CPU's timeline: itself, alpha, a line over alpha, alpha still. */
static struct tables *waiting(enum lull_state state)
{
	struct tables *t = tables_new(state);

	t->v.since_ns = 1100;
	t->v.entry[LULL_ROW_RUN].sum_ns = 100;
	t->cpu.last_ns = 1500;
	t->cpu.head = 3;
	t->cpu.moment[0] = (struct lull_moment){ 1100, SELF };
	t->cpu.moment[1] = (struct lull_moment){ 1400, ALPHA };
	t->cpu.moment[2] = (struct lull_moment){ 1500, LINE };
	t->cpu.cause[LULL_CAUSE_HASHED] = (struct lull_cause){ .key = SELF, .sum_ns = 100 };
	t->cpu.cause[LULL_CAUSE_HASHED + 1] = (struct lull_cause){ .key = LINE, .sum_ns = 100 };
	t->cpu.task_ns = 300;
	return t;
}

TEST(settle__a_wait_is_charged_by_the_timeline)
{
	static const struct {
		enum lull_state state;
		enum lull_row row;
	} waits[] = {
		{ LULL_STATE_PREEMPTED, LULL_ROW_PREEMPTED },
		{ LULL_STATE_WOKEN, LULL_ROW_WAKE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(waits); i++) {
		auto_free struct tables *t = waiting(waits[i].state);

		settle(t);
		CHECK_EQ(row_ns(t, waits[i].row, ALPHA), 300 + 500);
		CHECK_EQ(row_ns(t, waits[i].row, LINE), 100);
		check_sums(t, 1000);
	}
}

TEST(settle__a_wait_that_was_read_in_part_goes_on)
{
	auto_free struct tables *t = waiting(LULL_STATE_PREEMPTED);

	t->v.since_ns = 1400;
	t->v.occupant[0] = (struct lull_segment){ .word = ALPHA, .ns = 300 };
	t->v.n_occupants = 1;
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_PREEMPTED, ALPHA), 300 + 500);
	CHECK_EQ(row_ns(t, LULL_ROW_PREEMPTED, LINE), 100);
	check_sums(t, 1000);
}

TEST(settle__the_timeline_holds_all_until_it_comes_round)
{
	auto_free struct tables *t = waiting(LULL_STATE_WOKEN);

	/* The wait began inside the very first moment. */
	t->cpu.head = 1;
	t->cpu.moment[0] = (struct lull_moment){ 1500, ALPHA };
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_WAKE, ALPHA), 900);
	CHECK_EQ(row_ns(t, LULL_ROW_WAKE, UNKNOWN), 0);
}

TEST(settle__what_the_timeline_no_longer_holds_is_unknown)
{
	auto_free struct tables *t = waiting(LULL_STATE_PREEMPTED);

	t->cpu.head = LULL_TIMELINE + 1; /* the oldest one is gone: that place has the newest */
	for (unsigned int i = 0; i < LULL_TIMELINE; i++)
		t->cpu.moment[(i + 1) % LULL_TIMELINE] =
			(struct lull_moment){ 1101 + i / 2, i ? ALPHA : LINE };
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_PREEMPTED, UNKNOWN), 1);
	CHECK_EQ(row_ns(t, LULL_ROW_PREEMPTED, ALPHA), 899);
	check_sums(t, 1000);
}

TEST(settle__a_wait_for_a_cpu_that_is_not_watched_is_unknown)
{
	auto_free struct tables *t = waiting(LULL_STATE_PREEMPTED);

	t->v.cpu = 77;
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_PREEMPTED, UNKNOWN), 900);
	check_sums(t, 1000);
}

TEST(settle__the_dead_and_the_unborn_get_nothing)
{
	auto_free struct tables *dead = tables_new(LULL_STATE_DEAD);
	auto_free struct tables *unborn = tables_new(LULL_STATE_NEW);

	dead->v.since_ns = 1250;
	dead->v.entry[LULL_ROW_RUN].sum_ns = 250;
	settle(dead);
	check_sums(dead, 250);
	settle(unborn);
	check_sums(unborn, 0);
}

TEST(settle__full_tables_keep_the_time)
{
	auto_free struct tables *t = waiting(LULL_STATE_PREEMPTED);

	for (unsigned int i = LULL_ENTRY_HASHED; i < LULL_ENTRIES; i++)
		t->v.entry[i].key = i;
	for (unsigned int i = LULL_CAUSE_HASHED + 2; i < LULL_CAUSES; i++)
		t->cpu.cause[i].key = i;
	settle(t);
	CHECK_EQ(row_ns(t, LULL_ROW_PREEMPTED, 0), 900);
	CHECK_EQ(t->cpu.cause[LULL_CAUSES].sum_ns, 800);
	check_sums(t, 1000);
}
