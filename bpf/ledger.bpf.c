/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger: the parts that are called, not inlined: the end of a gap, the reading back of a wait,
 * the repair of a broken stack. No program lives here.
 */
#include "ledger.bpf.h"

#include "thread.bpf.h"

/* Adds to label @fn of cause @owner of a CPU. */
__noinline int ledger_cpu_label(struct lull_cpu *c, __u32 owner, __u32 fn, __u64 ns)
{
	__u32 key = label_key(owner, fn), at = label_hash(key) & (LULL_CPU_LABELS - 1);

	if (!c || !fn)
		return 0;
	if (*(__u32 *)&c->label[at].owner != key)
		at = search_cpu_label(c, owner, fn);
	if (at >= LULL_CPU_LABELS) {
		anomaly(LULL_ANOMALY_LABELS_FULL);
		return 0;
	}
	c->label[at].count++;
	c->label[at].sum_ns += ns;
	return 0;
}

/* The same for entry @owner of a victim. */
__noinline int ledger_victim_label(struct lull_victim *v, __u32 owner, __u32 fn, __u64 ns)
{
	__u32 key = label_key(owner, fn), at = label_hash(key) & (LULL_VICTIM_LABELS - 1);

	if (!v || !fn)
		return 0;
	if (*(__u32 *)&v->label[at].owner != key)
		at = search_victim_label(v, owner, fn);
	if (at >= LULL_VICTIM_LABELS) {
		anomaly(LULL_ANOMALY_LABELS_FULL);
		return 0;
	}
	v->label[at].count++;
	v->label[at].sum_ns += ns;
	return 0;
}

__noinline int ledger_cause_first(struct lull_cpu *c, __u32 at, __u64 key)
{
	if (!c || at >= LULL_CAUSE_HASHED)
		return 0;
	c->cause[at].key = key;
	cause_init(c, &c->cause[at]);
	return 0;
}

/* The first piece of an entry that is found by number: till then it has no name and no histogram. */
__noinline int ledger_entry_first(struct lull_victim *v, __u32 at, __u64 key)
{
	if (v && at < LULL_ENTRY_HASHED && !v->entry[at].sum_ns)
		entry_init(v, &v->entry[at], at < LULL_ENTRY_ROWS ? 0 : key);
	return 0;
}

__noinline int ledger_entry_count(struct lull_victim *v, __u32 at, __u64 key, __u64 ns)
{
	__u64 place = at;

	if (v && is_bounded(&place, LULL_ENTRIES))
		entry_count(v, place, key, piece_of(ns));
	return 0;
}

/* Counts one piece of @row's time for a victim, and keeps the sum. The number of the entry. */
__noinline __u32 ledger_entry_add(struct lull_victim *v, __u32 row, __u64 cause, __u64 ns)
{
	__u64 at;

	if (!v)
		return 0;
	at = lull_entry_place(row, cause);
	if (at == LULL_ENTRIES)
		at = entry_find(v, row, cause, true);
	at = forget(at);
	if (!is_bounded(&at, LULL_ENTRIES))
		return 0;
	entry_count(v, at, entry_key(row, cause), piece_of(ns));
	return at;
}

/*
 * Takes the NMI time out of an interval of @d ns; what is left of it. An NMI may come between our
 * reading of the clock and this: what exceeds the interval is in the next one, and must fit there.
 */
__noinline __u64 ledger_nmi(struct lull_cpu *c, struct lull_victim *v, __u64 d)
{
	__u64 n;

	if (!c)
		return d;
	n = __sync_lock_test_and_set(&c->nmi_ns, 0);
	if (n > d) {
		__sync_fetch_and_add(&c->nmi_ns, n - d);
		if (c->nmi_late)
			anomaly(LULL_ANOMALY_NMI_EXCESS);
		c->nmi_late = 1;
		n = d;
	} else {
		c->nmi_late = 0;
	}
	if (n)
		ledger_entry_count(v, LULL_ROW_NMI, 0, n);
	/* Of the event of this interval, which is there already. */
	if (n && lull_cfg.trace_events)
		trace_add(c, c->last_ns, n, LULL_CAUSE(LULL_KIND_NMI, 0, 0), NULL, SHARED);
	return d - n;
}

