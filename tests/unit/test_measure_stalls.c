/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of measure/stalls: exactly the longest are kept, records may be short or hostile.
 */
#include "measure/stalls.h"

#include <errno.h>

#include "base/cleanup.h"
#include "test.h"

#define auto_stalls __attribute__((cleanup(stalls_done)))

static int add(struct stalls *stalls, uint64_t at_ns, uint64_t duration_ns)
{
	const struct lull_stall raw = { .at_ns = at_ns, .duration_ns = duration_ns };

	return stalls_add(stalls, &raw, LULL_STALL_SHORT);
}

static int longer_first(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

TEST(stalls_add__keeps_exactly_the_longest)
{
	auto_stalls struct stalls stalls = { 0 };
	uint64_t all[500], state = 1;

	CHECK_EQ(stalls_init(&stalls, 33), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		all[i] = state >> 40;
		CHECK_EQ(add(&stalls, i, all[i]), 0);
	}
	qsort(all, ARRAY_SIZE(all), sizeof(*all), longer_first);
	stalls_sort(&stalls);
	CHECK_EQ(stalls.n, 33);
	for (unsigned int i = 0; i < 33; i++)
		CHECK_EQ(stalls.heap[i]->duration_ns, all[i]);
	CHECK_EQ(stalls.longest_ns, all[0]);
}

TEST(stalls_add__in_any_order_of_lengths)
{
	auto_stalls struct stalls up = { 0 }, down = { 0 };

	CHECK_EQ(stalls_init(&up, 4), 0);
	CHECK_EQ(stalls_init(&down, 4), 0);
	for (unsigned int i = 1; i <= 10; i++) {
		CHECK_EQ(add(&up, i, i), 0);
		CHECK_EQ(add(&down, i, 11 - i), 0);
	}
	stalls_sort(&up);
	stalls_sort(&down);
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(up.heap[i]->duration_ns, 10 - i);
		CHECK_EQ(down.heap[i]->duration_ns, 10 - i);
	}
}

TEST(stalls_floor_ns__is_none_while_there_is_room)
{
	auto_stalls struct stalls stalls = { 0 };

	CHECK_EQ(stalls_init(&stalls, 2), 0);
	CHECK_EQ(stalls_floor_ns(&stalls), 0);
	CHECK_EQ(add(&stalls, 1, 500), 0);
	CHECK_EQ(stalls_floor_ns(&stalls), 0);
	CHECK_EQ(add(&stalls, 2, 300), 0);
	CHECK_EQ(stalls_floor_ns(&stalls), 301);
	CHECK_EQ(add(&stalls, 3, 400), 0);
	CHECK_EQ(stalls_floor_ns(&stalls), 401);
}

TEST(stalls_add__one_as_long_as_the_shortest_changes_nothing)
{
	auto_stalls struct stalls stalls = { 0 };

	CHECK_EQ(stalls_init(&stalls, 1), 0);
	CHECK_EQ(add(&stalls, 1, 300), 0);
	CHECK_EQ(add(&stalls, 2, 300), 0);
	CHECK_EQ(stalls.heap[0]->at_ns, 1);
}

TEST(stalls_add__keeps_none_when_none_are_wanted)
{
	auto_stalls struct stalls stalls = { 0 };

	CHECK_EQ(stalls_init(&stalls, 0), 0);
	CHECK_EQ(add(&stalls, 1, 300), 0);
	CHECK_EQ(stalls.n, 0);
	CHECK_EQ(stalls.longest_ns, 300);
	CHECK_EQ(stalls_floor_ns(&stalls), 0);
}

TEST(stalls_add__refuses_a_cut_record)
{
	auto_stalls struct stalls stalls = { 0 };
	const struct lull_stall raw = { .duration_ns = 1 };

	CHECK_EQ(stalls_init(&stalls, 2), 0);
	CHECK_EQ(stalls_add(&stalls, &raw, LULL_STALL_SHORT - 1), -EINVAL);
	CHECK_EQ(stalls_add(&stalls, &raw, 0), -EINVAL);
	CHECK_EQ(stalls.n, 0);
	CHECK_EQ(stalls.longest_ns, 0);
}

