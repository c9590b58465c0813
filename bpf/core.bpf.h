/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core: the tables, and what every source may call: find the CPU, advance its clock, count a
 * cause. No program lives here. Functions take the time as an argument, so that the self-test
 * runs the same code on recorded sequences.
 *
 * Contexts. A hook with interrupts off ("private") is interrupted by NMIs only, and those touch
 * nothing but nmi_ns and the NMI cause. A hook with interrupts on ("shared") can have the others
 * run inside it, to their end: it moves the clock by compare-and-swap and adds atomically.
 */
#ifndef LULL_CORE_BPF_H
#define LULL_CORE_BPF_H

#include "kern.bpf.h"

#include "lull_abi.h"

#define PRIVATE false
#define SHARED	true

/* Loops are kept: code that is not there cannot miss the instruction cache of the measured core. */
#define NO_UNROLL _Pragma("clang loop unroll(disable)")

extern const volatile struct lull_cfg lull_cfg;
extern __u32 lull_cpu_slot[LULL_MAX_CPUS];     /* 1 + element of cpus; 0: not watched */
extern __u16 lull_cpu_sibling[LULL_MAX_CPUS];  /* 1 + next SMT sibling, a ring; 0: none */
extern __u64 lull_victim_tab[LULL_VICTIM_TAB]; /* (1 + slot) << 32 | tid; tid -1: removed */
extern __u64 lull_fns[LULL_FNS];	       /* label values; a place is a function number */
extern struct lull_sender lull_senders[LULL_SENDERS];
extern __u64 lull_anomalies[LULL_N_ANOMALIES];
extern __u64 lull_dropped;   /* stalls that found the ring buffer full */
extern __u32 lull_cpus_used; /* 0: the window is not open */
extern __u32 lull_victims_used;
extern __u32 lull_vm_tgid;	  /* of the VM that is measured; 0: none */
extern __u64 lull_stall_floor_ns; /* below this, stalls are counted but no longer sent */

struct lull_cpus {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set by the loader */
	__type(key, __u32);
	__type(value, struct lull_cpu);
};

struct lull_victims {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set by the loader */
	__type(key, __u32);
	__type(value, struct lull_victim);
};

struct lull_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
};

/* The flight recorder: cfg.trace_events places for each CPU. */
struct lull_events {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set by the loader */
	__type(key, __u32);
	__type(value, struct lull_event);
};

extern struct lull_cpus lull_cpus SEC(".maps");
extern struct lull_victims lull_victims SEC(".maps");
extern struct lull_ring lull_stalls SEC(".maps");
extern struct lull_events lull_events SEC(".maps");

static __always_inline void anomaly(enum lull_anomaly what)
{
	__sync_fetch_and_add(&lull_anomalies[what], 1);
}

static __always_inline void add(__u64 *to, __u64 n, bool shared)
{
	if (shared)
		__sync_fetch_and_add(to, n);
	else
		*to += n;
}

/*
 * @x, at most @max, in a way that the verifier sees: the compiler may neither split the comparison
 * from the use, nor compare a copy.
 */
static __always_inline __u64 bounded(__u64 x, __u64 max)
{
	asm volatile("" : "+r"(x));
	if (x > max)
		x = max;
	asm volatile("" : "+r"(x));
	return x;
}

/*
 * Is @x at most @max? For what always is: where the other case does nothing, the verifier follows
 * one way to the end; behind the function above it follows two.
 */
static __always_inline bool is_bounded(__u64 *x, __u64 max)
{
	__u64 y = *x;

	asm volatile("" : "+r"(y));
	*x = y;
	return y <= max;
}

/*
 * @x, of which the verifier forgets all that it knows: a search in a table ends in many ways, and
 * it would follow the rest of the program anew for each of them. A word in the upper half of a
 * stack slot is not tracked.
 */
static __always_inline __u32 forget(__u32 x)
{
	__u32 slot[2] __attribute__((aligned(8)));

	asm volatile("*(u32 *)%0 = %1" : "=m"(slot[1]) : "r"(x));
	return *(volatile __u32 *)&slot[1];
}

