/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interrupts: counts over CPUs, and the choice of lines by CPU. Reads no file.
 */
#include "model/interrupts.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static void interrupt_done(struct interrupt *line)
{
	for (unsigned int i = 0; i < line->n_actions; i++)
		free(line->actions[i]);
	free(line->actions);
	free(line->name);
	free(line->chip);
	free(line->trigger);
	free(line->description);
	free(line->counts);
	free(line->affinity);
	free(line->effective);
	free(line->bdf);
	free(line->device);
	free(line->why);
}

void interrupts_done(struct interrupts *all)
{
	if (!all)
		return;
	for (unsigned int i = 0; i < all->n_lines; i++)
		interrupt_done(&all->lines[i]);
	free(all->lines);
	free(all->cpus);
	*all = (struct interrupts){ .cpus = NULL };
}

uint64_t interrupt_count(const struct interrupts *all, const struct interrupt *line,
			 const struct cpuset *cpus)
{
	uint64_t sum = 0;

	/* Fewer counts than columns (ERR) do not say whose they are. */
	if (cpus && line->n_counts < all->n_cpus)
		return 0;
	for (unsigned int i = 0; i < line->n_counts; i++)
		if (!cpus || cpuset_has(cpus, (unsigned int)all->cpus[i]))
			sum += line->counts[i];
	return sum;
}

static bool is_overlap(const struct cpuset *set, const struct cpuset *cpus)
{
	struct cpuset both;

	if (!set)
		return false;
	both = *set;
	cpuset_and(&both, cpus);
	return !cpuset_is_empty(&both);
}

bool interrupt_can_fire(const struct interrupts *all, const struct interrupt *line,
			const struct cpuset *cpus)
{
	return (line->is_per_cpu && line->n_counts >= all->n_cpus) ||
	       is_overlap(line->affinity, cpus) || is_overlap(line->effective, cpus) ||
	       interrupt_count(all, line, cpus) > 0;
}

struct ranking {
	const struct interrupts *all;
	const struct cpuset *cpus;
};

/* Ties stay in the order of the file: numbered lines rise, and a later line lies behind. */
static int by_count(const void *a, const void *b, void *arg)
{
	const struct interrupt *x = a, *y = b;
	const struct ranking *ranking = arg;
	uint64_t count_x = interrupt_count(ranking->all, x, ranking->cpus);
	uint64_t count_y = interrupt_count(ranking->all, y, ranking->cpus);

	if (count_x != count_y)
		return count_x < count_y ? 1 : -1;
	if ((x->irq < 0) != (y->irq < 0))
		return x->irq < 0 ? 1 : -1;
	if (x->irq != y->irq)
		return x->irq < y->irq ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* @cpus NULL: by the VM. */
static void keep(struct interrupts *all, const struct cpuset *cpus, pid_t pid)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < all->n_lines; i++) {
		struct interrupt *line = &all->lines[i];

		if (cpus ? interrupt_can_fire(all, line, cpus) : line->vm_pid == pid)
			all->lines[n++] = *line;
		else
			interrupt_done(line);
	}
	all->n_lines = n;
}

void interrupts_keep_vm(struct interrupts *all, pid_t pid)
{
	keep(all, NULL, pid);
}

void interrupts_keep_cpus(struct interrupts *all, const struct cpuset *cpus)
{
	struct ranking ranking = { .all = all, .cpus = cpus };

	keep(all, cpus, 0);
	if (all->n_lines)
		qsort_r(all->lines, all->n_lines, sizeof(*all->lines), by_count, &ranking);
}
