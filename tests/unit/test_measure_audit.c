/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of measure/audit: differences of counters over four readings of a small machine.
 */
#include "measure/audit.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "machines.h"
#include "test.h"

#define auto_audit __attribute__((cleanup(audit_done)))

/* What the machine's files say at one point. */
struct reading {
	unsigned int nvme[2], loc[2]; /* of CPU 0 and CPU 1 */
	unsigned int run_ns, wait_ns, steal_ticks;
};

/* Before and after the window opens, before and after it closes. */
static const struct reading readings[4] = {
	{ { 100, 7 }, { 1000, 2000 }, 5000, 300, 10 },
	{ { 101, 7 }, { 1003, 2000 }, 5100, 310, 10 },
	{ { 150, 7 }, { 1203, 2100 }, 9100, 710, 14 },
	{ { 155, 7 }, { 1210, 2101 }, 9300, 750, 15 },
};

static void put(const char *dir, const struct reading *r)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "            CPU0       CPU1\n"
		       "  24: %10u %10u   PCI-MSIX-0000:01:00.0   1-edge      nvme0q1\n"
		       " LOC: %10u %10u   Local timer interrupts\n",
		       r->nvme[0], r->nvme[1], r->loc[0], r->loc[1]);
	machines_put(dir, "proc/interrupts", text);
	(void)snprintf(text, sizeof(text), "%u %u 3\n", r->run_ns, r->wait_ns);
	machines_put(dir, "proc/42/schedstat", text);
	(void)snprintf(text, sizeof(text),
		       "cpu  0 0 0 0 0 0 0 %u 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n"
		       "cpu1 0 0 0 0 0 0 0 %u 0 0\n",
		       r->steal_ticks, r->steal_ticks);
	machines_put(dir, "proc/stat", text);
}

static int take_one(struct audit *audit, enum audit_point point, const struct reading *r,
		    const pid_t *tids, unsigned int n_tids)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = { .fd = -1 };
	const struct audit_sources from = { .root = &root, .tids = tids, .n_tids = n_tids };

	put(dir, r);
	CHECK_EQ(fs_root_open(&root, dir), 0);
	return audit_take(audit, point, &from);
}

static void take_all(struct audit *audit, const struct reading r[4], unsigned int n_points)
{
	static const pid_t tids[] = { 42, 43, 0 };

	for (unsigned int i = 0; i < n_points; i++)
		CHECK_EQ(take_one(audit, (enum audit_point)i, &r[i], tids, ARRAY_SIZE(tids)), 0);
}

static void check_span(const struct audit_span *s, uint64_t value, uint64_t low, uint64_t high)
{
	CHECK_EQ(s->value, value);
	CHECK_EQ(s->low, low);
	CHECK_EQ(s->high, high);
}

TEST(audit_irq__lies_between_the_inner_and_the_outer_difference)
{
	auto_audit struct audit audit = { 0 };
	struct audit_span s;

	take_all(&audit, readings, 4);
	CHECK_EQ(audit_irq(&audit, "24", 0, &s), 0);
	check_span(&s, 50, 49, 55);
	CHECK_EQ(audit_irq(&audit, "LOC", 1, &s), 0);
	check_span(&s, 100, 100, 101);
	CHECK_EQ(audit_irq(&audit, "24", 1, &s), 0);
	check_span(&s, 0, 0, 0);
}

TEST(audit_irq__a_line_that_is_not_there)
{
	auto_audit struct audit audit = { 0 };
	struct audit_span s;

	take_all(&audit, readings, 4);
	CHECK_EQ(audit_irq(&audit, "RES", 0, &s), -ENOENT);
}

TEST(audit_irq__a_counter_that_began_again_is_another_one)
{
	auto_audit struct audit audit = { 0 };
	struct reading r[4];
	struct audit_span s;

	memcpy(r, readings, sizeof(r));
	r[AUDIT_BEFORE_CLOSE].nvme[0] = 3;
	take_all(&audit, r, 4);
	CHECK_EQ(audit_irq(&audit, "24", 0, &s), -ENOENT);
	CHECK_EQ(audit_irq(&audit, "LOC", 0, &s), 0);
}

TEST(audit_irq__a_line_that_goes_while_the_window_closes_is_none)
{
	auto_audit struct audit audit = { 0 };
	struct reading r[4];
	struct audit_span s;

	memcpy(r, readings, sizeof(r));
	r[AUDIT_AFTER_CLOSE].nvme[0] = 0;
	take_all(&audit, r, 4);
	CHECK_EQ(audit_irq(&audit, "24", 0, &s), -ENOENT);
	CHECK_EQ(audit_irq(&audit, "LOC", 0, &s), 0);
}

TEST(audit_thread__run_and_wait_time)
{
	auto_audit struct audit audit = { 0 };
	struct audit_span run, wait;

	take_all(&audit, readings, 4);
	CHECK_EQ(audit_thread(&audit, 0, &run, &wait), 0);
	check_span(&run, 4100, 4000, 4300);
	check_span(&wait, 410, 400, 450);
}

TEST(audit_thread__one_that_is_gone_was_none_or_is_not_in_the_list)
{
	auto_audit struct audit audit = { 0 };
	struct audit_span run, wait;

	take_all(&audit, readings, 4);
	CHECK_EQ(audit_thread(&audit, 1, &run, &wait), -ENOENT);
	CHECK_EQ(audit_thread(&audit, 2, &run, &wait), -ENOENT);
	CHECK_EQ(audit_thread(&audit, 3, &run, &wait), -ENOENT);
}