/* All ones for 0, else 0, by no condition. */
static __always_inline __u64 is_zero(__u32 x)
{
	__u64 y = x;

	asm volatile("" : "+r"(y));
	return (__s64)(y - 1) >> 63;
}

/* A piece of time and its place in a histogram: looked up once for all that count it. */
struct piece {
	__u64 ns;
	__u32 slot;
};

/* The lesser of two numbers below 2^31, by no condition. */
static __always_inline __u32 lesser(__u32 x, __u32 y)
{
	__s32 d = (__s32)(y - x);

	asm volatile("" : "+r"(d));
	return x + (d & d >> 31);
}

static __always_inline struct piece piece_of(__u64 ns)
{
	__u32 slot = lull_slot_any(ns, LULL_SUB_BITS1);

	return (struct piece){ .ns = ns, .slot = lesser(slot, LULL_SLOTS1) };
}

/* One more in histogram @hist - 1 of @n; 0 is none. One condition: that gives a huge place. */
static __always_inline void hist_add(__u32 (*hists)[LULL_SLOTS1 + 1], __u32 n, __u32 hist,
				     __u32 slot)
{
	__u32 *bins = hists[0], at = (hist - 1) * (LULL_SLOTS1 + 1) + slot;

	asm volatile("" : "+r"(at));
	if (at < n * (LULL_SLOTS1 + 1))
		bins[at]++;
}

/* The record of a watched CPU; NULL: not watched. */
static __always_inline struct lull_cpu *cpu_get(__u32 cpu)
{
	__u32 slot = lull_cpu_slot[cpu & (LULL_MAX_CPUS - 1)];

	if (!slot--)
		return NULL;
	return bpf_map_lookup_elem(&lull_cpus, &slot);
}

/* The record of slot @place - 1; NULL for place 0. */
static __always_inline struct lull_victim *victim_at(__u32 place)
{
	if (!place--)
		return NULL;
	return bpf_map_lookup_elem(&lull_victims, &place);
}

static __always_inline __u32 victim_hash(__u32 tid)
{
	return (tid * 2654435761U) >> 20;
}

#define LULL_VICTIM_REMOVED 0xffffffffU /* tid of a place that was another's */

/* In search.bpf.c: the places beyond the first one. */
__u32 search_victim(__u32 tid);
bool search_victim_take(__u32 tid, __u32 slot);
int search_victim_remove(__u32 tid);
__u32 search_sender(__u64 comm0, __u64 comm1);
__u32 search_fn(__u64 value);
__u32 search_cause(struct lull_cpu *c, __u64 key, bool take);
__u32 search_entry(struct lull_victim *v, __u32 row, __u64 cause, bool take);
__u32 search_cpu_label(struct lull_cpu *c, __u32 owner, __u32 fn);
__u32 search_victim_label(struct lull_victim *v, __u32 owner, __u32 fn);

/* 1 + slot of a watched thread, or 0. The idle task's 0 matches a free place, which says 0. */
static __always_inline __u32 victim_find(__u32 tid)
{
	__u64 e = lull_victim_tab[victim_hash(tid) & (LULL_VICTIM_TAB - 1)];

	if (!e || (__u32)e == tid)
		return e >> 32;
	return search_victim(tid);
}

static __always_inline __u32 sender_hash(__u64 comm0, __u64 comm1)
{
	return (comm0 * 0x9e3779b97f4a7c15ULL ^ comm1 * 0xc2b2ae3d27d4eb4fULL) >> 56;
}

/* 1 + number of the comm among the senders, or 0 when there is no place. */
static __always_inline __u32 sender_number(const __u64 comm[2])
{
	__u32 at = sender_hash(comm[0], comm[1]) & (LULL_SENDERS - 1);
	const struct lull_sender *s = &lull_senders[at];

	if (s->comm[0] == comm[0] && s->comm[1] == comm[1])
		return at + 1;
	return search_sender(comm[0], comm[1]);
}

/* A label in one word of its table: the owner, and above it the function's number. */
static __always_inline __u32 label_key(__u32 owner, __u32 fn)
{
	return owner | fn << 16;
}

static __always_inline __u32 label_hash(__u32 key)
{
	return (key * 2654435761U) >> 16;
}

