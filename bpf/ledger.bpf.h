/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger: charge on transition. Every hook charges the time since the last hook of its CPU to the
 * state that is being left: the innermost open interrupt, else the open softirq, else the current
 * task and, when that is a victim, its mode. So rows sum to wall time by construction.
 *
 * The scheme is the kernel's own irqtime accounting, with a stack; sources call what is here and
 * keep no state of their own.
 */
#ifndef LULL_LEDGER_BPF_H
#define LULL_LEDGER_BPF_H

#include "core.bpf.h"

/*
 * Rare or long: real calls, in ledger.bpf.c. They are global functions, which the verifier checks
 * once and not at each call; that is why they return an int and look at their pointers.
 */
__u32 ledger_entry_add(struct lull_victim *v, __u32 row, __u64 cause, __u64 ns);
int ledger_entry_count(struct lull_victim *v, __u32 at, __u64 key, __u64 ns);
int ledger_charge(struct lull_cpu *c, struct lull_victim *v, __u64 now);
int ledger_cpu_label(struct lull_cpu *c, __u32 owner, __u32 fn, __u64 ns);
int ledger_victim_label(struct lull_victim *v, __u32 owner, __u32 fn, __u64 ns);
__u32 ledger_entry_place(struct lull_victim *v, __u32 row, __u64 cause);
__u64 ledger_nmi(struct lull_cpu *c, struct lull_victim *v, __u64 d);
int ledger_finish(struct lull_cpu *c, struct lull_victim *v, __u64 cause, __u64 ns);
int ledger_label(struct lull_cpu *c, struct lull_victim *v, __u64 cause, __u32 fn, __u64 ns);
__u32 ledger_task_group(struct lull_cpu *c, __u64 comm0, __u64 comm1);
__u64 ledger_carry(struct lull_cpu *c, struct lull_victim *v, __u64 cause);
__u32 ledger_mismatch(struct lull_cpu *c, __u64 cause);
int ledger_stall(struct lull_victim *v, __u64 end);
int ledger_wait_read(struct lull_cpu *c, struct lull_victim *v, __u64 now);
int ledger_wait_book(struct lull_cpu *c, struct lull_victim *v);
int ledger_read_waiters(struct lull_cpu *c, __u64 now);
int ledger_occupant(struct lull_victim *v, __u64 word, __u64 ns);
int ledger_unwind(struct lull_cpu *c, struct lull_victim *v, __u32 keep);
int ledger_mode_flush(struct lull_victim *v, bool shared);
int ledger_block_flush(struct lull_victim *v);
int ledger_segment_add(struct lull_victim *v, __u64 word, __u64 ns, __u64 label);
int ledger_cpu_activate(__u32 cpu, __u64 now);

/*
 * Before the timeline comes round, those who wait here take what it holds for them. Called where
 * interrupts and softirqs end, and at switches: they are what fills it.
 */
static __always_inline void timeline_keep(struct lull_cpu *c, __u64 now)
{
	if (c->head - c->read_head >= LULL_TIMELINE / 2)
		ledger_read_waiters(c, now);
}

/* What has the CPU now, as a word of the timeline. */
static __always_inline __u64 cpu_word(struct lull_cpu *c)
{
	if (c->depth) {
		struct lull_frame *f = &c->frame[(c->depth - 1) & (LULL_DEPTH - 1)];

		return f->cause | f->label << LULL_ROW_SHIFT;
	}
	if (c->softirq && !c->ksoftirqd)
		return LULL_CAUSE(LULL_KIND_SOFTIRQ, c->softirq - 1, 0);
	return c->task | c->task_label << LULL_ROW_SHIFT;
}

/* Moves the CPU's clock to @now; what has passed. 0: somebody inside us was faster, nothing is due. */
static __always_inline __u64 cpu_advance(struct lull_cpu *c, __u64 now, bool shared)
{
	__u64 last = c->last_ns;

	if (!shared) {
		if (now <= last)
			return 0;
		c->last_ns = now;
		return now - last;
	}
	NO_UNROLL
	for (int i = 0; i < 4; i++) {
		__u64 seen;

		if (now <= last)
			return 0;
		seen = __sync_val_compare_and_swap(&c->last_ns, last, now);
		if (seen == last)
			return now - last;
		last = seen;
	}
	anomaly(LULL_ANOMALY_CLOCK_RETRY);
	return 0;
}