TEST(audit_thread__one_that_was_plugged_in_later)
{
	static const pid_t before[] = { 0 }, after[] = { 42 };
	auto_audit struct audit audit = { 0 };
	struct audit_span run, wait;

	for (unsigned int i = 0; i < 4; i++)
		CHECK_EQ(take_one(&audit, (enum audit_point)i, &readings[i], i < 2 ? before : after,
				  1),
			 0);
	CHECK_EQ(audit_thread(&audit, 0, &run, &wait), -ENOENT);
}

TEST(audit_steal__in_nanoseconds_of_a_cpu)
{
	const uint64_t tick_ns = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK);
	auto_audit struct audit audit = { 0 };
	struct audit_span s;

	take_all(&audit, readings, 4);
	CHECK_EQ(audit_steal(&audit, 1, &s), 0);
	check_span(&s, 4 * tick_ns, 4 * tick_ns, 5 * tick_ns);
	CHECK_EQ(audit_steal(&audit, 0, &s), 0);
	check_span(&s, 0, 0, 0);
	CHECK_EQ(audit_steal(&audit, 5, &s), -ENOENT);
}

/* Idle grows by what the others do not have of it, and may go back. */
TEST(audit_times__are_differences_of_a_cpu)
{
	const uint64_t tick_ns = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK);
	auto_audit struct audit audit = { 0 };
	struct cputimes times;

	take_all(&audit, readings, 4);
	audit.reads[AUDIT_BEFORE_OPEN].times[1].user_ns = 30;
	audit.reads[AUDIT_BEFORE_CLOSE].times[1].user_ns = 100;
	audit.reads[AUDIT_BEFORE_OPEN].times[1].idle_ns = 50;
	CHECK_EQ(audit_times(&audit, 1, &times), 0);
	CHECK_EQ(times.cpu, 1);
	CHECK_EQ(times.user_ns, 70);
	CHECK_EQ(times.idle_ns, 0);
	CHECK_EQ(times.steal_ns, 4 * tick_ns);
	CHECK_EQ(audit_times(&audit, 2, &times), -ENOENT);
}

TEST(audit_count__by_row_and_column)
{
	auto_audit struct audit audit = { 0 };
	struct irq_table *open = &audit.reads[AUDIT_BEFORE_OPEN].irqs;

	take_all(&audit, readings, 4);
	CHECK_EQ(audit_count(&audit, 0, 0), 50);
	CHECK_EQ(audit_count(&audit, 0, 1), 0);
	CHECK_EQ(audit_count(&audit, 1, 1), 100);
	CHECK_EQ(audit_count(&audit, 1, 2), 0);
	/* A row that came in between counts from 0; one that moved is found by its name. */
	open->lines[0].name[0] = 'X';
	CHECK_EQ(audit_count(&audit, 0, 0), 150);
	open->n_lines = 1;
	memcpy(open->lines[0].name, "LOC", 4);
	CHECK_EQ(audit_count(&audit, 1, 0), 1103);
}

TEST(audit__is_nothing_without_all_four_readings)
{
	auto_audit struct audit audit = { 0 };
	struct audit_span s, t;
	struct cputimes times;

	take_all(&audit, readings, 3);
	CHECK_EQ(audit_irq(&audit, "24", 0, &s), -ENOENT);
	CHECK_EQ(audit_thread(&audit, 0, &s, &t), -ENOENT);
	CHECK_EQ(audit_steal(&audit, 0, &s), -ENOENT);
	CHECK_EQ(audit_times(&audit, 0, &times), -ENOENT);
	CHECK_EQ(audit_vcpu(&audit, 0, &s, &t), -ENOENT);
}

TEST(audit_take__a_machine_without_interrupts_is_an_error_and_no_reading)
{
	auto_audit struct audit audit = { 0 };
	auto_root struct root root = { .fd = -1 };
	struct audit_sources from = { .root = &root };

	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	CHECK(audit_take(&audit, AUDIT_BEFORE_OPEN, &from) < 0);
	CHECK(!audit.have[AUDIT_BEFORE_OPEN]);
}

TEST(audit_take__a_second_reading_takes_the_place_of_the_first)
{
	auto_audit struct audit audit = { 0 };
	struct audit_span s;

	take_all(&audit, readings, 4);
	CHECK_EQ(take_one(&audit, AUDIT_AFTER_CLOSE, &readings[2], NULL, 0), 0);
	CHECK_EQ(audit_irq(&audit, "24", 0, &s), 0);
	check_span(&s, 50, 49, 50);
}

TEST(audit_vcpu__by_index_where_all_readings_have_it)
{
	auto_audit struct audit audit = { 0 };
	struct audit_span exits, waits;

	take_all(&audit, readings, 4);
	for (uint64_t i = 0; i < 4; i++) {
		struct audit_read *read = &audit.reads[i];

		free(read->vcpus);
		read->vcpus = calloc(2, sizeof(*read->vcpus));
		CHECK(read->vcpus);
		read->n_vcpus = 2;
		read->vcpus[0] = (struct audit_vcpu){ .index = 3, .have = i != 1 };
		read->vcpus[1] = (struct audit_vcpu){
			.index = 1, .have = true, .exits = 10 * i, .halt_wait_ns = 1000 * i
		};
	}
	CHECK_EQ(audit_vcpu(&audit, 1, &exits, &waits), 0);
	check_span(&exits, 20, 10, 30);
	check_span(&waits, 2000, 1000, 3000);
	CHECK_EQ(audit_vcpu(&audit, 3, &exits, &waits), -ENOENT);
	CHECK_EQ(audit_vcpu(&audit, 0, &exits, &waits), -ENOENT);
}
