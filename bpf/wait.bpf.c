/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait: reads the wait of a victim back from the timeline of its CPU, and books what had the CPU
 * meanwhile. Called, not inlined; no program lives here.
 */
#include "ledger.bpf.h"

/* What the callbacks of bpf_loop need. */
struct wait {
	struct lull_cpu *c;
	struct lull_victim *v;
	__u64 now;
};

/* What the callback below needs; @found: see struct search. */
struct occupants {
	struct lull_victim *v;
	__u64 word;
	__u32 pad, found;
};

static long occupant_one(__u32 i, void *ctx)
{
	struct occupants *o = ctx;

	if (i >= LULL_OCCUPANTS || o->v->occupant[i].word != o->word)
		return 0;
	*(volatile __u32 *)&o->found = i;
	return 1;
}

/* The number of an occupant that is not the first; LULL_OCCUPANTS: it is none yet. */
static __always_inline __u32 occupant_search(struct lull_victim *v, __u64 word, __u32 n)
{
	struct occupants o = { .v = v, .word = word };

	*(volatile __u32 *)&o.found = LULL_OCCUPANTS;
	bpf_loop(n, occupant_one, &o, 0);
	return o.found;
}

/* Only of tasks the label tells occupants apart: what a kernel worker ran is what was waited for. */
__noinline int ledger_occupant(struct lull_victim *v, __u64 word, __u64 ns)
{
	__u32 n, at;

	if (!v)
		return 0;
	if (LULL_CAUSE_KIND(word & LULL_CAUSE_MASK) != LULL_KIND_TASK)
		word &= LULL_CAUSE_MASK;
	n = v->n_occupants;
	at = n > 0 && v->occupant[0].word == word ? 0 : occupant_search(v, word, n);
	at = forget(at);
	if (at < LULL_OCCUPANTS) {
		v->occupant[at].ns += ns;
	} else if (n < LULL_OCCUPANTS - 1) {
		v->occupant[n].word = word;
		v->occupant[n].ns = ns;
		v->n_occupants = n + 1;
	} else {
		v->occupant[LULL_OCCUPANTS - 1].word = LULL_CAUSE(LULL_KIND_OTHER, 0, 0);
		v->occupant[LULL_OCCUPANTS - 1].ns += ns;
		v->n_occupants = LULL_OCCUPANTS;
	}
	return 0;
}

static __always_inline __u32 wait_row(const struct lull_victim *v)
{
	return v->state == LULL_STATE_WOKEN ? LULL_ROW_WAKE : LULL_ROW_PREEMPTED;
}

/* Waits of so many moments are read back by plain loops: a call of bpf_loop costs more than these. */
#define WAIT_SHORT 6

/*
 * Where the reading back of a wait has come to is kept in memory, and read from it each time: what
 * the verifier does not follow, it need not tell apart from one round of a loop to the next.
 */
#define walk_ns(v)    (*(volatile __u64 *)&(v)->walk_ns)
#define walk_first(v) (*(volatile __u32 *)&(v)->walk_first)

/* One step back in the timeline; 1: this moment ended before the wait began. */
static __always_inline long wait_back(struct lull_cpu *c, struct lull_victim *v)
{
	__u32 at = walk_first(v) - 1;

	if (c->moment[at & (LULL_TIMELINE - 1)].end_ns <= walk_ns(v))
		return 1;
	walk_first(v) = at;
	return 0;
}

static long wait_back_one(__u32 i, void *ctx)
{
	struct wait *w = ctx;

	return wait_back(w->c, w->v);
}

/* One step forward: its share of the wait. */
static __always_inline void wait_forward(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	struct lull_moment *m = &c->moment[walk_first(v) & (LULL_TIMELINE - 1)];
	__u64 end = m->end_ns < now ? m->end_ns : now, lo = walk_ns(v);

	walk_first(v)++;
	if (end <= lo)
		return;
	ledger_occupant(v, m->word, end - lo);
	walk_ns(v) = end;
}

static long wait_forward_one(__u32 i, void *ctx)
{
	struct wait *w = ctx;

	wait_forward(w->c, w->v, w->now);
	return 0;
}

/* The ledger of a long recording cannot hold every short-lived task: late ones go by their comm. */
static __always_inline __u64 occupant_cause(struct lull_cpu *c, struct lull_victim *v, __u32 row,
					    __u64 cause)
{
	__u32 at;

	if (LULL_CAUSE_KIND(cause) != LULL_KIND_TASK || v->hists < LULL_ENTRY_TASKS ||
	    entry_find(v, row, cause, false) >= LULL_ENTRY_ROWS)
		return cause;
	at = cause_find(c, cause, false);
	return at < LULL_CAUSES ? lull_comm_cause(c->cause[at].comm) : cause;
}