static __always_inline void timeline_add(struct lull_cpu *c, __u64 now, bool shared)
{
	__u64 word = cpu_word(c);
	__u32 head = c->head;
	struct lull_moment *m = &c->moment[(head - 1) & (LULL_TIMELINE - 1)];

	if (head && m->word == word) {
		m->end_ns = now;
		return;
	}
	if (shared)
		head = __sync_fetch_and_add(&c->head, 1);
	else
		c->head = head + 1;
	m = &c->moment[head & (LULL_TIMELINE - 1)];
	m->word = word;
	m->end_ns = now;
}

/*
 * --trace: one more event of the flight recorder, which ended at @end. A reader on another CPU tells
 * by its number whether it is whole: that is taken away first and written last.
 */
static __always_inline void trace_add(struct lull_cpu *c, __u64 end, __u64 ns, __u64 word,
				      const struct lull_victim *v, bool shared)
{
	__u32 n = c->traced, place;
	struct lull_event *e;

	if (shared)
		n = __sync_fetch_and_add(&c->traced, 1);
	else
		c->traced = n + 1;
	place = c->trace_base + (n & (lull_cfg.trace_events - 1));
	e = bpf_map_lookup_elem(&lull_events, &place);
	if (!e)
		return;
	*(volatile __u32 *)&e->seq = 0;
	*(volatile __u64 *)&e->end_ns = end;
	*(volatile __u64 *)&e->ns = ns;
	*(volatile __u64 *)&e->word = word;
	*(volatile __u32 *)&e->state = v ? LULL_EVENT_STATE(v->mode, v->reason) : 0;
	*(volatile __u32 *)&e->seq = n + 1;
}

/* Charges what has passed to the state that has the CPU. @v: the current task's record or NULL. */
static __always_inline void charge(struct lull_cpu *c, struct lull_victim *v, __u64 now,
				   bool shared)
{
	__u64 d = cpu_advance(c, now, shared);

	if (!d)
		return;
	timeline_add(c, now, shared);
	if (lull_cfg.trace_events)
		trace_add(c, now, d, cpu_word(c), v, shared);
	if (c->nmi_ns)
		d = ledger_nmi(c, v, d);
	if (c->depth) {
		add(&c->frame[(c->depth - 1) & (LULL_DEPTH - 1)].acc_ns, d, shared);
	} else if (c->softirq) {
		add(&c->soft_ns, d, shared);
	} else {
		add(&c->task_ns, d, shared);
		if (v)
			add(&v->mode_ns, d, shared);
	}
}

/* Counts the gap from v->gap_ns to @end; one over the threshold is a stall. */
static __always_inline void gap_close(struct lull_victim *v, __u64 end)
{
	__u64 ns = end > v->gap_ns ? end - v->gap_ns : 0;

	v->gap[bounded(lull_slot_any(ns, LULL_SUB_BITS2), LULL_SLOTS2)]++;
	v->gap_sum += ns;
	if (ns > v->gap_max)
		v->gap_max = ns;
	if (ns >= lull_cfg.stall_ns)
		ledger_stall(v, end);
	v->gap_ns = 0;
	v->gap_end_ns = 0;
	v->n_segments = 0;
	v->segments_dropped = 0;
	v->first_segment = 0;
	v->sleep_segment = 0;
	if (lull_cfg.stacks) {
		v->n_kstack = 0;
		v->n_ustack = 0;
	}
}

/* Adds to the open gap's segments. Most gaps have one. */
static __always_inline void segment_add(struct lull_victim *v, __u64 word, __u64 ns, __u64 label)
{
	if (v->n_segments == 1 && !v->sleep_segment && v->segment[0].word == word &&
	    v->segment[0].label == label) {
		v->segment[0].ns += ns;
		return;
	}
	if (v->n_segments) {
		ledger_segment_add(v, word, ns, label);
		return;
	}
	v->segment[0].word = word;
	v->segment[0].ns = ns;
	v->segment[0].label = label;
	v->n_segments = 1;
}

/* The last sleep is booked, if that was not done: a sleep may turn out to have been a halt. */
static __always_inline void block_flush(struct lull_victim *v)
{
	__u64 ns = v->block_ns;

	if (!ns)
		return;
	if (v->mode != LULL_MODE_RUN) {
		ledger_block_flush(v);
		return;
	}
	v->block_ns = 0;
	entry_count(v, LULL_ROW_BLOCKED, 0, piece_of(ns));
}

