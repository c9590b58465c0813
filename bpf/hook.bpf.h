/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook: the prologue of a program: the CPU's record, with its current task known; NULL for a CPU
 * that is not watched, which must cost next to nothing.
 */
#ifndef LULL_HOOK_BPF_H
#define LULL_HOOK_BPF_H

#include "switch.bpf.h"

static __always_inline void task_describe(struct task_id *t, const struct task_struct *task)
{
	t->tid = task->pid;
	t->cause = LULL_CAUSE(LULL_KIND_TASK, t->tid, LULL_TASK_TAG(task->start_time));
	kern_comm(task, t->comm);
}

static __always_inline struct lull_cpu *hook_cpu(enum lull_hook hook)
{
	struct lull_cpu *c = cpu_get(bpf_get_smp_processor_id());

	if (!c)
		return NULL;
	c->events[hook]++;
	if (c->fresh == 2) {
		struct task_id t;

		task_describe(&t, bpf_get_current_task_btf());
		thread_sync(c, &t);
	}
	return c;
}

/*
 * The same for what only refines, or ends what began before: a CPU of which nothing else was seen
 * yet is as good as not watched.
 */
static __always_inline struct lull_cpu *hook_known_cpu(enum lull_hook hook)
{
	struct lull_cpu *c = cpu_get(bpf_get_smp_processor_id());

	if (!c || c->fresh == 2)
		return NULL;
	c->events[hook]++;
	return c;
}

/*
 * The number of an address. Since 6.17 a typed load of a void pointer is memory to the verifier,
 * with which no arithmetic is allowed; through a map it becomes a number. @through: a place of the
 * hook's own context.
 */
static __always_inline __u64 address_of(volatile __u64 *through, const void *p)
{
	*(const void *volatile *)through = p;
	return *through;
}

#endif
