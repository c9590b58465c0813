/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/audit.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/kvmstats.h"
#include "sys/threads.h"

static void read_done(struct audit_read *read)
{
	irqs_done(&read->irqs);
	free(read->threads);
	free(read->times);
	free(read->vcpus);
	*read = (struct audit_read){ 0 };
}

static int read_threads(struct audit_read *read, const struct root *root, const pid_t *tids,
			unsigned int n)
{
	read->threads = calloc(n ? n : 1, sizeof(*read->threads));
	if (!read->threads)
		return -ENOMEM;
	read->n_threads = n;
	for (unsigned int i = 0; i < n; i++) {
		struct audit_thread *t = &read->threads[i];
		uint64_t slices;

		if (tids[i] &&
		    !threads_read_schedstat(root, tids[i], &t->run_ns, &t->wait_ns, &slices))
			t->tid = tids[i];
	}
	return 0;
}

/* Only want of memory is an error: without the file, or with another one, nothing is known. */
static int read_times(struct audit_read *read, const struct root *root)
{
	int err = cputimes_read(root, &read->times, &read->n_times);

	return err == -ENOMEM ? err : 0;
}

/* A VMM that keeps no statistics open leaves nothing to compare with. */
static int read_vcpus(struct audit_read *read, const struct kvmstats *kvm)
{
	unsigned int n = kvm ? kvmstats_n_vcpus(kvm) : 0;

	read->vcpus = calloc(n + 1, sizeof(*read->vcpus));
	if (!read->vcpus)
		return -ENOMEM;
	read->n_vcpus = n;
	for (unsigned int i = 0; i < n; i++) {
		struct audit_vcpu *v = &read->vcpus[i];

		v->index = kvmstats_vcpu_index(kvm, i);
		v->have = !kvmstats_read(kvm, i, "exits", &v->exits) &&
			  !kvmstats_read(kvm, i, "halt_wait_ns", &v->halt_wait_ns);
	}
	return 0;
}

int audit_take(struct audit *audit, enum audit_point point, const struct audit_sources *from)
{
	struct audit_read *read = &audit->reads[point];
	bool before = point == AUDIT_BEFORE_OPEN || point == AUDIT_BEFORE_CLOSE;
	int err = 0;

	read_done(read);
	audit->have[point] = false;
	/* The interrupts are read nearest to the window's edge. */
	if (before)
		err = read_threads(read, from->root, from->tids, from->n_tids)
			      ?: read_vcpus(read, from->kvm);
	err = err ?: irqs_read(from->root, &read->irqs, NULL);
	if (!before)
		err = err ?: read_threads(read, from->root, from->tids, from->n_tids)
				     ?: read_vcpus(read, from->kvm);
	err = err ?: read_times(read, from->root);
	if (err)
		read_done(read);
	audit->have[point] = !err;
	return err;
}

void audit_done(struct audit *audit)
{
	for (size_t i = 0; i < ARRAY_SIZE(audit->reads); i++)
		read_done(&audit->reads[i]);
	*audit = (struct audit){ 0 };
}

static int span(const uint64_t v[4], struct audit_span *ret)
{
	if (v[AUDIT_BEFORE_CLOSE] < v[AUDIT_BEFORE_OPEN] ||
	    v[AUDIT_AFTER_CLOSE] < v[AUDIT_BEFORE_CLOSE])
		return -ENOENT; /* reset or gone in between: not the same counter */
	ret->value = v[AUDIT_BEFORE_CLOSE] - v[AUDIT_BEFORE_OPEN];
	ret->low = v[AUDIT_BEFORE_CLOSE] > v[AUDIT_AFTER_OPEN]
			   ? v[AUDIT_BEFORE_CLOSE] - v[AUDIT_AFTER_OPEN]
			   : 0;
	ret->high = v[AUDIT_AFTER_CLOSE] - v[AUDIT_BEFORE_OPEN];
	return 0;
}

static bool complete(const struct audit *audit)
{
	return audit->have[0] && audit->have[1] && audit->have[2] && audit->have[3];
}