/* What finish_numbered does, for any cause. */
__noinline int ledger_finish(struct lull_cpu *c, struct lull_victim *v, __u64 cause, __u64 ns)
{
	__u64 row = row_of(LULL_CAUSE_KIND(cause));
	__u32 at;

	if (!c)
		return 0;
	at = cause_at(c, cause);
	if (at == LULL_CAUSES)
		anomaly(LULL_ANOMALY_CAUSES_FULL);
	cause_add(c, at, ns);
	if (!v)
		return 0;
	ledger_entry_add(v, row, cause, ns);
	if (v->gap_ns)
		segment_add(v, row << LULL_ROW_SHIFT | cause, ns, 0);
	return 0;
}

/* The place of an entry, taken if need be. */
__noinline __u32 ledger_entry_place(struct lull_victim *v, __u32 row, __u64 cause)
{
	__u32 at = lull_entry_place(row, cause);

	if (!v)
		return 0;
	return at < LULL_ENTRIES ? at : entry_find(v, row, cause, true);
}

/* Counts @ns for label @fn of @cause, on the CPU and, when it ran over one, for the victim. */
__noinline int ledger_label(struct lull_cpu *c, struct lull_victim *v, __u64 cause, __u32 fn,
			    __u64 ns)
{
	enum lull_kind kind = LULL_CAUSE_KIND(cause);

	if (!c)
		return 0;
	ledger_cpu_label(c, cause_at(c, cause), fn, ns);
	if (v && kind != LULL_KIND_TASK)
		ledger_victim_label(v, ledger_entry_place(v, row_of(kind), cause), fn, ns);
	return 0;
}

/* Charges up to @now, where interrupts are off. */
__noinline int ledger_charge(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	if (c)
		charge(c, v, now, PRIVATE);
	return 0;
}

/* The number of the cause of all tasks of a comm, which becomes the CPU's current one. */
__noinline __u32 ledger_task_group(struct lull_cpu *c, __u64 comm0, __u64 comm1)
{
	const __u64 comm[2] = { comm0, comm1 };
	__u32 at;

	if (!c)
		return LULL_CAUSES;
	c->task = lull_comm_cause(comm);
	c->grouped++;
	at = cause_find(c, c->task, true);
	if (at == LULL_CAUSES)
		anomaly(LULL_ANOMALY_CAUSES_FULL);
	return at;
}

/*
 * What the earlier actions of a shared line took goes on with the next one, if @cause is that; else
 * there is none any more, and it is counted. The time to begin with.
 */
__noinline __u64 ledger_carry(struct lull_cpu *c, struct lull_victim *v, __u64 cause)
{
	__u64 irq;

	if (!c)
		return 0;
	irq = c->carry_irq;
	c->carry_irq = 0;
	if (irq == cause)
		return c->carry_ns;
	if (irq)
		ledger_finish(c, v, irq, c->carry_ns);
	return 0;
}

/* What the callbacks of bpf_loop need. */
struct frames {
	struct lull_cpu *c;
	struct lull_victim *v;
	__u64 cause;
	__u32 found;
};

static long frame_one(__u32 i, void *ctx)
{
	struct frames *f = ctx;
	__u32 at = f->c->depth - 1 - i;

	if (f->c->frame[at & (LULL_DEPTH - 1)].cause != f->cause)
		return 0;
	f->found = at + 1;
	return 1;
}

/*
 * An exit that does not match the innermost entry: what lies above its own never ended as far as
 * we saw, and is to be closed with it. The level of its own; 0: it has none.
 */
