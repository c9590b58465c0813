/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harvest_host: the CPUs that were not watched, by the kernel's own counts, which the audit has
 * read anyway: how busy they were, and which interrupts came to them.
 */
#define LULL_MEASURE_PRIVATE
#include "base/cleanup.h"
#include "measure/capture_p.h"
#include "measure/harvest_p.h"
#include "model/rec_host.h"
#include "model/recording.h"

#define INTERRUPTS_MAX 4 /* of each */

struct ranked {
	unsigned int row;
	uint64_t count;
};

/* The rows of /proc/interrupts that came to @column most often; returns how many. */
static unsigned int rank(const struct audit *audit, unsigned int column,
			 struct ranked best[INTERRUPTS_MAX])
{
	const struct irq_table *irqs = &audit->reads[AUDIT_BEFORE_CLOSE].irqs;
	unsigned int n = 0;

	for (unsigned int row = 0; row < irqs->n_lines; row++) {
		uint64_t count = audit_count(audit, row, column);
		unsigned int at = n;

		while (at > 0 && best[at - 1].count < count)
			at--;
		if (!count || at == INTERRUPTS_MAX)
			continue;
		n = min(n + 1, INTERRUPTS_MAX);
		for (unsigned int i = n - 1; i > at; i--)
			best[i] = best[i - 1];
		best[at] = (struct ranked){ .row = row, .count = count };
	}
	return n;
}

/* As it is called where it was watched; a row that has no words of ours has the kernel's. */
static int interrupt_name(const struct harvest *h, const struct irq_line *line, struct str *out)
{
	static const char *const labels[] = {
#define VECTOR(id, nr, tp, label, name) [LULL_VECTOR_##id] = label,
#include "vectors.def"
	};

	if (line->irq >= 0)
		return names_cause(h->names, LULL_CAUSE(LULL_KIND_IRQ, (unsigned int)line->irq, 0),
				   LULL_N_ROWS, out);
	for (unsigned int i = 0; i < ARRAY_SIZE(labels); i++) {
		if (streq(labels[i], line->name))
			return names_cause(h->names, LULL_CAUSE(LULL_KIND_VECTOR, i, 0),
					   LULL_N_ROWS, out);
	}
	return str_add(out, *line->actions ? line->actions : line->name);
}

static int add_interrupts(const struct harvest *h, unsigned int column, struct rec_host_cpu *cpu)
{
	const struct audit *audit = &h->cap->audit;
	struct ranked best[INTERRUPTS_MAX];
	unsigned int n = rank(audit, column, best);
	int err = 0;

	for (unsigned int i = 0; i < n && !err; i++) {
		const struct irq_line *line =
			&audit->reads[AUDIT_BEFORE_CLOSE].irqs.lines[best[i].row];
		auto_str struct str name = { 0 };

		err = interrupt_name(h, line, &name);
		err = err
			      ?: rec_host_cpu_add_interrupt(cpu, line->name, name.s ?: "",
							    best[i].count);
	}
	return err;
}

static int add_cpu(struct harvest *h, unsigned int column)
{
	int number = h->cap->audit.reads[AUDIT_BEFORE_CLOSE].irqs.cpus[column];
	struct rec_host_cpu cpu = { .cpu = number };
	struct cputimes times;
	int err;

	if (cpuset_has(&h->cap->cpus_watched, (unsigned int)number) ||
	    audit_times(&h->cap->audit, number, &times))
		return 0;
	cpu.user_ns = times.user_ns;
	cpu.system_ns = times.system_ns;
	cpu.irq_ns = times.irq_ns;
	cpu.softirq_ns = times.softirq_ns;
	cpu.steal_ns = times.steal_ns;
	cpu.idle_ns = times.idle_ns;
	err = add_interrupts(h, column, &cpu);
	if (!err)
		return recording_add_host_cpu(h->rec, &cpu);
	rec_host_cpu_done(&cpu);
	return err;
}

int harvest_host(struct harvest *h)
{
	const struct irq_table *irqs = &h->cap->audit.reads[AUDIT_BEFORE_CLOSE].irqs;
	int err = 0;

	for (unsigned int i = 0; i < irqs->n_cpus && !err; i++)
		err = add_cpu(h, i);
	return err;
}