TEST(stalls_add__copies_segments_but_those_of_a_halt)
{
	auto_stalls struct stalls stalls = { 0 };
	struct lull_stall raw = {
		.at_ns = 7,
		.duration_ns = 9,
		.victim = 3,
		.cpu = 5,
		.waker = 11,
		.n_segments = 3,
		.first_segment = 1,
		.segments_dropped = 2,
		.segment = { { 1, 10, 0 }, { 2, 20, 4 }, { 3, 30, 0 } },
	};

	CHECK_EQ(stalls_init(&stalls, 1), 0);
	CHECK_EQ(stalls_add(&stalls, &raw, LULL_STALL_SHORT), 0);
	raw.segment[1].ns = 0; /* a copy */
	CHECK_EQ(stalls.heap[0]->n_segments, 2);
	CHECK_EQ(stalls.heap[0]->segments[0].word, 2);
	CHECK_EQ(stalls.heap[0]->segments[0].ns, 20);
	CHECK_EQ(stalls.heap[0]->segments[0].label, 4);
	CHECK_EQ(stalls.heap[0]->segments[1].ns, 30);
	CHECK_EQ(stalls.heap[0]->segments_dropped, 2);
	CHECK_EQ(stalls.heap[0]->victim, 3);
	CHECK_EQ(stalls.heap[0]->cpu, 5);
	CHECK_EQ(stalls.heap[0]->waker, 11);
}

TEST(stalls_add__bounds_what_a_record_says_of_itself)
{
	auto_stalls struct stalls stalls = { 0 };
	const struct lull_stall raw = {
		.duration_ns = 9,
		.n_segments = 1000000,
		.n_kstack = 1 << 30,
		.n_ustack = -14,
	};
	const struct lull_stall none = { .duration_ns = 8, .n_segments = 2, .first_segment = 40 };

	CHECK_EQ(stalls_init(&stalls, 2), 0);
	CHECK_EQ(stalls_add(&stalls, &raw, sizeof(raw)), 0);
	CHECK_EQ(stalls_add(&stalls, &none, sizeof(none)), 0);
	stalls_sort(&stalls);
	CHECK_EQ(stalls.heap[0]->n_segments, LULL_SEGMENTS);
	CHECK_EQ(stalls.heap[0]->n_kstack, LULL_STACK);
	CHECK_EQ(stalls.heap[0]->n_ustack, 0);
	CHECK_EQ(stalls.heap[1]->n_segments, 0);
}

TEST(stalls_add__stacks_only_from_a_long_record)
{
	auto_stalls struct stalls stalls = { 0 };
	struct lull_stall raw = {
		.duration_ns = 9,
		.n_kstack = 16,
		.n_ustack = 8,
		.kstack = { 100, 200 },
		.ustack = { 300 },
	};

	CHECK_EQ(stalls_init(&stalls, 2), 0);
	CHECK_EQ(stalls_add(&stalls, &raw, sizeof(raw)), 0);
	raw.duration_ns = 8;
	CHECK_EQ(stalls_add(&stalls, &raw, LULL_STALL_SHORT), 0);
	stalls_sort(&stalls);
	CHECK_EQ(stalls.heap[0]->n_kstack, 2);
	CHECK_EQ(stalls.heap[0]->kstack[1], 200);
	CHECK_EQ(stalls.heap[0]->n_ustack, 1);
	CHECK_EQ(stalls.heap[0]->ustack[0], 300);
	CHECK_EQ(stalls.heap[1]->n_kstack, 0);
	CHECK_EQ(stalls.heap[1]->n_ustack, 0);
}

TEST(stalls_sort__of_equal_length_the_earlier_first)
{
	auto_stalls struct stalls stalls = { 0 };

	CHECK_EQ(stalls_init(&stalls, 3), 0);
	CHECK_EQ(add(&stalls, 30, 5), 0);
	CHECK_EQ(add(&stalls, 10, 5), 0);
	CHECK_EQ(add(&stalls, 20, 5), 0);
	stalls_sort(&stalls);
	for (unsigned int i = 0; i < 3; i++)
		CHECK_EQ(stalls.heap[i]->at_ns, 10 * (i + 1));
}
