/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread: a victim loses its CPU, and gets one back. Called, not inlined; no program lives here.
 */
#include "thread.bpf.h"

static __always_inline void victim_forget(__u32 tid)
{
	__u32 h = victim_hash(tid);

	NO_UNROLL
	for (int i = 0; i < LULL_VICTIM_PROBE; i++) {
		__u64 *e = &lull_victim_tab[(h + i) & (LULL_VICTIM_TAB - 1)];

		if ((__u32)*e == tid)
			*e = 0xffffffffULL;
	}
}

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

/* A victim loses its CPU at @now. */
__noinline int thread_out(struct lull_cpu *c, struct lull_victim *v, __u64 now,
			  const struct switch_args *a)
{
	if (!c || !v || !a)
		return 0;
	if (lull_cpu_sibling[c->cpu & (LULL_MAX_CPUS - 1)])
		v->sibling_ns += siblings_busy(c->cpu, now) - v->sibling_base;
	comm_copy(v->comm, a->prev.comm);
	if (v->block_ns && (a->blocked || a->dead))
		ledger_block_flush(v);
	if (!a->blocked && !a->dead) {
		victim_interrupted(v, now);
		if (!v->gap_ns)
			v->gap_ns = now;
	} else if (v->mode == LULL_MODE_GUEST) {
		victim_interrupted(v, now);
	} else if (v->mode == LULL_MODE_RUN && v->gap_ns) {
		gap_close(v, v->gap_end_ns ?: now);
	}
	if (v->mode == LULL_MODE_RUN)
		run_flush(v);
	v->since_ns = now;
	v->wait_ns = 0;
	v->state = a->dead ? LULL_STATE_DEAD
			   : (a->blocked ? LULL_STATE_BLOCKED : LULL_STATE_PREEMPTED);
	if (v->state == LULL_STATE_PREEMPTED) {
		v->cpu = c->cpu;
		waiter_add(c, v);
	}
	if (a->dead)
		victim_forget(v->tid);
	return 0;
}

static __always_inline void victim_wait_count(struct lull_victim *v)
{
	__u64 ns = v->wait_ns;
	__u64 slot = bounded(lull_slot(ns, LULL_SUB_BITS2), LULL_SLOTS2);

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

/* It gets one. */
__noinline int thread_in(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	if (!c || !v)
		return 0;
	switch (v->state) {
	case LULL_STATE_PREEMPTED:
	case LULL_STATE_WOKEN:
		waiter_remove(c, v);
		if (!wait_is_plain(c, v, now) || !wait_book_plain(c, v, now)) {
			ledger_wait_read(c, v, now);
			ledger_wait_book(c, v);
		}
		victim_wait_count(v);
		break;
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
	v->state = LULL_STATE_ON;
	v->since_ns = now;
	v->cpu = c->cpu;
	victim_resumed(v, now);
	if (lull_cpu_sibling[c->cpu & (LULL_MAX_CPUS - 1)])
		v->sibling_base = siblings_busy(c->cpu, now);
	return 0;
}

/* A victim gets a CPU that nobody watched yet: from here on it is. */
__noinline int thread_turn_up(__u32 cpu, __u64 now, const struct task_id *next)
{
	struct lull_victim *v;
	struct lull_cpu *c;

	ledger_cpu_activate(cpu, now);
	c = cpu_get(cpu);
	if (!c || !next)
		return 0;
	v = cpu_begin(c, next);
	if (v)
		thread_in(c, v, c->last_ns);
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