static __always_inline __u32 key_hash(__u64 key)
{
	return (key * 0x9e3779b97f4a7c15ULL) >> 40;
}

static __always_inline void cause_init(struct lull_cpu *c, struct lull_cause *e)
{
	__u32 n = __sync_fetch_and_add(&c->hists, 1);

	if (n < LULL_CPU_HISTS)
		e->hist = n + 1;
}

static __always_inline __u32 cause_hashed(__u32 hash)
{
	return LULL_CAUSE_HASHED + (hash & (LULL_CAUSES - LULL_CAUSE_HASHED - 1));
}

/* The number of @key's cause in its CPU's table, with @take taken if need be, or LULL_CAUSES. */
static __always_inline __u32 cause_find(struct lull_cpu *c, __u64 key, bool take)
{
	__u32 at = cause_hashed(key_hash(key));

	if (c->cause[at].key != key)
		at = search_cause(c, key, take);
	return forget(at);
}

/* In ledger.bpf.c: the first piece of what is found by number gives it its name and histogram. */
int ledger_cause_first(struct lull_cpu *c, __u32 at, __u64 key);
int ledger_entry_first(struct lull_victim *v, __u32 at, __u64 key);

/* The place of a cause found by number. */
static __always_inline __u32 cause_place(struct lull_cpu *c, __u32 at, __u64 key)
{
	if (!c->cause[at].key)
		ledger_cause_first(c, at, key);
	return at;
}

/* The place of any cause: by number where it has one, else by search. */
static __always_inline __u32 cause_at(struct lull_cpu *c, __u64 cause)
{
	__u32 nth = LULL_CAUSE_KIND(cause) - LULL_KIND_VECTOR; /* 0: vectors, 1: softirqs */
	__u32 at = nth * LULL_CAUSE_SOFTIRQ + (LULL_CAUSE_ID(cause) & 15);

	if (nth > 1)
		return cause_find(c, cause, true);
	asm volatile("" : "+r"(at)); /* 6.1 cannot tell its limit */
	return cause_place(c, at & (LULL_CAUSE_HASHED - 1), cause);
}

static __always_inline void cause_count(struct lull_cpu *c, __u64 at, struct piece p)
{
	struct lull_cause *e;

	if (!is_bounded(&at, LULL_CAUSES))
		return;
	e = &c->cause[at];
	e->count++;
	e->sum_ns += p.ns;
	if (p.ns > e->max_ns)
		e->max_ns = p.ns;
	hist_add(c->hist, LULL_CPU_HISTS, e->hist, p.slot);
}

static __always_inline void cause_add(struct lull_cpu *c, __u32 at, __u64 ns)
{
	cause_count(c, at, piece_of(ns));
}

static __always_inline void entry_init(struct lull_victim *v, struct lull_entry *e, __u64 key)
{
	__u32 n = __sync_fetch_and_add(&v->hists, 1);

	e->key = key;
	if (n < LULL_VICTIM_HISTS)
		e->hist = n + 1;
}

static __always_inline __u64 entry_key(__u32 row, __u64 cause)
{
	return (__u64)row << LULL_ROW_SHIFT | cause;
}

/*
 * The number of an entry of a ledger that is found by hash. With @take a place is taken if need be;
 * without one, the row's unnamed entry keeps the time.
 */
static __always_inline __u32 entry_find(struct lull_victim *v, __u32 row, __u64 cause, bool take)
{
	__u64 key = entry_key(row, cause);
	__u32 at = lull_entry_hash(key);

	if (v->entry[at].key != key)
		at = search_entry(v, row, cause, take);
	return forget(at);
}

/* One piece of time for the entry in place @at, which must be below LULL_ENTRIES. */
static __always_inline void entry_count(struct lull_victim *v, __u64 at, __u64 key, struct piece p)
{
	struct lull_entry *e = &v->entry[at];

	if (!e->count)
		ledger_entry_first(v, at, key);
	e->count++;
	e->sum_ns += p.ns;
	if (p.ns > e->max_ns)
		e->max_ns = p.ns;
	hist_add(v->hist, LULL_VICTIM_HISTS, e->hist, p.slot);
}

#endif
