/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harvest_audit: what the kernel counted, beside what the recording says.
 */
#define LULL_MEASURE_PRIVATE
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "measure/capture_p.h"
#include "measure/harvest_p.h"
#include "model/recording.h"

static int audit_add(struct harvest *h, const char *what, const struct audit_span *span,
		     const uint64_t *lull)
{
	struct rec_audit *a;
	int err = recording_add_audit(h->rec, &a);

	if (err)
		return err;
	a->what = strdup(what);
	a->kernel = span->value;
	a->kernel_min = span->low;
	a->kernel_max = span->high;
	a->has_lull = lull != NULL;
	a->lull = lull ? *lull : 0;
	return a->what ? 0 : -ENOMEM;
}

/*
 * Which rows of /proc/interrupts we count: numbered lines, what CPUs of arm64 send each other, which are
 * lines too, and the labels of vectors that we have.
 */
static bool is_counted(const struct harvest *h, const struct irq_line *line)
{
	static const char *const labels[] = {
#define VECTOR(id, nr, tp, label, name) [LULL_VECTOR_##id] = label,
#include "vectors.def"
	};

	if (line->irq >= 0 || str_starts(line->name, "IPI"))
		return h->cap->on[LULL_HOOK_irq__entry];
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (streq(labels[i], line->name))
			return h->cap->on[LULL_HOOK_vector__entry] && h->cap->have_vector[i];
	return false;
}

/* Is it what that row counts? An IPI's entry has a number, and the row's name behind it. */
static bool is_of_row(const struct rec_entry *e, const struct irq_line *line)
{
	const char *rest;

	if (line->irq >= 0 || !streq(e->kind, "irq"))
		return streq(e->kind, line->irq >= 0 ? "irq" : "vector") &&
		       streq(e->id, line->name);
	rest = strchr(e->name, ' ');
	return rest && str_starts(rest + 1, line->name) && rest[1 + strlen(line->name)] == ' ';
}

static uint64_t counted(const struct rec_cpu *cpu, const struct irq_line *line)
{
	for (unsigned int i = 0; i < cpu->n_sources; i++)
		if (is_of_row(&cpu->sources[i], line))
			return cpu->sources[i].count;
	return 0;
}

/* NMI is counted by handler, not by interrupt: no figure of ours stands beside it. */
static int audit_cpu(struct harvest *h, const struct rec_cpu *cpu)
{
	const struct irq_table *irqs = &h->cap->audit.reads[AUDIT_BEFORE_CLOSE].irqs;
	struct audit_span span;
	char what[64];

	for (unsigned int i = 0; i < irqs->n_lines; i++) {
		const struct irq_line *line = &irqs->lines[i];
		uint64_t lull = counted(cpu, line);
		bool has = is_counted(h, line) && line->n_counts == irqs->n_cpus;
		int err;

		if (line->n_counts != irqs->n_cpus ||
		    audit_irq(&h->cap->audit, line->name, cpu->cpu, &span) ||
		    (!span.high && !(has && lull)))
			continue;
		(void)snprintf(what, sizeof(what), "cpu%d %s%s", cpu->cpu,
			       line->irq >= 0 ? "irq " : "", line->name);
		err = audit_add(h, what, &span, has ? &lull : NULL);
		if (err)
			return err;
	}
	if (audit_steal(&h->cap->audit, cpu->cpu, &span))
		return 0;
	(void)snprintf(what, sizeof(what), "cpu%d steal_ns", cpu->cpu);
	return audit_add(h, what, &span, NULL);
}

static bool on_cpu_row(const char *row)
{
	return !streq(row, "halted") && !streq(row, "blocked") && !streq(row, "wake") &&
	       !streq(row, "preempted");
}

/* On-CPU rows are schedstat's run time; preempted and the run-queue part of wake its wait. */
static int audit_victim(struct harvest *h, unsigned int slot, const struct rec_thread *t)
{
	struct audit_span run, wait;
	uint64_t ran = 0, waited = 0;
	char what[64];
	int err;

	if (audit_thread(&h->cap->audit, slot, &run, &wait))
		return 0;
	for (unsigned int i = 0; i < t->n_ledger; i++) {
		const struct rec_entry *e = &t->ledger[i];

		if (on_cpu_row(e->kind))
			ran += e->sum_ns;
		else if (streq(e->kind, "preempted") ||
			 (streq(e->kind, "wake") && !str_starts(e->name, "on its way")))
			waited += e->sum_ns;
	}
	(void)snprintf(what, sizeof(what), "tid %d run_ns", t->tid);
	err = audit_add(h, what, &run, &ran);
	(void)snprintf(what, sizeof(what), "tid %d wait_ns", t->tid);
	return err ?: audit_add(h, what, &wait, &waited);
}

/*
 * Where KVM reports no entries our exits are none: its own count stands alone. So does its time of
 * halts always: it adds a halt as a whole when that is over, with the part before the window, and of
 * our rows wake holds what followed other sleeps too. They are not the same quantity.
 */
static int audit_kvm(struct harvest *h, const struct rec_thread *t)
{
	struct audit_span exits, halt_wait;
	uint64_t n = 0;
	char what[64];
	int err;

	if (t->vcpu < 0 || audit_vcpu(&h->cap->audit, t->vcpu, &exits, &halt_wait))
		return 0;
	for (unsigned int i = 0; i < t->n_ledger; i++)
		if (streq(t->ledger[i].kind, "exit") || streq(t->ledger[i].kind, "untraced"))
			n += t->ledger[i].count;
	(void)snprintf(what, sizeof(what), "vcpu %d exits", t->vcpu);
	err = audit_add(h, what, &exits, t->has_kvm_entries ? &n : NULL);
	(void)snprintf(what, sizeof(what), "vcpu %d halt_wait_ns", t->vcpu);
	return err ?: audit_add(h, what, &halt_wait, NULL);
}

int harvest_audit(struct harvest *h)
{
	int err = 0;

	for (unsigned int i = 0; i < h->rec->n_cpus && !err; i++)
		err = audit_cpu(h, &h->rec->cpus[i]);
	for (unsigned int i = 0; i < h->cap->n_targets && !err; i++)
		if (h->cap->targets[i].tid && h->cap->victims[i].start_ns)
			err = audit_victim(h, i, &h->rec->threads[h->thread_of[i]])
				      ?: audit_kvm(h, &h->rec->threads[h->thread_of[i]]);
	return err;
}
