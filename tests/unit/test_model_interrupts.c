/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of model/interrupts: counts by CPU where the columns have holes, and which lines are
 * left for a choice of CPUs or a VM, in which order.
 */
#include "model/interrupts.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "test.h"

#define auto_interrupts __attribute__((cleanup(interrupts_done)))

static void add(struct interrupts *all, int irq, const char *name, uint64_t a, uint64_t b)
{
	struct interrupt *line;

	all->lines = reallocarray(all->lines, all->n_lines + 1, sizeof(*all->lines));
	CHECK(all->lines);
	line = &all->lines[all->n_lines++];
	*line = (struct interrupt){ .irq = irq, .name = strdup(name), .n_counts = 2 };
	line->counts = calloc(2, sizeof(*line->counts));
	CHECK(line->counts);
	line->counts[0] = a;
	line->counts[1] = b;
}

/* Lines of CPUs 0 and 2. */
static void fill(struct interrupts *all)
{
	all->cpus = calloc(2, sizeof(*all->cpus));
	CHECK(all->cpus);
	all->cpus[1] = 2;
	all->n_cpus = 2;
	add(all, 5, "5", 7, 0);
	add(all, 6, "6", 1, 2);
	add(all, 7, "7", 0, 0);
	add(all, 8, "8", 9, 2);
	add(all, -1, "LOC", 3, 30);
	add(all, -1, "ERR", 4, 0);
	all->lines[4].is_per_cpu = all->lines[5].is_per_cpu = true;
	all->lines[5].n_counts = 1;
	all->lines[2].affinity = calloc(1, sizeof(struct cpuset));
	all->lines[0].affinity = calloc(1, sizeof(struct cpuset));
	CHECK(all->lines[2].affinity && all->lines[0].affinity);
	cpuset_add(all->lines[0].affinity, 0);
	cpuset_add(all->lines[2].affinity, 2);
	all->lines[3].vm_pid = 42;
}

static void check_names(const struct interrupts *all, const char *want)
{
	auto_str struct str names = { 0 };

	for (unsigned int i = 0; i < all->n_lines; i++)
		CHECK_EQ(str_addf(&names, "%s%s", i ? " " : "", all->lines[i].name), 0);
	CHECK_STREQ(names.s, want);
}

TEST(interrupt_count__goes_by_cpu_number)
{
	auto_interrupts struct interrupts all = { .cpus = NULL };
	struct cpuset cpus = { .bits = { 1U << 2 | 1U << 1 } };

	fill(&all);
	CHECK_EQ(interrupt_count(&all, &all.lines[3], NULL), 11);
	CHECK_EQ(interrupt_count(&all, &all.lines[3], &cpus), 2);
	CHECK_EQ(interrupt_count(&all, &all.lines[5], NULL), 4);
	cpuset_add(&cpus, 0);
	CHECK_EQ(interrupt_count(&all, &all.lines[5], &cpus), 0);
}

/* 7 may fire there, 6 and 8 did, LOC always may; 5 may not, and ERR is of no CPU. */
TEST(interrupts_keep_cpus__leaves_the_busiest_first)
{
	auto_interrupts struct interrupts all = { .cpus = NULL };
	const struct cpuset cpus = { .bits = { 1U << 2 } };

	fill(&all);
	interrupts_keep_cpus(&all, &cpus);
	check_names(&all, "LOC 6 8 7");
}

TEST(interrupts_keep_vm__leaves_its_lines)
{
	auto_interrupts struct interrupts all = { .cpus = NULL };

	fill(&all);
	interrupts_keep_vm(&all, 42);
	check_names(&all, "8");
}
