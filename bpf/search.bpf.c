/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * search: the tables that are found by hash, beyond the first place, in which nearly all is found:
 * that is looked at where it is needed. Called, not inlined; no program lives here.
 *
 * The rounds are those of bpf_loop, which the kernel inlines: the verifier follows its callback once
 * or twice, but a plain loop round by round, each to the end of the program. What a callback found is
 * in half a stack slot, of which the verifier keeps nothing (see forget).
 */
#include "core.bpf.h"

#define NOTHING 0xffffffffU

/*
 * What the callbacks need. What they write is the upper half of a stack slot, of which the verifier
 * keeps nothing (see forget): so a round is as good as the next, and one is enough. The lower half
 * would be forgotten with it.
 */
struct search {
	struct lull_cpu *c;
	struct lull_victim *v;
	__u64 want[2];
	__u64 hash;
	__u64 take; /* 1: a free place may be taken */
	__u32 pad;
	__u32 found; /* a place, or what there is instead: not 0 */
};

static __always_inline void found_set(struct search *s, __u32 found)
{
	*(volatile __u32 *)&s->found = found;
}

/* Takes a free place in a table of keys. What was there; 0: it is taken. */
static __always_inline __u64 key_take(const struct search *s, __u64 *place)
{
	return __sync_val_compare_and_swap(place, 0, s->want[0]);
}

static long victim_one(__u32 i, void *ctx)
{
	struct search *s = ctx;
	__u64 e = lull_victim_tab[(s->hash + i) & (LULL_VICTIM_TAB - 1)];

	if (e && (__u32)e != s->want[0])
		return 0;
	found_set(s, (e >> 32) - 1);
	return 1;
}

/* 1 + slot of a watched thread that is not in its first place, or 0. */
__noinline __u32 search_victim(__u32 tid)
{
	struct search s = { .want = { tid }, .hash = victim_hash(tid) + 1 };

	found_set(&s, NOTHING);
	bpf_loop(LULL_VICTIM_PROBE - 1, victim_one, &s, 0);
	return s.found + 1;
}

static long victim_take_one(__u32 i, void *ctx)
{
	struct search *s = ctx;
	__u64 *e = &lull_victim_tab[(s->hash + i) & (LULL_VICTIM_TAB - 1)], old = *e;

	if ((old && (__u32)old != LULL_VICTIM_REMOVED) ||
	    __sync_val_compare_and_swap(e, old, s->want[0]) != old)
		return 0;
	found_set(s, 1);
	return 1;
}

/* Puts 1 + @slot of a new victim into the table; false: there is no place. */
__noinline bool search_victim_take(__u32 tid, __u32 slot)
{
	struct search s = { .want = { (__u64)(slot + 1) << 32 | tid }, .hash = victim_hash(tid) };

	found_set(&s, NOTHING);
	bpf_loop(LULL_VICTIM_PROBE, victim_take_one, &s, 0);
	return s.found != NOTHING;
}

static long victim_remove_one(__u32 i, void *ctx)
{
	const struct search *s = ctx;
	__u64 *e = &lull_victim_tab[(s->hash + i) & (LULL_VICTIM_TAB - 1)];

	if ((__u32)*e == s->want[0])
		*e = LULL_VICTIM_REMOVED;
	return 0;
}

/* It is gone: its place must not end the search for others. */
__noinline int search_victim_remove(__u32 tid)
{
	struct search s = { .want = { tid }, .hash = victim_hash(tid) };

	bpf_loop(LULL_VICTIM_PROBE, victim_remove_one, &s, 0);
	return 0;
}

static long sender_one(__u32 i, void *ctx)
{
	struct search *s = ctx;
	__u32 at = (s->hash + i) & (LULL_SENDERS - 1);
	struct lull_sender *sender = &lull_senders[at];
	__u64 e = sender->comm[0];

	if (!e)
		e = __sync_val_compare_and_swap(&sender->comm[0], 0, s->want[0]);
	if (!e)
		sender->comm[1] = s->want[1];
	else if (e != s->want[0] || sender->comm[1] != s->want[1])
		return 0;
	found_set(s, at);
	return 1;
}

/* 1 + number of the comm among the senders, taken if need be, or 0 when there is no place. */
__noinline __u32 search_sender(__u64 comm0, __u64 comm1)
{
	struct search s = { .want = { comm0, comm1 } };

	found_set(&s, NOTHING);
	s.hash = sender_hash(comm0, comm1);
	bpf_loop(LULL_PROBE, sender_one, &s, 0);
	return s.found + 1;
}

static long fn_one(__u32 i, void *ctx)
{
	struct search *s = ctx;
	__u32 at = (s->hash + i) & (LULL_FNS - 1);
	__u64 e;

	if (at <= LULL_FN_OTHERS)
		return 0;
	e = lull_fns[at];
	if (!e)
		e = key_take(s, &lull_fns[at]);
	if (e && e != s->want[0])
		return 0;
	found_set(s, at);
	return 1;
}

