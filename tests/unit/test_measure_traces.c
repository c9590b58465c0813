/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of measure/traces: what surrounds a stall is taken once, without holes; what was
 * overwritten is counted; what surrounds the longest stalls is kept.
 */
#include "measure/traces.h"

#include <errno.h>

#include "base/cleanup.h"
#include "test.h"

#define PLACES	16U
#define CPUS	2U
#define BEFORE	100U /* so 10 after */
#define AFTER	10U
#define WORD(n) LULL_CAUSE(LULL_KIND_TASK, n, 0)

struct rig {
	struct lull_cpu cpus[CPUS];
	struct lull_victim victims[1];
	struct lull_event rings[CPUS * PLACES];
	struct traces t;
};

/* Two CPUs; nothing happens on the second, which is not watched. */
static struct rig *rig_new(size_t max_events)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	const struct traces_tables tables = {
		.cpus = rig->cpus,
		.victims = rig->victims,
		.rings = rig->rings,
		.n_cpus = CPUS,
		.n_victims = 1,
		.places = PLACES,
	};

	rig->cpus[0].opened_ns = 1;
	CHECK_EQ(traces_init(&rig->t, &tables, BEFORE, max_events), 0);
	return rig;
}

static void rig_free(struct rig **rig)
{
	traces_done(&(*rig)->t);
	free(*rig);
}

#define auto_rig __attribute__((cleanup(rig_free)))

/* As the kernel side: @word had CPU @slot up to @end. */
static void put(struct rig *rig, unsigned int slot, uint64_t end, uint64_t ns, uint64_t word)
{
	uint32_t n = rig->cpus[slot].traced++;

	rig->rings[slot * PLACES + n % PLACES] =
		(struct lull_event){ .end_ns = end, .ns = ns, .word = word, .seq = n + 1 };
}

/* Ten events of 50 each, up to 500. */
static void put_ten(struct rig *rig)
{
	for (unsigned int i = 1; i <= 10; i++)
		put(rig, 0, 50ULL * i, 50, WORD(i));
}

/* A window has no hole, and begins and ends as its events do. */
static void check_tiles(const struct trace_window *w)
{
	uint64_t at = w->from_ns;

	for (unsigned int i = 0; i < w->n; i++) {
		CHECK_EQ(w->events[i].end_ns - w->events[i].ns, at);
		at = w->events[i].end_ns;
	}
	CHECK_EQ(at, w->to_ns);
}

TEST(traces_take__cuts_out_what_surrounds_a_stall)
{
	auto_rig struct rig *rig = rig_new(1000);

	put_ten(rig);
	CHECK_EQ(traces_want(&rig->t, 260, 70), 0);
	CHECK_EQ(traces_take(&rig->t, 500), 0);
	CHECK_EQ(rig->t.n, 1);
	CHECK_EQ(rig->t.windows[0].from_ns, 160);
	CHECK_EQ(rig->t.windows[0].to_ns, 340);
	CHECK_EQ(rig->t.windows[0].n, 4);
	CHECK_EQ(rig->t.windows[0].events[0].word, WORD(4));
	CHECK_EQ(rig->t.windows[0].stall_ns, 70);
	CHECK_EQ(rig->t.dropped, 0);
	check_tiles(&rig->t.windows[0]);
}

TEST(traces_take__begins_when_the_cpu_was_first_watched)
{
	auto_rig struct rig *rig = rig_new(1000);

	rig->cpus[0].opened_ns = 50;
	for (unsigned int i = 2; i <= 4; i++)
		put(rig, 0, 50ULL * i, 50, WORD(i));
	CHECK_EQ(traces_want(&rig->t, 60, 40), 0);
	CHECK_EQ(traces_take(&rig->t, 200), 0);
	CHECK_EQ(rig->t.windows[0].from_ns, 50);
	CHECK_EQ(rig->t.dropped, 0);
}

TEST(traces_take__counts_what_was_overwritten)
{
	auto_rig struct rig *rig = rig_new(1000);

	for (unsigned int i = 1; i <= 20; i++)
		put(rig, 0, 50ULL * i, 50, WORD(i));
	CHECK_EQ(traces_want(&rig->t, 150, 800), 0);
	CHECK_EQ(traces_take(&rig->t, 1000), 0);
	CHECK_EQ(rig->t.dropped, 1);
	CHECK_EQ(rig->t.missing_ns, 150);
	CHECK_EQ(rig->t.windows[0].events[0].word, TRACES_LOST);
	CHECK_EQ(rig->t.windows[0].events[0].ns, 150);
	CHECK_EQ(rig->t.windows[0].events[1].word, WORD(5));
	check_tiles(&rig->t.windows[0]);
}

