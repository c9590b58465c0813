/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selftest: runs recorded events through the functions that the hooks call, with the time, the CPU
 * and the task of the recording. It is no hook: a measurement does not load it. Each function here
 * stands for the program of a hook and does what that does around the shared functions; these are
 * global, so that the verifier looks at each once.
 * Not covered: what hooks read from kernel structs, and being interrupted by one another.
 */
#include "switch.bpf.h"

#include "selftest_abi.h"
#include "vcpu.bpf.h"

struct lull_selftest {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set by the test */
	__type(key, __u32);
	__type(value, struct selftest_event);
} lull_selftest SEC(".maps");

static __always_inline void task_of(const struct selftest_task *from, struct task_id *to)
{
	to->tid = from->tid;
	to->cause = from->cause;
	comm_copy(to->comm, from->comm);
}

/* The record of the event's CPU, as hook_cpu finds it. */
static __always_inline struct lull_cpu *event_cpu(const struct selftest_event *e)
{
	struct lull_cpu *c = cpu_get(e->cpu);

	if (c && c->fresh == 2) {
		struct task_id t;

		task_of(&e->current_task, &t);
		thread_sync(c, &t);
	}
	return c;
}

__noinline int selftest_switch(struct selftest_event *e)
{
	struct switch_args a;
	struct lull_cpu *c;

	if (!e)
		return 0;
	c = event_cpu(e);
	if (!c) {
		if (!victim_find(e->task.tid))
			return 0;
		task_of(&e->task, &a.next);
		cpu_turn_up(e->cpu, e->now, &a.next);
		return 0;
	}
	task_of(&e->task, &a.next);
	comm_copy(a.comm, e->current_task.comm);
	a.blocked = e->a & SELFTEST_SLEEPS;
	a.dead = e->a & SELFTEST_DIES;
	if (c->tid != e->current_task.tid) {
		struct task_id hidden;

		task_of(&e->current_task, &hidden);
		cpu_hidden(c, &hidden, e->now, e->b);
	}
	cpu_switch(c, e->now, &a);
	return 0;
}

__noinline int selftest_waking(struct selftest_event *e)
{
	struct lull_victim *v;
	struct lull_cpu *c;

	if (!e)
		return 0;
	v = victim_at(victim_find(e->task.tid));
	if (!v)
		return 0;
	c = cpu_get(e->cpu);
	v->waking_ns = e->now;
	v->waker = c && c->depth ? c->frame[(c->depth - 1) & (LULL_DEPTH - 1)].cause
				 : e->current_task.cause;
	comm_copy(v->waker_comm, e->current_task.comm);
	return 0;
}

__noinline int selftest_wakeup(struct selftest_event *e)
{
	struct lull_victim *v = e ? victim_at(victim_find(e->task.tid)) : NULL;

	if (v)
		thread_wakeup(v, e->now, e->a, e->b);
	return 0;
}

__noinline int selftest_migrate(struct selftest_event *e)
{
	struct lull_victim *v = e ? victim_at(victim_find(e->task.tid)) : NULL;

	if (v)
		thread_migrate(v, e->now, e->a);
	return 0;
}

__noinline int selftest_fork(struct selftest_event *e)
{
	struct lull_victim *v = e ? victim_at(victim_find(e->current_task.tid)) : NULL;
	struct task_id t;

	if (!v || !v->inherit || (v->inherit == LULL_INHERIT_THREADS && e->a != e->b))
		return 0;
	task_of(&e->task, &t);
	victim_born(&t, e->a, v->inherit, 0);
	return 0;
}

__noinline int selftest_irq(struct selftest_event *e)
{
	struct lull_cpu *c = e ? event_cpu(e) : NULL;
	__u64 cause;

	if (!c)
		return 0;
	cause = LULL_CAUSE(LULL_KIND_IRQ, e->a, 0);
	if (e->kind == SELFTEST_IRQ_EXIT) {
		frame_pop(c, e->now, cause, e->b);
		return 0;
	}
	frame_push(c, e->now, cause);
	return 0;
}

