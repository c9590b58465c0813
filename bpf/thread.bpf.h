/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread: where a victim is: on a CPU, preempted, woken and waiting, asleep. Task switches,
 * wake-ups, migrations, births. A victim that is off CPU is charged when that ends: its wait is
 * then read back from the timeline of the CPU on which it waited.
 *
 * Locks: sched_switch, sched_wakeup and sched_migrate_task of a queued thread run under the lock
 * of its run queue, so its record has one writer. sched_waking does not: it only notes time and
 * waker.
 */
#ifndef LULL_THREAD_BPF_H
#define LULL_THREAD_BPF_H

#include "ledger.bpf.h"

struct task_id {
	__u32 tid;
	__u64 cause;
	__u64 comm[2];
};

struct switch_args {
	bool blocked, dead; /* of prev: it sleeps, it is gone */
	__u64 comm[2];	    /* of prev */
	struct task_id next;
};

#define COMM_KSOFTIRQ 0x71726974666f736bULL /* "ksoftirq", little endian */

static __always_inline void comm_copy(__u64 to[2], const __u64 from[2])
{
	to[0] = from[0];
	to[1] = from[1];
}

/* Its cause: itself, or when the table gets full all tasks of its comm. */
static __always_inline void cpu_set_task(struct lull_cpu *c, const struct task_id *t)
{
	__u32 at = cause_find(c, t->cause, c->hists < LULL_TASKS_MAX);

	c->task = t->cause;
	if (at == LULL_CAUSES)
		at = ledger_task_group(c, t->comm[0], t->comm[1]);
	c->tid = t->tid;
	c->task_place = at;
	if (at < LULL_CAUSES)
		comm_copy(c->cause[at].comm, t->comm);
	c->task_ns = 0;
	c->task_label_base = 0;
	c->task_label = at < LULL_CAUSES ? c->cause[at].label : 0;
	c->ksoftirqd = t->comm[0] == COMM_KSOFTIRQ;
}

static __always_inline void cpu_note_busy(struct lull_cpu *c, __u64 now, __u32 next, __u32 place)
{
	/* All ones where a host task comes: not the idle task, 0, and not one in a @place. */
	__u64 host = is_zero(place) & ~is_zero(next);
	__u64 since = c->busy_since;

	(*(volatile __u32 *)&c->busy_seq)++;
	if (since && now > since)
		*(volatile __u64 *)&c->busy_ns += now - since;
	*(volatile __u64 *)&c->busy_since = now & host;
	(*(volatile __u32 *)&c->busy_seq)++;
}

/*
 * The list of those who wait for a CPU, each in the place that its slot gives it. Plain stores:
 * switches and wake-ups hold the lock of the run queue. A migration to it does not, so that two may
 * now and then take one place, and one of them is read only when its wait is over.
 */
static __always_inline void waiter_add(struct lull_cpu *c, const struct lull_victim *v)
{
	__u32 *place = &c->waiter[v->slot & (LULL_WAITERS - 1)];

	if (!*place)
		*place = v->slot + 1;
}

static __always_inline void waiter_remove(struct lull_cpu *c, const struct lull_victim *v)
{
	__u32 *place = &c->waiter[v->slot & (LULL_WAITERS - 1)];

	if (*place == v->slot + 1)
		*place = 0;
}

/* In thread.bpf.c. */
int thread_in(struct lull_cpu *c, struct lull_victim *v, __u64 now);
int thread_sync(struct lull_cpu *c, const struct task_id *t);
int thread_becomes(struct lull_cpu *c, const struct task_id *t);
int thread_task_end(struct lull_cpu *c);
int thread_hidden(struct lull_cpu *c, const struct task_id *prev, __u64 now, __u64 stint);
int thread_vcpu_stops(struct lull_victim *v, __u64 now, bool sleeps);
int thread_dies(struct lull_victim *v);
int thread_sibling_mark(struct lull_cpu *c, struct lull_victim *v, __u64 now);
int thread_sibling_read(struct lull_cpu *c, struct lull_victim *v, __u64 now);
int thread_surprises(struct lull_cpu *c, struct lull_victim *v, __u64 now);

/* A switch that was not reported is made up for. The second half is no part of the call: of these,
 * eight may be inside each other. */
static __always_inline void cpu_hidden(struct lull_cpu *c, const struct task_id *prev, __u64 now,
				       __u64 stint)
{
	struct lull_victim *v = NULL;

	if (thread_hidden(c, prev, now, stint))
		v = victim_at(c->victim);
	if (!v)
		return;
	thread_in(c, v, c->switch_ns);
	if (v->has_kvm)
		ledger_entry_add(v, LULL_ROW_LOST, 0, now - c->switch_ns);
	else
		v->mode_ns += now - c->switch_ns;
}