/* Function number of a label's value; LULL_FN_OTHERS when the table is full. */
__noinline __u32 search_fn(__u64 value)
{
	struct search s = { .want = { value } };

	found_set(&s, LULL_FN_OTHERS);
	s.hash = (value * 0x9e3779b97f4a7c15ULL) >> 54;
	bpf_loop(LULL_PROBE, fn_one, &s, 0);
	return s.found;
}

static long cause_one(__u32 i, void *ctx)
{
	struct search *s = ctx;
	__u32 at = cause_hashed(s->hash + i);
	struct lull_cause *cause = &s->c->cause[at];
	__u64 e = cause->key;

	if (!e && s->take) {
		e = key_take(s, &cause->key);
		if (!e) {
			cause_init(s->c, cause);
			e = s->want[0];
		}
	}
	if (e != s->want[0])
		return 0;
	found_set(s, at);
	return 1;
}

/* The place of the cause @key, with @take taken if need be; LULL_CAUSES: there is none. */
__noinline __u32 search_cause(struct lull_cpu *c, __u64 key, bool take)
{
	struct search s = { .c = c, .want = { key }, .take = take };

	if (!c)
		return LULL_CAUSES;
	found_set(&s, LULL_CAUSES);
	s.hash = key_hash(key);
	bpf_loop(LULL_PROBE, cause_one, &s, 0);
	return s.found;
}

static long entry_one(__u32 i, void *ctx)
{
	struct search *s = ctx;
	__u32 at = s->hash + i;
	struct lull_entry *entry;
	__u64 e;

	if (at >= LULL_ENTRIES)
		return 1;
	entry = &s->v->entry[at];
	e = entry->key;
	if (!e && s->take) {
		e = key_take(s, &entry->key);
		if (!e) {
			entry_init(s->v, entry, s->want[0]);
			e = s->want[0];
		}
	}
	if (e != s->want[0])
		return 0;
	found_set(s, at);
	return 1;
}

/* The place of an entry of a ledger; the row's unnamed one: there is none, which @take counts. */
__noinline __u32 search_entry(struct lull_victim *v, __u32 row, __u64 cause, bool take)
{
	struct search s = { .v = v, .take = take };

	if (!v)
		return 0;
	found_set(&s, NOTHING);
	s.want[0] = entry_key(row, cause);
	s.hash = lull_entry_hash(s.want[0]);
	bpf_loop(LULL_ENTRY_PROBE, entry_one, &s, 0);
	if (s.found != NOTHING)
		return s.found;
	if (take)
		anomaly(LULL_ANOMALY_ENTRIES_FULL);
	return row & (LULL_ENTRY_ROWS - 1);
}

/* Of the first LULL_PROBE rounds the label @want is looked for, then the owner's one for all others. */
static __always_inline long label_look(struct lull_label *table, __u32 n, __u32 i, struct search *s)
{
	__u32 want = s->want[i / LULL_PROBE & 1];
	__u32 at = (label_hash(want) + i % LULL_PROBE) & (n - 1);
	__u32 *word = (__u32 *)&table[at].owner, e = *word;

	if (!e)
		e = __sync_val_compare_and_swap(word, 0, want) ?: want;
	if (e != want)
		return 0;
	found_set(s, at);
	return 1;
}

static long cpu_label_one(__u32 i, void *ctx)
{
	struct search *s = ctx;

	return label_look(s->c->label, LULL_CPU_LABELS, i, s);
}

/* The place of label @fn of cause @owner of a CPU; LULL_CPU_LABELS: there is none. */
__noinline __u32 search_cpu_label(struct lull_cpu *c, __u32 owner, __u32 fn)
{
	struct search s = { .c = c };

	if (!c)
		return LULL_CPU_LABELS;
	found_set(&s, LULL_CPU_LABELS);
	s.want[0] = label_key(owner, fn);
	s.want[1] = label_key(owner, LULL_FN_OTHERS);
	bpf_loop(2 * LULL_PROBE, cpu_label_one, &s, 0);
	return s.found;
}

static long victim_label_one(__u32 i, void *ctx)
{
	struct search *s = ctx;

	return label_look(s->v->label, LULL_VICTIM_LABELS, i, s);
}

/* The same for entry @owner of a victim. */
__noinline __u32 search_victim_label(struct lull_victim *v, __u32 owner, __u32 fn)
{
	struct search s = { .v = v };

	if (!v)
		return LULL_VICTIM_LABELS;
	found_set(&s, LULL_VICTIM_LABELS);
	s.want[0] = label_key(owner, fn);
	s.want[1] = label_key(owner, LULL_FN_OTHERS);
	bpf_loop(2 * LULL_PROBE, victim_label_one, &s, 0);
	return s.found;
}