__noinline int selftest_vector(struct selftest_event *e)
{
	struct lull_cpu *c = e ? event_cpu(e) : NULL;

	if (!c)
		return 0;
	if (e->kind == SELFTEST_VECTOR_EXIT)
		frame_pop(c, e->now, LULL_CAUSE(LULL_KIND_VECTOR, e->a, 0), false);
	else
		vector_begin(c, e->now, e->a);
	return 0;
}

__noinline int selftest_softirq(struct selftest_event *e)
{
	struct lull_cpu *c = e ? event_cpu(e) : NULL;

	if (!c)
		return 0;
	if (e->kind == SELFTEST_SOFTIRQ_EXIT)
		softirq_end(c, e->now, e->a & 15);
	else
		softirq_begin(c, e->now, e->a & 15);
	return 0;
}

__noinline int selftest_nmi(struct selftest_event *e)
{
	struct lull_cpu *c = e ? cpu_get(e->cpu) : NULL;

	if (c)
		nmi_add(c, e->a, e->b);
	return 0;
}

__noinline int selftest_kvm(struct selftest_event *e)
{
	struct lull_cpu *c = e ? event_cpu(e) : NULL;
	struct lull_victim *v = c ? victim_at(c->victim) : NULL;

	if (!v)
		return 0;
	switch (e->kind) {
	case SELFTEST_KVM_ENTRY:
		vcpu_enter(c, v, e->now);
		break;
	case SELFTEST_KVM_EXIT:
		vcpu_exit(c, v, e->now, e->a);
		break;
	case SELFTEST_KVM_USERSPACE:
		vcpu_userspace(c, v, e->now);
		break;
	default:
		vcpu_halted(c, v, e->now, e->a, e->b);
		break;
	}
	return 0;
}

__noinline int selftest_label(struct selftest_event *e)
{
	struct lull_cpu *c = e ? event_cpu(e) : NULL;

	if (!c)
		return 0;
	if (e->kind == SELFTEST_LABEL_BEGIN)
		label_begin(c, e->now, e->a);
	else
		label_end(c, e->now);
	return 0;
}

__noinline int selftest_sender(struct selftest_event *e)
{
	struct lull_cpu *c = e ? cpu_get(e->a) : NULL;

	if (c)
		c->ipi_from = sender_number(e->current_task.comm);
	return 0;
}

/*
 * Runs one event; 1: it was none. A loop over them would cost two of the eight calls that may be
 * inside each other, of which the functions need all.
 */
SEC("?syscall")
int selftest__run(struct selftest_run *run)
{
	__u32 i = run->event;
	struct selftest_event *e = bpf_map_lookup_elem(&lull_selftest, &i);

	if (!e)
		return 1;
	switch (e->kind) {
	case SELFTEST_SWITCH:
		return selftest_switch(e);
	case SELFTEST_WAKING:
		return selftest_waking(e);
	case SELFTEST_WAKEUP:
		return selftest_wakeup(e);
	case SELFTEST_MIGRATE:
		return selftest_migrate(e);
	case SELFTEST_FORK:
		return selftest_fork(e);
	case SELFTEST_IRQ_ENTRY:
	case SELFTEST_IRQ_EXIT:
		return selftest_irq(e);
	case SELFTEST_VECTOR_ENTRY:
	case SELFTEST_VECTOR_EXIT:
		return selftest_vector(e);
	case SELFTEST_SOFTIRQ_ENTRY:
	case SELFTEST_SOFTIRQ_EXIT:
		return selftest_softirq(e);
	case SELFTEST_NMI:
		return selftest_nmi(e);
	case SELFTEST_KVM_ENTRY:
	case SELFTEST_KVM_EXIT:
	case SELFTEST_KVM_USERSPACE:
	case SELFTEST_KVM_HALTED:
		return selftest_kvm(e);
	case SELFTEST_LABEL_BEGIN:
	case SELFTEST_LABEL_END:
		return selftest_label(e);
	case SELFTEST_SENDER:
		return selftest_sender(e);
	default:
		return 1;
	}
}