/* What runs on a CPU becomes known. */
static __always_inline struct lull_victim *cpu_begin(struct lull_cpu *c, const struct task_id *t)
{
	__u32 place = victim_find(t->tid);

	c->fresh = 1;
	c->smt = lull_cpu_sibling[c->cpu & (LULL_MAX_CPUS - 1)] != 0;
	thread_becomes(c, t);
	if (c->smt)
		cpu_note_busy(c, c->last_ns, t->tid, place);
	c->victim = place;
	return victim_at(place);
}

/* A victim gets a CPU that nobody watched yet: from here on it is. */
static __always_inline void cpu_turn_up(__u32 cpu, __u64 now, const struct task_id *next)
{
	struct lull_victim *v;
	struct lull_cpu *c;

	ledger_cpu_activate(cpu, now);
	c = cpu_get(cpu);
	v = c ? cpu_begin(c, next) : NULL;
	if (v)
		thread_in(c, v, c->last_ns);
}

/* The current task's stretch ends: it is counted. */
static __always_inline void cpu_task_end(struct lull_cpu *c)
{
	if (c->task_label && !c->ksoftirqd)
		ledger_cpu_label(c, c->task_place, c->task_label, c->task_ns - c->task_label_base);
	cause_add(c, *(volatile __u32 *)&c->task_place, c->task_ns);
}

/* A sleep ends: @now on the run queue of @cpu, asked for at v->waking_ns. */
static __always_inline void victim_woken(struct lull_victim *v, __u64 now, __u32 cpu)
{
	__u64 asked = v->waking_ns;
	struct lull_cpu *c;

	if (v->since_ns > now)
		now = v->since_ns;
	if (asked < v->since_ns || asked > now)
		asked = now;
	if (v->state == LULL_STATE_NEW) {
		v->start_ns = asked = now;
	} else {
		block_flush(v);
		v->block_ns = asked - v->since_ns;
	}
	v->halt_wake_ns = asked;
	if (v->mode == LULL_MODE_RUN) {
		v->gap_ns = asked;
		v->gap_end_ns = 0;
		v->n_segments = 0;
		v->segments_dropped = 0;
	}
	v->first_segment = 0;
	v->sleep_segment = v->n_segments;
	if (now > asked) {
		__u64 queue = LULL_CAUSE(LULL_KIND_QUEUE, 0, 0);

		ledger_entry_add(v, LULL_ROW_WAKE, queue, now - asked);
		if (v->gap_ns)
			segment_add(v, (__u64)LULL_ROW_WAKE << LULL_ROW_SHIFT | queue, now - asked,
				    0);
	}
	v->wait_ns = now - asked;
	v->since_ns = now;
	v->state = LULL_STATE_WOKEN;
	v->cpu = cpu;
	c = cpu_get(cpu);
	if (!c) {
		ledger_cpu_activate(cpu, now);
		c = cpu_get(cpu);
	}
	if (c)
		waiter_add(c, v);
}

static __always_inline void thread_wakeup(struct lull_victim *v, __u64 now, __u32 cpu, bool on_cpu)
{
	if (v->state == LULL_STATE_BLOCKED || v->state == LULL_STATE_NEW ||
	    (v->state == LULL_STATE_UNKNOWN && !on_cpu))
		victim_woken(v, now, cpu);
}

/* A thread becomes a victim, if a slot is free: 1 + slot. Its record begins when it is next seen. */
static __always_inline __u32 victim_born(const struct task_id *t, __u32 tgid, __u32 inherit,
					 __u32 vcpu)
{
	__u32 slot = lull_victims_used;
	struct lull_victim *v;

	if (slot < lull_cfg.n_victims)
		slot = __sync_fetch_and_add(&lull_victims_used, 1);
	v = slot < lull_cfg.n_victims ? bpf_map_lookup_elem(&lull_victims, &slot) : NULL;
	if (!v) {
		anomaly(LULL_ANOMALY_VICTIMS_FULL);
		return 0;
	}
	v->tid = t->tid;
	v->tgid = tgid;
	v->slot = slot;
	v->inherit = inherit;
	v->vcpu = vcpu;
	comm_copy(v->comm, t->comm);
	v->state = LULL_STATE_NEW;
	if (search_victim_take(t->tid, slot))
		return slot + 1;
	v->state = LULL_STATE_FREE;
	anomaly(LULL_ANOMALY_VICTIMS_FULL);
	return 0;
}

/* It waits on another CPU from now on; what it waited so far is charged to the old one's occupants. */
static __always_inline void thread_migrate(struct lull_victim *v, __u64 now, __u32 dest)
{
	struct lull_cpu *c;

	if (v->state != LULL_STATE_PREEMPTED && v->state != LULL_STATE_WOKEN)
		return;
	c = cpu_get(v->cpu);
	if (c) {
		waiter_remove(c, v);
		ledger_wait_read(c, v, now);
	}
	v->cpu = dest;
	ledger_cpu_activate(dest, now);
	c = cpu_get(dest);
	if (c)
		waiter_add(c, v);
}

#endif