int audit_irq(const struct audit *audit, const char *name, int cpu, struct audit_span *ret)
{
	uint64_t v[4];

	if (!complete(audit) || !irqs_find(&audit->reads[AUDIT_BEFORE_CLOSE].irqs, name))
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		v[i] = irqs_count(&audit->reads[i].irqs, name, cpu);
	return span(v, ret);
}

int audit_thread(const struct audit *audit, unsigned int index, struct audit_span *ret_run,
		 struct audit_span *ret_wait)
{
	uint64_t run[4], wait[4];
	int err;

	if (!complete(audit))
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(run); i++) {
		const struct audit_read *read = &audit->reads[i];

		if (index >= read->n_threads || !read->threads[index].tid)
			return -ENOENT;
		run[i] = read->threads[index].run_ns;
		wait[i] = read->threads[index].wait_ns;
	}
	err = span(run, ret_run);
	return err ?: span(wait, ret_wait);
}

static const struct audit_vcpu *find_vcpu(const struct audit_read *read, int index)
{
	for (unsigned int i = 0; i < read->n_vcpus; i++)
		if (read->vcpus[i].index == index && read->vcpus[i].have)
			return &read->vcpus[i];
	return NULL;
}

int audit_vcpu(const struct audit *audit, int index, struct audit_span *ret_exits,
	       struct audit_span *ret_halt_wait)
{
	uint64_t exits[4], waits[4];
	int err;

	if (!complete(audit))
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++) {
		const struct audit_vcpu *v = find_vcpu(&audit->reads[i], index);

		if (!v)
			return -ENOENT;
		exits[i] = v->exits;
		waits[i] = v->halt_wait_ns;
	}
	err = span(exits, ret_exits);
	return err ?: span(waits, ret_halt_wait);
}

int audit_steal(const struct audit *audit, int cpu, struct audit_span *ret)
{
	uint64_t v[4];

	if (!complete(audit))
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		const struct audit_read *read = &audit->reads[i];
		const struct cputimes *times = cputimes_find(read->times, read->n_times, cpu);

		if (!times)
			return -ENOENT;
		v[i] = times->steal_ns;
	}
	return span(v, ret);
}

/* Idle time of the kernel's may go back by a step. */
static uint64_t grown(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

int audit_times(const struct audit *audit, int cpu, struct cputimes *ret)
{
	const struct audit_read *open = &audit->reads[AUDIT_BEFORE_OPEN];
	const struct audit_read *close = &audit->reads[AUDIT_BEFORE_CLOSE];
	const struct cputimes *from = cputimes_find(open->times, open->n_times, cpu);
	const struct cputimes *to = cputimes_find(close->times, close->n_times, cpu);

	if (!complete(audit) || !from || !to)
		return -ENOENT;
	*ret = (struct cputimes){
		.cpu = cpu,
		.user_ns = grown(from->user_ns, to->user_ns),
		.system_ns = grown(from->system_ns, to->system_ns),
		.idle_ns = grown(from->idle_ns, to->idle_ns),
		.irq_ns = grown(from->irq_ns, to->irq_ns),
		.softirq_ns = grown(from->softirq_ns, to->softirq_ns),
		.steal_ns = grown(from->steal_ns, to->steal_ns),
	};
	return 0;
}

uint64_t audit_count(const struct audit *audit, unsigned int row, unsigned int column)
{
	const struct irq_table *open = &audit->reads[AUDIT_BEFORE_OPEN].irqs;
	const struct irq_table *close = &audit->reads[AUDIT_BEFORE_CLOSE].irqs;
	const struct irq_line *to = &close->lines[row], *from = NULL;

	if (!complete(audit) || to->n_counts != close->n_cpus || open->n_cpus != close->n_cpus ||
	    column >= close->n_cpus || open->cpus[column] != close->cpus[column])
		return 0;
	/* Rows stay where they are as long as none comes or goes. */
	if (row < open->n_lines && streq(open->lines[row].name, to->name))
		from = &open->lines[row];
	else
		from = irqs_find(open, to->name);
	if (from && from->n_counts != open->n_cpus)
		return 0;
	return grown(from ? from->counts[column] : 0, to->counts[column]);
}