TEST(traces_take__leaves_out_what_is_being_written)
{
	auto_rig struct rig *rig = rig_new(1000);

	put_ten(rig);
	rig->rings[4].seq = 0;
	CHECK_EQ(traces_want(&rig->t, 250, 100), 0);
	CHECK_EQ(traces_take(&rig->t, 500), 0);
	CHECK_EQ(rig->t.dropped, 1);
	CHECK_EQ(rig->t.missing_ns, 50);
	check_tiles(&rig->t.windows[0]);
}

TEST(traces_take__orders_what_was_written_inside_one_another)
{
	auto_rig struct rig *rig = rig_new(1000);

	put(rig, 0, 100, 100, WORD(1));
	put(rig, 0, 300, 100, WORD(3));
	put(rig, 0, 200, 100, WORD(2));
	CHECK_EQ(traces_want(&rig->t, 110, 150), 0);
	CHECK_EQ(traces_take(&rig->t, 300), 0);
	CHECK_EQ(rig->t.dropped, 0);
	CHECK_EQ(rig->t.windows[0].n, 3);
	check_tiles(&rig->t.windows[0]);
}

TEST(traces_take__gives_nmis_a_part_of_the_stretch_that_they_were_in)
{
	auto_rig struct rig *rig = rig_new(1000);
	const uint64_t nmi = LULL_CAUSE(LULL_KIND_NMI, 0, 0);

	put(rig, 0, 200, 199, WORD(1));
	put(rig, 0, 200, 20, nmi);
	put(rig, 0, 300, 100, WORD(2));
	CHECK_EQ(traces_want(&rig->t, 110, 150), 0);
	CHECK_EQ(traces_take(&rig->t, 300), 0);
	CHECK_EQ(rig->t.windows[0].n, 3);
	CHECK_EQ(rig->t.windows[0].events[0].end_ns, 180);
	CHECK_EQ(rig->t.windows[0].events[1].word, nmi);
	CHECK_EQ(rig->t.windows[0].events[1].ns, 20);
	check_tiles(&rig->t.windows[0]);
}

TEST(traces_take__ends_with_what_is_still_open)
{
	auto_rig struct rig *rig = rig_new(1000);

	put_ten(rig);
	rig->cpus[0].task = WORD(77);
	CHECK_EQ(traces_want(&rig->t, 400, 150), 0);
	CHECK_EQ(traces_take(&rig->t, 600), 0);
	CHECK_EQ(rig->t.windows[0].to_ns, 560);
	CHECK_EQ(rig->t.windows[0].events[rig->t.windows[0].n - 1].word, WORD(77));
	check_tiles(&rig->t.windows[0]);
}

/* An interrupt or a softirq that takes long has the CPU like a task. */
TEST(traces_take__ends_within_an_interrupt)
{
	auto_rig struct rig *rig = rig_new(1000);
	const uint64_t soft = LULL_CAUSE(LULL_KIND_SOFTIRQ, 3, 0);
	const uint64_t irq = LULL_CAUSE(LULL_KIND_IRQ, 40, 0);

	put_ten(rig);
	rig->cpus[0].task = WORD(77);
	rig->cpus[0].softirq = 1 + 3;
	CHECK_EQ(traces_want(&rig->t, 480, 300), 0);
	CHECK_EQ(traces_take(&rig->t, 600), 0);
	CHECK_EQ(rig->t.windows[0].to_ns, 600);
	CHECK_EQ(rig->t.windows[0].events[rig->t.windows[0].n - 1].word, soft);
	check_tiles(&rig->t.windows[0]);
	put(rig, 0, 620, 120, soft);
	rig->cpus[0].frame[0] = (struct lull_frame){ .cause = irq, .label = 5 };
	rig->cpus[0].depth = 1;
	CHECK_EQ(traces_take(&rig->t, 700), 0);
	CHECK_EQ(rig->t.windows[1].from_ns, 600);
	CHECK_EQ(rig->t.windows[1].to_ns, 700);
	CHECK_EQ(rig->t.windows[1].n, 2);
	CHECK_EQ(rig->t.windows[1].events[0].word, soft);
	CHECK_EQ(rig->t.windows[1].events[1].word, irq | 5ULL << LULL_ROW_SHIFT);
	CHECK_EQ(rig->t.dropped, 0);
	check_tiles(&rig->t.windows[1]);
}

TEST(traces_take__takes_what_is_yet_to_come_later)
{
	auto_rig struct rig *rig = rig_new(1000);

	put_ten(rig);
	CHECK_EQ(traces_want(&rig->t, 400, 100), 0);
	CHECK_EQ(traces_take(&rig->t, 500), 0);
	CHECK_EQ(rig->t.windows[0].to_ns, 500);
	put(rig, 0, 550, 50, WORD(11));
	CHECK_EQ(traces_take(&rig->t, 550), 0);
	CHECK_EQ(traces_sort(&rig->t), 0);
	CHECK_EQ(rig->t.n, 1);
	CHECK_EQ(rig->t.windows[0].to_ns, 500 + AFTER);
	check_tiles(&rig->t.windows[0]);
}