/* A victim loses the CPU to something, or guest mode: its gap begins, unless it is in one. */
static __always_inline void victim_interrupted(struct lull_victim *v, __u64 now)
{
	if (v->mode == LULL_MODE_GUEST) {
		ledger_mode_flush(v, false);
		v->mode = LULL_MODE_EXIT;
		v->reason = 0;
		v->gap_ns = now;
		return;
	}
	if (v->mode != LULL_MODE_RUN)
		return;
	if (v->gap_ns && v->gap_end_ns && now > v->gap_end_ns + LULL_JOIN_NS)
		gap_close(v, v->gap_end_ns);
	if (!v->gap_ns)
		v->gap_ns = now;
	v->gap_end_ns = 0;
}

/* It has it back. A vCPU's gap ends at its VM entry, not here. */
static __always_inline void victim_resumed(struct lull_victim *v, __u64 now)
{
	if (v->mode == LULL_MODE_RUN && v->gap_ns)
		v->gap_end_ns = now;
}

/* Of an interrupt, in the order of the kinds: by no condition. */
static __always_inline __u32 row_of(enum lull_kind kind)
{
	_Static_assert(LULL_ROW_VECTOR - LULL_ROW_IRQ == LULL_KIND_VECTOR - LULL_KIND_IRQ &&
			       LULL_ROW_SOFTIRQ - LULL_ROW_IRQ == LULL_KIND_SOFTIRQ - LULL_KIND_IRQ,
		       "rows in the order of kinds");

	return LULL_ROW_IRQ + (kind - LULL_KIND_IRQ);
}

/*
 * Counts one finished vector or softirq, number @id of its kind, for the CPU and, when it ran over
 * one, for the victim: both have places for it that need no search.
 */
static __always_inline void finish_numbered(struct lull_cpu *c, struct lull_victim *v,
					    enum lull_kind kind, __u32 id, __u64 ns)
{
	bool soft = kind == LULL_KIND_SOFTIRQ;
	struct piece p = piece_of(ns);
	__u64 key = (__u64)row_of(kind) << LULL_ROW_SHIFT | LULL_CAUSE(kind, id & 15, 0);
	__u32 at = soft ? LULL_CAUSE_SOFTIRQ : 0,
	      entry = soft ? LULL_ENTRY_SOFTIRQ : LULL_ENTRY_VECTOR;

	at += id & 15;
	cause_count(c, cause_place(c, at, LULL_CAUSE(kind, id & 15, 0)), p);
	if (!v)
		return;
	entry_count(v, entry + (id & 15), key, p);
	if (v->gap_ns)
		segment_add(v, key, ns, 0);
}

static __always_inline void frame_push(struct lull_cpu *c, __u64 now, __u64 cause)
{
	struct lull_victim *v = victim_at(c->victim);
	__u32 depth;
	struct lull_frame *f;

	charge(c, v, now, PRIVATE);
	depth = c->depth;
	if (v && !depth && !c->softirq)
		victim_interrupted(v, now);
	if (depth >= LULL_DEPTH) {
		anomaly(LULL_ANOMALY_STACK_FULL);
		return;
	}
	f = &c->frame[depth & (LULL_DEPTH - 1)];
	f->cause = cause;
	f->acc_ns = 0;
	if (c->carry_irq && LULL_CAUSE_KIND(cause) == LULL_KIND_IRQ)
		f->acc_ns = ledger_carry(c, v, cause);
	f->label = 0;
	f->label_base = 0;
	c->depth = depth + 1;
}

/*
 * Pops @cause. What lies above it never ended as far as we saw: it is closed with it and counted.
 * @more: this was not the last action of a shared line, the rest will follow at once.
 */
static __always_inline void frame_pop(struct lull_cpu *c, __u64 now, __u64 cause, bool more)
{
	struct lull_victim *v = victim_at(c->victim);
	struct lull_frame *f;
	__u32 depth;

	charge(c, v, now, PRIVATE);
	depth = c->depth;
	f = &c->frame[(depth - 1) & (LULL_DEPTH - 1)];
	if (!depth || f->cause != cause) {
		depth = ledger_mismatch(c, cause);
		if (!depth)
			return;
		ledger_unwind(c, v, depth);
		f = &c->frame[(depth - 1) & (LULL_DEPTH - 1)];
	}
	c->depth = depth - 1;
	if (more) {
		c->carry_irq = cause;
		c->carry_ns = f->acc_ns;
	} else if (LULL_CAUSE_KIND(cause) == LULL_KIND_VECTOR) {
		finish_numbered(c, v, LULL_KIND_VECTOR, LULL_CAUSE_ID(cause), f->acc_ns);
	} else {
		ledger_finish(c, v, cause, f->acc_ns);
	}
	if (v && !c->depth && !c->softirq)
		victim_resumed(v, now);
	timeline_keep(c, now);
}

