/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu: the modes of a vCPU thread while it has its CPU. Where kvm_entry and kvm_exit fire
 * relative to the interrupt that caused the exit differs between VMX, SVM before and after 6.5
 * (791a089861fc) and arm64; the rule that holds on all is that any interrupt or task switch ends
 * guest mode, and kvm_exit only supplies the reason.
 */
#ifndef LULL_VCPU_BPF_H
#define LULL_VCPU_BPF_H

#include "ledger.bpf.h"

/* The first sign that this kernel reports VM entries: what ran so far was @mode. */
static __always_inline void vcpu_seen(struct lull_victim *v, __u32 mode)
{
	if (v->has_kvm)
		return;
	v->has_kvm = 1;
	if (v->gap_ns && v->gap_end_ns)
		gap_close(v, v->gap_end_ns);
	v->mode = mode;
	v->reason = 0;
}

static __always_inline void vcpu_enter(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	charge(c, v, now, PRIVATE);
	if (c->depth || c->softirq) {
		if (!c->fresh)
			anomaly(LULL_ANOMALY_OPEN_AT_ENTRY);
		ledger_unwind(c, v, 0);
	}
	c->fresh = 0;
	vcpu_seen(v, LULL_MODE_EXIT);
	block_flush(v);
	ledger_mode_flush(v, false);
	v->mode = LULL_MODE_GUEST;
	if (v->gap_ns)
		gap_close(v, now);
}

/*
 * Interrupts are on, and one may come in between: it ends guest mode itself. Whoever changes the mode
 * books its time, all of it and once; what is charged to the exit meanwhile stays there.
 */
static __always_inline void vcpu_leaves_guest(struct lull_victim *v, __u64 now)
{
	__u64 ns = *(volatile __u64 *)&v->mode_ns;

	__sync_val_compare_and_swap(&v->gap_ns, 0, now);
	if (__sync_val_compare_and_swap(&v->mode, LULL_MODE_GUEST, LULL_MODE_EXIT) !=
	    LULL_MODE_GUEST)
		return;
	__sync_fetch_and_add(&v->mode_ns, -ns);
	ledger_entry_add(v, LULL_ROW_GUEST, 0, ns);
}

static __always_inline void vcpu_exit(struct lull_cpu *c, struct lull_victim *v, __u64 now,
				      __u32 reason)
{
	charge(c, v, now, SHARED);
	vcpu_seen(v, LULL_MODE_GUEST);
	if (v->mode == LULL_MODE_GUEST)
		vcpu_leaves_guest(v, now);
	v->reason = reason;
}

static __always_inline void vcpu_userspace(struct lull_cpu *c, struct lull_victim *v, __u64 now)
{
	if (!v->has_kvm)
		return;
	charge(c, v, now, SHARED);
	block_flush(v);
	ledger_mode_flush(v, true);
	v->mode = LULL_MODE_USER;
}

/*
 * A halt ended after @ns, polling included; @waited: it slept. What was a sleep is now known to be
 * a halt, and what the guest lost begins at its wake-up.
 */
static __always_inline void vcpu_halted(struct lull_cpu *c, struct lull_victim *v, __u64 now,
					__u64 ns, bool waited)
{
	__u64 off = 0, polled;

	charge(c, v, now, SHARED);
	waited &= v->block_ns != 0; /* it was to sleep, but an event came before */
	if (waited) {
		off = v->block_ns + v->woken_ns;
		ledger_entry_add(v, LULL_ROW_HALTED, 0, v->block_ns);
		v->block_ns = 0;
	}
	polled = ns > off ? ns - off : 0;
	if (polled > v->mode_ns)
		polled = v->mode_ns;
	if (polled && v->mode != LULL_MODE_GUEST) {
		__sync_fetch_and_add(&v->mode_ns, -polled);
		ledger_entry_add(v, LULL_ROW_HALTPOLL, 0, polled);
	}
	if (v->mode == LULL_MODE_RUN || !v->gap_ns)
		return;
	v->gap_ns = waited ? v->halt_wake_ns : now;
	v->first_segment = waited ? v->sleep_segment : v->n_segments;
}

#endif
