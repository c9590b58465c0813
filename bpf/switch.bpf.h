/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * switch: a CPU goes from one task to the next. What nearly all switches do is inlined here, since
 * a call and its return cost as much as all that one of these functions does; what is rare, or of
 * a vCPU between two VM entries, is called.
 */
#ifndef LULL_SWITCH_BPF_H
#define LULL_SWITCH_BPF_H

#include "thread.bpf.h"

/* Another CPU's clock may be a little ahead of ours. */
static __always_inline __u64 switch_time(__u64 now, const struct lull_victim *next)
{
	if (next && next->state != LULL_STATE_NEW && next->since_ns > now)
		return next->since_ns;
	return now;
}

/* Books a stretch of a victim that is no vCPU. */
static __always_inline void run_flush(struct lull_victim *v)
{
	entry_count(v, LULL_ROW_RUN, 0, piece_of(v->mode_ns));
	v->mode_ns = 0;
}

/* Where its gap stands when a victim leaves its CPU, and what it was doing there. */
static __always_inline void victim_stops(struct lull_victim *v, __u64 now, __u32 sleeps)
{
	if (v->mode != LULL_MODE_RUN) {
		thread_vcpu_stops(v, now, sleeps);
	} else if (!sleeps) {
		victim_interrupted(v, now);
	} else {
		block_flush(v);
		if (v->gap_ns)
			gap_close(v, v->gap_end_ns ?: now);
	}
}

/* Read each time, see cpu_switch. */
static __always_inline __u32 leaver_sleeps(const struct switch_args *a)
{
	return *(const volatile __u8 *)&a->blocked | *(const volatile __u8 *)&a->dead;
}

/* A victim loses its CPU at @now. */
static __always_inline void victim_leaves(struct lull_cpu *c, struct lull_victim *v, __u64 now,
					  const struct switch_args *a)
{
	if (c->smt)
		thread_sibling_read(c, v, now);
	comm_copy(v->comm, a->comm);
	victim_stops(v, now, leaver_sleeps(a));
	if (v->mode == LULL_MODE_RUN)
		run_flush(v);
	v->since_ns = now;
	v->wait_ns = 0;
	v->state = LULL_STATE_BLOCKED;
	if (!leaver_sleeps(a)) {
		v->state = LULL_STATE_PREEMPTED;
		v->cpu = c->cpu;
		waiter_add(c, v);
	}
	if (a->dead)
		thread_dies(v);
}

/* One occupant, without a label, had the CPU all the time: most waits are so. */
static __always_inline bool wait_is_plain(const struct lull_cpu *c, const struct lull_victim *v,
					  __u64 now)
{
	const struct lull_moment *last = &c->moment[(c->head - 1) & (LULL_TIMELINE - 1)];
	const struct lull_moment *before = &c->moment[(c->head - 2) & (LULL_TIMELINE - 1)];

	return c->head > 1 && last->end_ns == now && before->end_ns <= v->since_ns &&
	       now > v->since_ns && !v->n_occupants && !v->walking &&
	       !(last->word >> LULL_ROW_SHIFT);
}

/* Books it at once, if the occupant has its entry where it is looked for first; false: it has not. */
static __always_inline bool wait_book_plain(const struct lull_cpu *c, struct lull_victim *v,
					    __u64 now)
{
	__u64 row = v->state == LULL_STATE_WOKEN ? LULL_ROW_WAKE : LULL_ROW_PREEMPTED;
	__u64 key = row << LULL_ROW_SHIFT | c->moment[(c->head - 1) & (LULL_TIMELINE - 1)].word;
	__u64 ns = now - v->since_ns;
	__u64 at = bounded(lull_entry_hash(key), LULL_ENTRIES);

	if (v->entry[at].key != key)
		return false;
	entry_count(v, at, key, piece_of(ns));
	if (v->gap_ns)
		segment_add(v, key, ns, 0);
	v->wait_ns += ns;
	v->since_ns = now;
	return true;
}

static __always_inline void victim_wait_count(struct lull_victim *v)
{
	__u64 ns = v->wait_ns;
	__u64 slot = bounded(lull_slot_any(ns, LULL_SUB_BITS2), LULL_SLOTS2);

	if (v->state == LULL_STATE_WOKEN) {
		v->wake[slot]++;
		v->wake_sum += ns;
		if (ns > v->wake_max)
			v->wake_max = ns;
		v->woken_ns = ns;
	} else {
		v->preempted[slot]++;
		v->preempted_sum += ns;
		if (ns > v->preempted_max)
			v->preempted_max = ns;
	}
}

/* A victim gets a CPU. @often: this is where most do, and most waits are plain. */
static __always_inline void victim_comes(struct lull_cpu *c, struct lull_victim *v, __u64 now,
					 bool often)
{
	if (v->state == LULL_STATE_PREEMPTED || v->state == LULL_STATE_WOKEN) {
		waiter_remove(c, v);
		if (!often || !wait_is_plain(c, v, now) || !wait_book_plain(c, v, now)) {
			ledger_wait_read(c, v, now);
			ledger_wait_book(c, v);
		}
		victim_wait_count(v);
	} else {
		thread_surprises(c, v, now);
	}
	v->state = LULL_STATE_ON;
	v->since_ns = now;
	v->cpu = c->cpu;
	victim_resumed(v, now);
	if (c->smt)
		thread_sibling_mark(c, v, now);
}

/* What is open ends here: nothing goes on over a switch but a softirq with PREEMPT_RT. */
static __always_inline void switch_close(struct lull_cpu *c, struct lull_victim *prev)
{
	if (c->depth || c->softirq) {
		/* With PREEMPT_RT a softirq goes on in its task, later: its rest is the task's. */
		if (!c->fresh && (c->depth || !lull_cfg.rt))
			anomaly(LULL_ANOMALY_OPEN_AT_SWITCH);
		ledger_unwind(c, prev, 0);
	}
	if (c->carry_irq)
		ledger_carry(c, prev, 0);
}

/*
 * What takes another way through this by its value is kept in the record, and read from it each
 * time: of what is in a register the verifier would follow each value on its own to the end.
 */
static __always_inline void cpu_switch(struct lull_cpu *c, __u64 now, const struct switch_args *a)
{
	struct lull_victim *prev, *next;

	prev = victim_at(c->victim);
	c->victim = victim_find(a->next.tid);
	now = switch_time(now, victim_at(c->victim));
	charge(c, prev, now, PRIVATE);
	switch_close(c, prev);
	if (c->task_place < LULL_CAUSES) {
		struct lull_cause *e = &c->cause[c->task_place];

		e->label = c->ksoftirqd ? 0 : c->task_label;
		comm_copy(e->comm, a->comm); /* it may have been renamed */
	}
	cpu_task_end(c);
	c->switch_ns = now;
	now = *(volatile __u64 *)&c->switch_ns;
	if (c->smt)
		cpu_note_busy(c, now, a->next.tid, c->victim);
	if (prev)
		victim_leaves(c, prev, now, a);
	cpu_set_task(c, &a->next);
	now = *(volatile __u64 *)&c->switch_ns;
	c->fresh = 0;
	next = victim_at(c->victim);
	if (next)
		victim_comes(c, next, now, true);
	timeline_keep(c, now);
}

#endif