/* Sets v->walk_first to the first moment of the wait. */
static __always_inline void wait_find(struct lull_cpu *c, struct lull_victim *v, struct wait *w)
{
	__u32 kept = forget(c->head < LULL_TIMELINE ? c->head : LULL_TIMELINE);

	NO_UNROLL
	for (__u32 i = 0; i < WAIT_SHORT; i++)
		if (i >= kept || wait_back(c, v))
			return;
	bpf_loop(kept - WAIT_SHORT, wait_back_one, w, 0);
}

/* What the timeline no longer holds of it is unknown. */
static __always_inline void wait_short(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	__u64 end = c->moment[walk_first(v) & (LULL_TIMELINE - 1)].end_ns, lo = walk_ns(v);

	anomaly(LULL_ANOMALY_TIMELINE_SHORT);
	if (end <= lo || end >= now)
		return;
	ledger_occupant(v, LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0), end - lo);
	walk_ns(v) = end;
}

static __always_inline void wait_forward_all(struct lull_cpu *c, struct lull_victim *v,
					     struct wait *w)
{
	__u32 n = c->head - walk_first(v);

	if (n > WAIT_SHORT) {
		bpf_loop(n, wait_forward_one, w, 0);
		return;
	}
	NO_UNROLL
	for (__u32 i = 0; i < WAIT_SHORT; i++) {
		if (i >= n)
			break;
		wait_forward(c, v, w->now);
	}
}

static __always_inline void wait_read(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	struct wait w = { .c = c, .v = v, .now = now };

	walk_ns(v) = v->since_ns;
	walk_first(v) = c->head;
	wait_find(c, v, &w);
	if (c->head - walk_first(v) == LULL_TIMELINE)
		wait_short(c, v, now);
	wait_forward_all(c, v, &w);
	if (walk_ns(v) < now)
		ledger_occupant(v, cpu_word(c), now - walk_ns(v));
	v->wait_ns += now - v->since_ns;
	v->since_ns = now;
}

/*
 * Reads back the wait of @v on @c, from v->since_ns to @now: what had the CPU meanwhile, by the
 * timeline, is added to its occupants. All of it is: what the timeline does not hold any more is
 * unknown, what is still open on the CPU goes to that. The wait is then read up to @now, and
 * v->wait_ns tells its length so far. How far it has been read is looked at only when nobody else
 * reads: another CPU may have ended the wait just now.
 */
__noinline int ledger_wait_read(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	if (!c || !v)
		return 0;
	if (__sync_val_compare_and_swap(&v->walking, 0, 1)) {
		anomaly(LULL_ANOMALY_WAIT_RACE);
		return 0;
	}
	if (now > v->since_ns)
		wait_read(c, v, now);
	v->walking = 0;
	return 0;
}

/* Books occupant @i of a wait. */
static long book_one(__u32 i, void *ctx)
{
	struct wait *w = ctx;
	struct lull_victim *v = w->v;
	const struct lull_segment *o;
	__u32 row = wait_row(v), at;
	__u64 cause, label;

	if (i >= LULL_OCCUPANTS)
		return 1;
	o = &v->occupant[i];
	cause = occupant_cause(w->c, v, row, o->word & LULL_CAUSE_MASK);
	label = o->word >> LULL_ROW_SHIFT;
	at = ledger_entry_add(v, row, cause, o->ns);
	if (label)
		ledger_victim_label(v, at, label, o->ns);
	if (v->gap_ns)
		segment_add(v, (__u64)row << LULL_ROW_SHIFT | cause, o->ns, label);
	return 0;
}

/* The wait is over: each of its occupants is booked once. */
__noinline int ledger_wait_book(struct lull_cpu *c, struct lull_victim *v)
{
	struct wait w = { .c = c, .v = v };

	if (!c || !v)
		return 0;
	bpf_loop(v->n_occupants, book_one, &w, 0);
	v->n_occupants = 0;
	v->occupant[LULL_OCCUPANTS - 1].ns = 0;
	return 0;
}

static long read_waiter(__u32 i, void *ctx)
{
	const struct wait *w = ctx;
	struct lull_victim *v = victim_at(w->c->waiter[i & (LULL_WAITERS - 1)]);

	if (v && v->cpu == w->c->cpu &&
	    (v->state == LULL_STATE_PREEMPTED || v->state == LULL_STATE_WOKEN))
		ledger_wait_read(w->c, v, w->now);
	return 0;
}

__noinline int ledger_read_waiters(struct lull_cpu *c, __u64 now)
{
	struct wait w = { .c = c, .now = now };

	if (!c || __sync_val_compare_and_swap(&c->reading, 0, 1))
		return 0;
	bpf_loop(LULL_WAITERS, read_waiter, &w, 0);
	c->read_head = c->head;
	c->reading = 0;
	return 0;
}
