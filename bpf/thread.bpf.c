/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread: what is rare when a victim loses its CPU or gets one back. Called, not inlined; no program
 * lives here.
 */
#include "switch.bpf.h"

/* Where it is rare, what cpu_set_task and cpu_task_end do is a call. */
__noinline int thread_becomes(struct lull_cpu *c, const struct task_id *t)
{
	if (c && t)
		cpu_set_task(c, t);
	return 0;
}

__noinline int thread_task_end(struct lull_cpu *c)
{
	if (c)
		cpu_task_end(c);
	return 0;
}

static __always_inline bool cpu_busy_read(struct lull_cpu *c, __u64 *busy, __u64 *since)
{
	__u32 seq = *(volatile __u32 *)&c->busy_seq;

	*busy = *(volatile __u64 *)&c->busy_ns;
	*since = *(volatile __u64 *)&c->busy_since;
	return !(seq & 1) && seq == *(volatile __u32 *)&c->busy_seq;
}

/*
 * Host tasks' time on this CPU so far. Another CPU reads it: taken again while it is being changed.
 * No loop: clang 14 places its head so that 6.1's verifier takes falling into it for a back-edge.
 */
static __always_inline __u64 cpu_busy(struct lull_cpu *c, __u64 now)
{
	__u64 busy, since;

	if (!cpu_busy_read(c, &busy, &since) && !cpu_busy_read(c, &busy, &since))
		(void)cpu_busy_read(c, &busy, &since);
	return since && now > since ? busy + now - since : busy;
}

/* Of a core of up to four threads. */
static __always_inline __u64 siblings_busy(__u32 cpu, __u64 now)
{
	__u32 at = cpu;
	__u64 busy = 0;

	NO_UNROLL
	for (int i = 0; i < 3; i++) {
		__u32 next = lull_cpu_sibling[at & (LULL_MAX_CPUS - 1)];
		struct lull_cpu *c;

		if (!next || next - 1 == cpu)
			break;
		at = next - 1;
		c = cpu_get(at);
		if (c)
			busy += cpu_busy(c, now);
	}
	return busy;
}

/* What runs on the siblings of @c while @v has it counts from here. */
__noinline int thread_sibling_mark(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	if (c && v)
		v->sibling_base = siblings_busy(c->cpu, now);
	return 0;
}

/* Up to here. */
__noinline int thread_sibling_read(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	if (c && v)
		v->sibling_ns += siblings_busy(c->cpu, now) - v->sibling_base;
	return 0;
}

/* The first event of a CPU in the window: @t is what runs there. */
__noinline int thread_sync(struct lull_cpu *c, const struct task_id *t)
{
	struct lull_victim *v;

	if (!c || !t)
		return 0;
	v = cpu_begin(c, t);
	if (!v)
		return 0;
	/* Nothing was seen of it since the window opened: it has run here since, if we watched. */
	if (v->state == LULL_STATE_NEW)
		v->start_ns = c->last_ns;
	else if (v->since_ns > c->last_ns)
		c->opened_ns = c->last_ns = v->since_ns;
	else if (v->since_ns < c->last_ns)
		ledger_entry_add(v, LULL_ROW_LOST, LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0),
				 c->last_ns - v->since_ns);
	v->since_ns = c->last_ns;
	v->state = LULL_STATE_ON;
	v->cpu = c->cpu;
	comm_copy(v->comm, t->comm);
	victim_resumed(v, c->last_ns); /* it was woken here while the window was being opened */
	return 0;
}

/* It is gone. */
__noinline int thread_dies(struct lull_victim *v)
{
	if (!v)
		return 0;
	v->state = LULL_STATE_DEAD;
	search_victim_remove(v->tid);
	return 0;
}

/* A vCPU thread leaves its CPU, in its guest or on the way between two entries. */
__noinline int thread_vcpu_stops(struct lull_victim *v, __u64 now, bool sleeps)
{
	if (!v)
		return 0;
	if (sleeps)
		block_flush(v);
	if (!sleeps || v->mode == LULL_MODE_GUEST)
		victim_interrupted(v, now);
	if (!sleeps && !v->gap_ns)
		v->gap_ns = now;
	return 0;
}

/* What it did since the last event of the CPU on which it was believed to be, nobody knows. */
static __always_inline void thread_moved(struct lull_victim *v, __u64 now)
{
	struct lull_cpu *old = cpu_get(v->cpu);

	if (!old || old->victim != v->slot + 1)
		return;
	old->victim = 0;
	if (v->mode == LULL_MODE_RUN && v->gap_ns)
		gap_close(v, v->gap_end_ns ?: old->last_ns);
	if (now > old->last_ns)
		ledger_entry_add(v, LULL_ROW_LOST, LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0),
				 now - old->last_ns);
}

/* It gets a CPU without having waited for it, as far as we saw. */
__noinline int thread_surprises(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	if (!c || !v)
		return 0;
	switch (v->state) {
	case LULL_STATE_UNKNOWN:
		ledger_entry_add(v, LULL_ROW_PREEMPTED, LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0),
				 now - v->since_ns);
		break;
	case LULL_STATE_ON: /* its switch away from another CPU was hidden */
		thread_moved(v, now);
		break;
	case LULL_STATE_BLOCKED: /* its wake-up was hidden, or lost */
		if (!c->hidden)
			anomaly(LULL_ANOMALY_NO_WAKEUP);
		v->block_ns += now - v->since_ns;
		break;
	default: /* new: its record begins here */
		v->start_ns = now;
		break;
	}
	return 0;
}

/* Where it is rare, what victim_comes does is a call. */
__noinline int thread_in(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	if (c && v)
		victim_comes(c, v, now, false);
	return 0;
}

/*
 * The task that leaves is not the one that we believe to be current: a switch to it was not
 * reported. Some kernels hide what happens while certain threads run. The kernel's own notes tell
 * how long it has had the CPU, @stint (0: not known), so the switch is rebuilt at that time; what
 * interrupted a victim in between is not told apart from what it ran. 1: it is a victim.
 */
__noinline int thread_hidden(struct lull_cpu *c, const struct task_id *prev, __u64 now, __u64 stint)
{
	struct lull_victim *left, *v;
	__u64 arrival, back;

	if (!c || !prev)
		return 0;
	left = victim_at(c->victim);
	ledger_charge(c, left, now);
	c->hidden++;
	arrival = stint < now - c->switch_ns ? now - stint : c->switch_ns;
	if (!stint)
		arrival = now;
	c->victim = victim_find(prev->tid);
	v = victim_at(c->victim);
	if (v && v->since_ns > arrival)
		arrival = v->since_ns < now ? v->since_ns : now;
	back = now - arrival < c->task_ns ? now - arrival : c->task_ns;
	c->task_ns -= back;
	if (c->task_label_base > c->task_ns)
		c->task_label_base = c->task_ns;
	if (left) {
		__u64 ran = back < left->mode_ns ? back : left->mode_ns;

		left->mode_ns -= ran;
		if (left->mode == LULL_MODE_RUN && left->gap_ns)
			gap_close(left, left->gap_end_ns ?: now - ran);
		ledger_mode_flush(left, false);
		left->since_ns = now - ran;
		left->state = LULL_STATE_UNKNOWN;
	}
	thread_task_end(c);
	thread_becomes(c, prev);
	c->task_ns = back;
	c->switch_ns = arrival;
	return v != NULL;
}