__noinline __u32 ledger_mismatch(struct lull_cpu *c, __u64 cause)
{
	struct frames f = { .c = c, .cause = cause };

	if (!c)
		return 0;
	if (!c->fresh)
		anomaly(LULL_ANOMALY_UNMATCHED);
	bpf_loop(c->depth, frame_one, &f, 0);
	return f.found;
}

static __always_inline void stall_copy(struct lull_stall *s, const struct lull_victim *v, __u64 end)
{
	s->at_ns = v->gap_ns;
	s->duration_ns = end - v->gap_ns;
	s->cpu = v->cpu;
	s->waker = v->halt_wake_ns >= v->gap_ns ? v->waker : 0;
	comm_copy(s->waker_comm, v->waker_comm);
	s->n_segments = v->n_segments;
	s->segments_dropped = v->segments_dropped;
	s->first_segment = v->first_segment;
	s->mode = v->mode;
	__builtin_memcpy(s->segment, v->segment, sizeof(s->segment));
}

static __always_inline void stall_send(struct lull_victim *v, __u64 end)
{
	struct lull_stall *s;

	if (lull_cfg.stacks)
		s = bpf_ringbuf_reserve(&lull_stalls, sizeof(*s), 0);
	else
		s = bpf_ringbuf_reserve(&lull_stalls, LULL_STALL_SHORT, 0);
	if (!s) {
		__sync_fetch_and_add(&lull_dropped, 1);
		return;
	}
	stall_copy(s, v, end);
	s->victim = v->slot;
	if (lull_cfg.stacks) {
		s->n_kstack = v->n_kstack;
		s->n_ustack = v->n_ustack;
		__builtin_memcpy(s->kstack, v->kstack, sizeof(s->kstack));
		__builtin_memcpy(s->ustack, v->ustack, sizeof(s->ustack));
	}
	bpf_ringbuf_submit(s, BPF_RB_NO_WAKEUP);
}

/* The gap from v->gap_ns to @end is a stall. */
__noinline int ledger_stall(struct lull_victim *v, __u64 end)
{
	if (!v)
		return 0;
	v->stalls++;
	v->stalls_ns += end - v->gap_ns;
	if (end - v->gap_ns >= lull_stall_floor_ns)
		stall_send(v, end);
	return 0;
}

/* What the callback below needs; @found: the segment, if there is one. */
struct segments {
	struct lull_victim *v;
	__u64 word, label;
	__u32 first, found;
};

static long segment_one(__u32 i, void *ctx)
{
	struct segments *s = ctx;
	const struct lull_segment *at = &s->v->segment[(s->first + i) & (LULL_SEGMENTS - 1)];

	if ((at->word ^ s->word) | (at->label ^ s->label))
		return 0;
	s->found = s->first + i;
	return 1;
}

/* Of the segments since the last sleep one may be the same; else it is a new one. */
__noinline int ledger_segment_add(struct lull_victim *v, __u64 word, __u64 ns, __u64 label)
{
	struct segments s = { .v = v, .word = word, .label = label };
	__u32 n, at;

	if (!v)
		return 0;
	n = v->n_segments;
	s.first = v->sleep_segment;
	s.found = n;
	if (n > s.first)
		bpf_loop(n - s.first, segment_one, &s, 0);
	at = s.found;
	if (at >= LULL_SEGMENTS) {
		v->segments_dropped++;
	} else if (at < n) {
		v->segment[at].ns += ns;
	} else {
		v->segment[at] = (struct lull_segment){ .word = word, .ns = ns, .label = label };
		v->n_segments = at + 1;
	}
	return 0;
}