static __always_inline void softirq_begin(struct lull_cpu *c, __u64 now, __u32 vec)
{
	struct lull_victim *v = victim_at(c->victim);

	charge(c, v, now, SHARED);
	if (c->depth || c->softirq) {
		anomaly(LULL_ANOMALY_UNMATCHED);
		ledger_unwind(c, v, 0);
	}
	if (v)
		victim_interrupted(v, c->last_ns);
	c->softirq = vec + 1;
	c->soft_label = 0;
	if (c->ksoftirqd)
		c->task_label = search_fn(LULL_LABEL(LULL_LABEL_SOFTIRQ, vec + 1));
}

static __always_inline void softirq_end(struct lull_cpu *c, __u64 now, __u32 vec)
{
	struct lull_victim *v = victim_at(c->victim);
	__u64 ns;

	charge(c, v, now, SHARED);
	if (c->softirq != vec + 1) {
		if (!c->fresh && !lull_cfg.rt)
			anomaly(LULL_ANOMALY_UNMATCHED);
		return;
	}
	c->softirq = 0;
	ns = __sync_lock_test_and_set(&c->soft_ns, 0);
	finish_numbered(c, v, LULL_KIND_SOFTIRQ, vec, ns);
	if (v)
		victim_resumed(v, c->last_ns);
	timeline_keep(c, now);
}

/*
 * A function begins inside what has the CPU: it is no level of its own, but a label of it. Ends
 * with label_end, which counts the net time since.
 */
static __always_inline void label_begin(struct lull_cpu *c, __u64 now, __u64 label)
{
	charge(c, victim_at(c->victim), now, SHARED);
	if (c->depth) {
		struct lull_frame *f = &c->frame[(c->depth - 1) & (LULL_DEPTH - 1)];

		f->label = search_fn(label);
		f->label_base = f->acc_ns;
	} else if (c->softirq) {
		c->soft_label = search_fn(label);
		c->soft_label_base = c->soft_ns;
	} else {
		c->task_label = search_fn(label);
		c->task_label_base = c->task_ns;
	}
}

static __always_inline void label_end(struct lull_cpu *c, __u64 now)
{
	struct lull_victim *v = victim_at(c->victim);

	charge(c, v, now, SHARED);
	if (c->depth) {
		struct lull_frame *f = &c->frame[(c->depth - 1) & (LULL_DEPTH - 1)];

		ledger_label(c, v, f->cause, f->label, f->acc_ns - f->label_base);
		f->label_base = f->acc_ns;
	} else if (c->softirq) {
		ledger_label(c, v, LULL_CAUSE(LULL_KIND_SOFTIRQ, c->softirq - 1, 0), c->soft_label,
			     c->soft_ns - c->soft_label_base);
		c->soft_label_base = c->soft_ns;
	} else {
		ledger_label(c, NULL, c->task, c->task_label, c->task_ns - c->task_label_base);
		c->task_label = 0;
	}
}

/* The task that asked for the innermost interrupt: one more label of it, counted only. */
static __always_inline void sender_count(struct lull_cpu *c, __u32 from)
{
	if (from && c->depth)
		ledger_label(c, victim_at(c->victim),
			     c->frame[(c->depth - 1) & (LULL_DEPTH - 1)].cause,
			     search_fn(LULL_LABEL(LULL_LABEL_SENDER, from)), 0);
}

static __always_inline void vector_begin(struct lull_cpu *c, __u64 now, enum lull_vector id)
{
	frame_push(c, now, LULL_CAUSE(LULL_KIND_VECTOR, id, 0));
	if (id == LULL_VECTOR_RES && c->ipi_from) {
		sender_count(c, c->ipi_from);
		c->ipi_from = 0;
	}
}

/* In NMI context: see ledger_nmi for how the time leaves the interval that it was in. */
static __always_inline void nmi_add(struct lull_cpu *c, __u64 handler, __u64 ns)
{
	__u32 at = cause_place(c, LULL_CAUSE_NMI, LULL_CAUSE(LULL_KIND_NMI, 0, 0));

	__sync_fetch_and_add(&c->nmi_ns, ns);
	cause_add(c, at, ns);
	ledger_cpu_label(c, at, search_fn(LULL_LABEL(LULL_LABEL_NMI, handler)), ns);
}

#endif
