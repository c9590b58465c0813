/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/audit.h"

#include <errno.h>

#include "base/cleanup.h"
#include "sys/kvmstats.h"
#include "sys/threads.h"

static void read_done(struct audit_read *read)
{
	irqs_done(&read->irqs);
	free(read->threads);
	free(read->steal_ns);
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

static int read_steal(struct audit_read *read, const struct root *root)
{
	read->steal_ns = calloc(read->irqs.n_cpus + 1, sizeof(*read->steal_ns));
	if (!read->steal_ns)
		return -ENOMEM;
	for (unsigned int i = 0; i < read->irqs.n_cpus; i++)
		(void)threads_read_steal(root, read->irqs.cpus[i], &read->steal_ns[i]);
	return 0;
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
	err = err ?: read_steal(read, from->root);
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
	uint64_t v[4] = { 0 };
	bool found = false;

	if (!complete(audit))
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		const struct audit_read *read = &audit->reads[i];

		for (unsigned int k = 0; k < read->irqs.n_cpus; k++) {
			if (read->irqs.cpus[k] != cpu)
				continue;
			v[i] = read->steal_ns[k];
			found = true;
		}
	}
	return found ? span(v, ret) : -ENOENT;
}
