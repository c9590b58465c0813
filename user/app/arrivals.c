/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arrivals: two looks at /proc/interrupts, a quarter of a second apart.
 */
#include "app/arrivals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "sys/irqs.h"
#include "sys/irqs_class.h"

#define APART_NS 250000000L

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static bool is_of_host(const struct irq_line *line, const struct irq_info *info)
{
	return line->irq >= 0 && (info->class == IRQ_HOST || info->class == IRQ_MANAGED ||
				  info->class == IRQ_UNKNOWN);
}

static int add(struct arrivals *arrivals, const struct irq_line *line, int cpu, uint64_t count)
{
	struct arrival_row *rows =
		realloc(arrivals->rows, (arrivals->n_rows + 1) * sizeof(*arrivals->rows));
	char *name = NULL;

	if (!rows)
		return -ENOMEM;
	arrivals->rows = rows;
	if (asprintf(&name, "irq %d %s", line->irq, line->actions[0] ? line->actions : "-") < 0)
		return -ENOMEM;
	rows[arrivals->n_rows++] = (struct arrival_row){ .name = name, .cpu = cpu, .count = count };
	return 0;
}

static int add_line(const struct irq_table *first, const struct irq_table *second,
		    const struct irq_line *line, const struct cpuset *cpus, struct arrivals *to)
{
	int cpu, err = 0;

	for_each_cpu(cpu, cpus) {
		/* A line that was not there began with 0; less: it got another one's number. */
		uint64_t before = irqs_count(first, line->name, cpu);
		uint64_t after = irqs_count(second, line->name, cpu);

		if (!err && after > before)
			err = add(to, line, cpu, after - before);
	}
	return err;
}

int arrivals_between(const struct root *root, const struct irq_table *first,
		     const struct irq_table *second, const struct cpuset *cpus,
		     struct arrivals *ret)
{
	auto_irq_infos struct irq_infos infos = { 0 };
	struct arrivals found = { 0 };
	int err = irqs_classify(root, second, NULL, &infos);

	for (unsigned int i = 0; !err && i < second->n_lines; i++)
		if (is_of_host(&second->lines[i], &infos.infos[i]))
			err = add_line(first, second, &second->lines[i], cpus, &found);
	if (err)
		arrivals_done(&found);
	else
		*ret = found;
	return err;
}

int arrivals_look(const struct root *root, const struct cpuset *cpus, struct arrivals *ret)
{
	const struct timespec apart = { .tv_nsec = APART_NS };
	struct irq_table first = { 0 }, second = { 0 };
	uint64_t since = now_ns(), looked_ns = 0;
	int err = irqs_read(root, &first, NULL);

	if (!err) {
		(void)nanosleep(&apart, NULL); /* cut short: it is said how long it was */
		err = irqs_read(root, &second, NULL);
		looked_ns = now_ns() - since;
	}
	err = err ?: arrivals_between(root, &first, &second, cpus, ret);
	if (!err)
		ret->looked_ns = looked_ns;
	irqs_done(&first);
	irqs_done(&second);
	return err;
}

void arrivals_done(struct arrivals *arrivals)
{
	for (unsigned int i = 0; i < arrivals->n_rows; i++)
		free(arrivals->rows[i].name);
	free(arrivals->rows);
	*arrivals = (struct arrivals){ 0 };
}
