/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selftest_abi: recorded events as the self-test's program takes them, shared with the tests that
 * write them. Not part of a measurement: nothing in user/ includes it.
 */
#ifndef LULL_SELFTEST_ABI_H
#define LULL_SELFTEST_ABI_H

#include <linux/types.h>

enum selftest_kind {
	SELFTEST_NONE,
	SELFTEST_SWITCH,	/* task: next, a: SELFTEST_SLEEPS, _DIES, b: stint of current, ns */
	SELFTEST_WAKING,	/* task: who is woken; current: who wakes it */
	SELFTEST_WAKEUP,	/* task, a: CPU of the queue, b: 1: it is still on its CPU */
	SELFTEST_MIGRATE,	/* task, a: CPU it goes to */
	SELFTEST_FORK,		/* task: the child, a: its tgid, b: that of current */
	SELFTEST_IRQ_ENTRY,	/* a: line */
	SELFTEST_IRQ_EXIT,	/* a: line, b: 1: more actions follow */
	SELFTEST_VECTOR_ENTRY,	/* a: enum lull_vector */
	SELFTEST_VECTOR_EXIT,	/* the same */
	SELFTEST_SOFTIRQ_ENTRY, /* a: vector */
	SELFTEST_SOFTIRQ_EXIT,	/* a: vector */
	SELFTEST_NMI,		/* a: address of the handler, b: how long it ran, ns */
	SELFTEST_KVM_ENTRY,
	SELFTEST_KVM_EXIT, /* a: isa << 16 | reason */
	SELFTEST_KVM_USERSPACE,
	SELFTEST_KVM_HALTED,  /* a: how long, ns, b: 1: it slept */
	SELFTEST_LABEL_BEGIN, /* a: LULL_LABEL */
	SELFTEST_LABEL_END,
	SELFTEST_SENDER, /* current: who asks for a reschedule of CPU a */
};

#define SELFTEST_SLEEPS 1
#define SELFTEST_DIES	2

struct selftest_task {
	__u32 tid, pad;
	__u64 cause;
	__u64 comm[2];
};

struct selftest_event {
	__u64 now; /* CLOCK_MONOTONIC of the recording, ns */
	__u32 cpu;
	__u32 kind;			   /* enum selftest_kind */
	__u64 a, b;			   /* arguments, by kind */
	struct selftest_task current_task; /* who has the CPU */
	struct selftest_task task;	   /* whom the event is about */
};

/* Context of the program. */
struct selftest_run {
	__u32 event; /* number, in the map of events */
	__u32 pad;
};

_Static_assert(sizeof(struct selftest_task) == 32, "selftest_task");
_Static_assert(sizeof(struct selftest_event) == 96, "selftest_event");

#endif