/* Books the net time of the open mode. */
__noinline int ledger_mode_flush(struct lull_victim *v, bool shared)
{
	__u32 row = LULL_ROW_RUN;
	__u64 cause = 0, ns;

	if (!v)
		return 0;
	if (shared) {
		ns = __sync_lock_test_and_set(&v->mode_ns, 0);
	} else {
		ns = v->mode_ns;
		v->mode_ns = 0;
	}
	if (v->mode == LULL_MODE_GUEST) {
		row = LULL_ROW_GUEST;
	} else if (v->mode == LULL_MODE_USER) {
		row = LULL_ROW_USER;
	} else if (v->mode == LULL_MODE_EXIT) {
		__u32 reason = v->reason;

		row = LULL_ROW_EXIT;
		if (reason == LULL_EXIT_EXTINT_VMX || reason == LULL_EXIT_EXTINT_SVM)
			row = LULL_ROW_UNTRACED;
		else if (reason)
			cause = LULL_CAUSE(LULL_KIND_EXIT, reason, 0);
	}
	ledger_entry_add(v, row, cause, ns);
	if (v->gap_ns && row != LULL_ROW_GUEST && row != LULL_ROW_RUN && ns)
		segment_add(v, (__u64)row << LULL_ROW_SHIFT | cause, ns, 0);
	return 0;
}

/* The last sleep ended no halt, or kvm_vcpu_wakeup would have said so by now. */
__noinline int ledger_block_flush(struct lull_victim *v)
{
	__u64 ns = v ? v->block_ns : 0;

	if (!v || !ns)
		return 0;
	v->block_ns = 0;
	if (lull_is_halt(v)) { /* it slept more than once in one halt */
		ledger_entry_add(v, LULL_ROW_HALTED, 0, ns);
		return 0;
	}
	ledger_entry_add(v, LULL_ROW_BLOCKED, 0, ns);
	if (v->gap_ns && v->mode != LULL_MODE_RUN)
		ledger_segment_add(v, (__u64)LULL_ROW_BLOCKED << LULL_ROW_SHIFT, ns, 0);
	return 0;
}

/* The innermost level ends. */
static long frame_close(__u32 i, void *ctx)
{
	struct frames *f = ctx;
	__u32 depth = f->c->depth - 1;
	const struct lull_frame *frame = &f->c->frame[depth & (LULL_DEPTH - 1)];

	f->c->depth = depth;
	ledger_finish(f->c, f->v, frame->cause, frame->acc_ns);
	return 0;
}

/* Closes what is open above level @keep, softirq included when @keep is 0. */
__noinline int ledger_unwind(struct lull_cpu *c, struct lull_victim *v, __u32 keep)
{
	struct frames f = { .c = c, .v = v };

	if (!c)
		return 0;
	if (c->depth > keep)
		bpf_loop(c->depth - keep, frame_close, &f, 0);
	if (!keep && c->softirq) {
		__u64 ns = __sync_lock_test_and_set(&c->soft_ns, 0);
		__u64 cause = LULL_CAUSE(LULL_KIND_SOFTIRQ, c->softirq - 1, 0);

		c->softirq = 0;
		ledger_finish(c, v, cause, ns);
	}
	return 0;
}

/* Counts CPU @cpu from now on, when a victim turns up there and a slot is free. */
__noinline int ledger_cpu_activate(__u32 cpu, __u64 now)
{
	__u32 slot = lull_cpus_used;
	struct lull_cpu *c;

	cpu &= LULL_MAX_CPUS - 1;
	if (!slot || lull_cpu_slot[cpu])
		return 0;
	if (slot < lull_cfg.n_cpu_slots)
		slot = __sync_fetch_and_add(&lull_cpus_used, 1);
	c = slot < lull_cfg.n_cpu_slots ? bpf_map_lookup_elem(&lull_cpus, &slot) : NULL;
	if (!c) {
		anomaly(LULL_ANOMALY_CPUS_FULL);
		return 0;
	}
	c->cpu = cpu;
	c->opened_ns = now;
	c->last_ns = now;
	c->fresh = 2;
	if (__sync_val_compare_and_swap(&lull_cpu_slot[cpu], 0, slot + 1))
		c->opened_ns = 0; /* another CPU was faster: this record stays unused */
	return 0;
}
