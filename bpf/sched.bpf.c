/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched: who has the CPU, who waits for it, who woke whom.
 * Hooks: sched_switch, sched_waking, sched_wakeup, sched_wakeup_new, sched_migrate_task,
 * sched_process_fork as tp_btf. All but fork run with interrupts off.
 * Not seen: the time inside schedule() itself, which goes to the task that leaves.
 */
#include "hook.bpf.h"

/*
 * Off the run queue? The state alone does not tell: a pending signal keeps the thread running, and
 * since 6.12 a sleeper may stay queued for a while (sched_delayed).
 */
static __always_inline bool task_sleeps(const struct task_struct *task, bool preempt, __u32 state)
{
	if (preempt || !state)
		return false;
	if (!task->on_rq)
		return true;
	return bpf_core_field_exists(task->se.sched_delayed) && task->se.sched_delayed;
}

/*
 * --stacks. Where the blocker gives way to a victim: the kernel stack of the current task, prev.
 * Where a victim goes to sleep: its user stack.
 */
static __always_inline void switch_stacks(void *ctx, struct lull_cpu *c, __u32 prev_place,
					  bool sleeps)
{
	struct lull_victim *prev = victim_at(prev_place), *next = victim_at(c->victim);

	if (prev && sleeps)
		prev->n_ustack =
			bpf_get_stack(ctx, prev->ustack, sizeof(prev->ustack), BPF_F_USER_STACK);
	if (next && next->gap_ns)
		next->n_kstack = bpf_get_stack(ctx, next->kstack, sizeof(next->kstack), 0);
}

/* How long the current task has had its CPU, by the kernel's own notes; 0: they are not there. */
static __always_inline __u64 task_stint(const struct task_struct *task)
{
	const struct cfs_rq *cfs;
	const struct rq *rq;

	if (!bpf_core_field_exists(task->se.cfs_rq) ||
	    !bpf_core_field_exists(task->sched_info.last_arrival) || !task->pid)
		return 0;
	cfs = task->se.cfs_rq;
	rq = cfs ? cfs->rq : NULL;
	if (!rq || rq->clock < task->sched_info.last_arrival)
		return 0;
	return rq->clock - task->sched_info.last_arrival;
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(sched__switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	struct switch_args a;
	struct lull_cpu *c;
	__u32 prev_place;
	__u64 now;

	c = hook_cpu(LULL_HOOK_sched__switch);
	if (!c) {
		if (!victim_find(next->pid))
			return 0;
		task_describe(&a.next, next);
		cpu_turn_up(bpf_get_smp_processor_id(), bpf_ktime_get_ns(), &a.next);
		return 0;
	}
	task_describe(&a.next, next);
	kern_comm(prev, a.comm);
	a.dead = prev_state & TASK_DEAD;
	a.blocked = task_sleeps(prev, preempt, prev_state);
	now = bpf_ktime_get_ns();
	if (c->tid != (__u32)prev->pid) {
		struct task_id hidden;

		task_describe(&hidden, prev);
		cpu_hidden(c, &hidden, now, task_stint(prev));
	}
	prev_place = c->victim;
	cpu_switch(c, now, &a);
	if (lull_cfg.stacks)
		switch_stacks(ctx, c, prev_place, a.blocked);
	return 0;
}

/*
 * Will the CPU that asks queue it too? Then nothing comes between the two: interrupts are off from
 * one to the other. Known for sure only of a thread that may run nowhere else.
 */
static __always_inline bool task_stays(const struct task_struct *task, __u32 cpu)
{
	return bpf_core_field_exists(task->nr_cpus_allowed) && task->nr_cpus_allowed == 1 &&
	       task->thread_info.cpu == cpu;
}

SEC("?tp_btf/sched_waking")
int BPF_PROG(sched__waking, struct task_struct *task)
{
	struct lull_victim *v = victim_at(victim_find(task->pid));
	__u32 cpu = bpf_get_smp_processor_id();
	struct lull_cpu *c;
	struct task_id t;

	if (!v)
		return 0;
	task_describe(&t, bpf_get_current_task_btf());
	c = cpu_get(cpu);
	v->waking_ns = task_stays(task, cpu) ? 0 : bpf_ktime_get_ns();
	v->waker = c && c->depth ? c->frame[(c->depth - 1) & (LULL_DEPTH - 1)].cause : t.cause;
	comm_copy(v->waker_comm, t.comm);
	return 0;
}

static __always_inline int task_woken(const struct task_struct *task)
{
	struct lull_victim *v = victim_at(victim_find(task->pid));

	if (v)
		thread_wakeup(v, bpf_ktime_get_ns(), task->thread_info.cpu, task->on_cpu);
	return 0;
}

SEC("?tp_btf/sched_wakeup")
int BPF_PROG(sched__wakeup, struct task_struct *task)
{
	return task_woken(task);
}

SEC("?tp_btf/sched_wakeup_new")
int BPF_PROG(sched__new, struct task_struct *task)
{
	return task_woken(task);
}

SEC("?tp_btf/sched_migrate_task")
int BPF_PROG(sched__migrate, struct task_struct *task, int dest)
{
	struct lull_victim *v = victim_at(victim_find(task->pid));

	if (v)
		thread_migrate(v, bpf_ktime_get_ns(), dest);
	return 0;
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(sched__fork, struct task_struct *parent, struct task_struct *child)
{
	struct lull_victim *v = victim_at(victim_find(parent->pid));
	struct task_id t;

	if (!v || !v->inherit)
		return 0;
	if (v->inherit == LULL_INHERIT_THREADS && child->tgid != parent->tgid)
		return 0;
	task_describe(&t, child);
	victim_born(&t, child->tgid, v->inherit, 0);
	return 0;
}