TEST(traces_take__takes_nothing_twice)
{
	auto_rig struct rig *rig = rig_new(1000);
	uint64_t all = 0;

	put_ten(rig);
	CHECK_EQ(traces_want(&rig->t, 150, 50), 0);
	CHECK_EQ(traces_want(&rig->t, 180, 60), 0);
	CHECK_EQ(traces_take(&rig->t, 300), 0);
	/* One that began before them and is over only now. */
	CHECK_EQ(traces_want(&rig->t, 110, 380), 0);
	CHECK_EQ(traces_take(&rig->t, 500), 0);
	CHECK_EQ(traces_sort(&rig->t), 0);
	CHECK_EQ(rig->t.n, 1);
	CHECK_EQ(rig->t.windows[0].from_ns, 10);
	CHECK_EQ(rig->t.windows[0].to_ns, 500);
	CHECK_EQ(rig->t.windows[0].stall_ns, 380);
	check_tiles(&rig->t.windows[0]);
	for (unsigned int i = 0; i < rig->t.windows[0].n; i++)
		all += rig->t.windows[0].events[i].ns;
	CHECK_EQ(all, 490);
	CHECK_EQ(rig->t.n_taken, 1);
}

TEST(traces_take__keeps_windows_apart_that_are)
{
	auto_rig struct rig *rig = rig_new(1000);

	for (unsigned int i = 1; i <= 12; i++)
		put(rig, 0, 100ULL * i, 100, WORD(i));
	for (unsigned int at = 150; at < 1200; at += 400) {
		CHECK_EQ(traces_want(&rig->t, at, 20), 0);
		CHECK_EQ(traces_take(&rig->t, 1200), 0);
	}
	CHECK_EQ(traces_sort(&rig->t), 0);
	CHECK_EQ(rig->t.n, 3);
	CHECK_EQ(rig->t.n_taken, 3);
	for (unsigned int i = 0; i < 3; i++)
		CHECK_EQ(rig->t.windows[i].from_ns, 50 + 400 * i);
}

TEST(traces_take__keeps_what_surrounds_the_longest_stalls)
{
	auto_rig struct rig *rig = rig_new(24);

	/* A stall each 300 ns, 3 events around each, the longest in the middle. */
	for (unsigned int i = 1; i <= 30; i++) {
		uint64_t at = 300ULL * i, ns = i == 15 ? 90 : 10 + i;

		put(rig, 0, at - 150, 150, WORD(1));
		put(rig, 0, at, 150, WORD(2));
		CHECK_EQ(traces_want(&rig->t, at - 100, ns), 0);
		CHECK_EQ(traces_take(&rig->t, at), 0);
		CHECK(rig->t.n_events <= 24 + 3);
	}
	CHECK_EQ(traces_sort(&rig->t), 0);
	CHECK(rig->t.n > 5);
	CHECK(rig->t.windows_dropped > 0);
	CHECK_EQ(rig->t.windows_dropped + rig->t.n, 30);
	CHECK_EQ(rig->t.windows[0].stall_ns, 90);
	for (unsigned int i = 1; i < rig->t.n; i++)
		CHECK(rig->t.windows[i].stall_ns > 20);
}

TEST(traces_take__reads_every_cpu)
{
	auto_rig struct rig *rig = rig_new(1000);

	put_ten(rig);
	rig->cpus[1].opened_ns = 1;
	put(rig, 1, 490, 489, WORD(5));
	CHECK_EQ(traces_want(&rig->t, 260, 70), 0);
	CHECK_EQ(traces_take(&rig->t, 500), 0);
	CHECK_EQ(traces_sort(&rig->t), 0);
	CHECK_EQ(rig->t.n, 2);
	CHECK_EQ(rig->t.windows[1].slot, 1);
	CHECK_EQ(rig->t.windows[1].n, 1);
	CHECK_EQ(rig->t.windows[1].events[0].ns, 180);
}

TEST(traces_take__survives_the_wrap_of_its_numbers)
{
	auto_rig struct rig *rig = rig_new(1000);

	rig->cpus[0].traced = UINT32_MAX - 4;
	put_ten(rig);
	CHECK_EQ(traces_want(&rig->t, 210, 270), 0);
	CHECK_EQ(traces_take(&rig->t, 500), 0);
	/* The fifth has the number 0, which is none. */
	CHECK_EQ(rig->t.dropped, 1);
	CHECK_EQ(rig->t.missing_ns, 50);
	CHECK_EQ(rig->t.windows[0].n, 8);
	check_tiles(&rig->t.windows[0]);
}
