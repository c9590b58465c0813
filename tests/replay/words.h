/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words: in which recorded sequences and what they must give are written: one line per event, one
 * line per row of a ledger. Times are microseconds from the opening of the window.
 */
#ifndef LULL_TESTS_REPLAY_WORDS_H
#define LULL_TESTS_REPLAY_WORDS_H

#include <stdint.h>

#include "lull_abi.h"
#include "selftest_abi.h"

/* Who is who. V and W are the victims, CHILD is born to V, G + n are many. */
enum who { NOBODY, IDLE, V, W, CHILD, A, B, C, KWORKER, KSOFTIRQD, G = 1000 };

/* Events. A task switch that the kernel does not report is none: it changes who is current. */
enum { REPLAY_HIDDEN = 1000 };
struct event {
	uint64_t at_us;
	uint32_t cpu, kind; /* enum selftest_kind or REPLAY_HIDDEN; 0: the end of the table */
	enum who task;
	uint64_t a, b;
};
#define EV(t, c, k, ...)                                                      \
	{                                                                     \
		.at_us = (t), .cpu = (c), .kind = SELFTEST_##k, ##__VA_ARGS__ \
	}

#define SWITCH(t, c, next)		EV(t, c, SWITCH, .task = (next))
#define SLEEP(t, c, next)		EV(t, c, SWITCH, .task = (next), .a = SELFTEST_SLEEPS)
#define DIE(t, c, next)			EV(t, c, SWITCH, .task = (next), .a = SELFTEST_DIES)
#define SWITCH_AFTER(t, c, next, stint) EV(t, c, SWITCH, .task = (next), .b = (stint)*1000)
#define HIDDEN(t, c, next)                                                      \
	{                                                                       \
		.at_us = (t), .cpu = (c), .kind = REPLAY_HIDDEN, .task = (next) \
	}
#define WAKING(t, c, who)	  EV(t, c, WAKING, .task = (who))
#define WAKEUP(t, c, who, to)	  EV(t, c, WAKEUP, .task = (who), .a = (to))
#define MIGRATE(t, c, who, to)	  EV(t, c, MIGRATE, .task = (who), .a = (to))
#define CLONE(t, c, child)	  EV(t, c, FORK, .task = (child), .a = 1, .b = 1)
#define FORK(t, c, child)	  EV(t, c, FORK, .task = (child), .a = 2, .b = 1)
#define IRQ(t, c, line)		  EV(t, c, IRQ_ENTRY, .a = (line))
#define IRQ_END(t, c, line)	  EV(t, c, IRQ_EXIT, .a = (line))
#define IRQ_MORE(t, c, line)	  EV(t, c, IRQ_EXIT, .a = (line), .b = 1)
#define VEC(t, c, id)		  EV(t, c, VECTOR_ENTRY, .a = LULL_VECTOR_##id)
#define VEC_END(t, c, id)	  EV(t, c, VECTOR_EXIT, .a = LULL_VECTOR_##id)
#define SOFT(t, c, vec)		  EV(t, c, SOFTIRQ_ENTRY, .a = (vec))
#define SOFT_END(t, c, vec)	  EV(t, c, SOFTIRQ_EXIT, .a = (vec))
#define NMI(t, c, us)		  EV(t, c, NMI, .a = HANDLER, .b = (us)*1000)
#define ENTER(t, c)		  EV(t, c, KVM_ENTRY)
#define EXIT(t, c, why)		  EV(t, c, KVM_EXIT, .a = (why))
#define USERSPACE(t, c)		  EV(t, c, KVM_USERSPACE)
#define HALT_END(t, c, us, slept) EV(t, c, KVM_HALTED, .a = (us)*1000, .b = (slept))
#define LABEL_ON(t, c, label)	  EV(t, c, LABEL_BEGIN, .a = (label))
#define LABEL_OFF(t, c)		  EV(t, c, LABEL_END)
#define RESCHEDULE(t, c, to)	  EV(t, c, SENDER, .a = (to))

/* Exit reasons, functions, softirqs. */
#define MSR_WRITE  LULL_EXIT(1, 32)
#define HLT	   LULL_EXIT(1, 12)
#define EPT	   LULL_EXIT(1, 48)
#define PORT	   LULL_EXIT(1, 30)
#define EXTINT	   LULL_EXIT_EXTINT_VMX
#define EXTINT_SVM LULL_EXIT_EXTINT_SVM
#define HANDLER	   0xffffffff81000100ULL
#define TIMER(n)   LULL_LABEL(LULL_LABEL_HRTIMER, 0xffffffff82000000ULL + (n)*16)
#define WORK(n)	   LULL_LABEL(LULL_LABEL_WORK, 0xffffffff83000000ULL + (n)*16)
enum { NET_RX = 3, TASKLET = 6, SCHED = 7, HRTIMER = 8 };

/* Causes, as expected. */
#define TID(who)   ((who) == IDLE ? 0U : 100U + (who))
#define TASK(who)  LULL_CAUSE(LULL_KIND_TASK, TID(who), 7U * (who))
#define LINE(n)	   LULL_CAUSE(LULL_KIND_IRQ, n, 0)
#define VECT(id)   LULL_CAUSE(LULL_KIND_VECTOR, LULL_VECTOR_##id, 0)
#define SOFTIRQ(n) LULL_CAUSE(LULL_KIND_SOFTIRQ, n, 0)
#define REASON(r)  LULL_CAUSE(LULL_KIND_EXIT, r, 0)
#define QUEUE	   LULL_CAUSE(LULL_KIND_QUEUE, 0, 0)
#define UNSEEN	   LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0)
#define OTHER	   LULL_CAUSE(LULL_KIND_OTHER, 0, 0)
#define NMIS	   LULL_CAUSE(LULL_KIND_NMI, 0, 0)
#define NO_NAME	   0
#define OTHERS	   1					     /* the label of what finds no place */
#define FROM_BETA  LULL_LABEL(LULL_LABEL_SENDER, 0x61746562) /* "beta", little endian */

/* What a sequence must give. What is not listed must not be there (CPUs: if any line names it). */
enum want_kind {
	WANT_END,
	WANT_ROW,    /* of a victim's ledger: cause, count, sum, max */
	WANT_TOTAL,  /* all of a row: count, sum; its entries are not looked at */
	WANT_LABELS, /* all labels of such a row: count, sum */
	WANT_CAUSE,  /* of a CPU */
	WANT_GAP,    /* one value in the histogram: count, sum of one */
	WANT_WAKE,   /* the same */
	WANT_PREEMPTED,
	WANT_STALL,   /* at, sum; waker in cause */
	WANT_SEGMENT, /* of that stall: row, cause, label, sum */
	WANT_DROPPED, /* segments of that stall: count */
	WANT_LABEL,   /* of a victim's entry: row, cause, label, count, sum */
	WANT_CPU_LABEL,
	WANT_ANOMALY, /* row: which, count */
	WANT_SIBLING, /* sum */
	WANT_HIDDEN,  /* switches on a CPU: count */
	WANT_WALL,    /* of a victim, when it is not all the window: sum */
};

struct want {
	enum want_kind kind;
	uint32_t who, row; /* who: enum who or CPU */
	uint64_t cause, label;
	uint64_t count, at_us, sum_us, max_us;
};

#define WANT(k, ...)                          \
	{                                     \
		.kind = WANT_##k, __VA_ARGS__ \
	}
#define ROW(w, r, cs, n, sum, most)                                                              \
	WANT(ROW, .who = (w), .row = LULL_ROW_##r, .cause = (cs), .count = (n), .sum_us = (sum), \
	     .max_us = (most))
#define TOTAL(w, r, n, sum) \
	WANT(TOTAL, .who = (w), .row = LULL_ROW_##r, .count = (n), .sum_us = (sum))
#define CAUSE(c, cs, n, sum, most) \
	WANT(CAUSE, .who = (c), .cause = (cs), .count = (n), .sum_us = (sum), .max_us = (most))
#define LABELS(w, r, n, sum) \
	WANT(LABELS, .who = (w), .row = LULL_ROW_##r, .count = (n), .sum_us = (sum))
#define GAPS(w, us, n)	     WANT(GAP, .who = (w), .sum_us = (us), .count = (n))
#define GAP(w, us)	     GAPS(w, us, 1)
#define WAKE(w, us)	     WANT(WAKE, .who = (w), .sum_us = (us), .count = 1)
#define PREEMPTEDS(w, us, n) WANT(PREEMPTED, .who = (w), .sum_us = (us), .count = (n))
#define PREEMPTED(w, us)     PREEMPTEDS(w, us, 1)
#define STALL(w, at, us)     WANT(STALL, .who = (w), .at_us = (at), .sum_us = (us))
#define STALL_WOKEN(w, at, us, by) \
	WANT(STALL, .who = (w), .at_us = (at), .sum_us = (us), .cause = (by))
#define SEGMENT(r, cs, us) WANT(SEGMENT, .row = LULL_ROW_##r, .cause = (cs), .sum_us = (us))
#define SEGMENT_OF(r, cs, us, l) \
	WANT(SEGMENT, .row = LULL_ROW_##r, .cause = (cs), .sum_us = (us), .label = (l))
#define DROPPED(n) WANT(DROPPED, .count = (n))
#define LABEL(w, r, cs, l, n, us)                                                               \
	WANT(LABEL, .who = (w), .row = LULL_ROW_##r, .cause = (cs), .label = (l), .count = (n), \
	     .sum_us = (us))
#define CPU_LABEL(c, cs, l, n, us) \
	WANT(CPU_LABEL, .who = (c), .cause = (cs), .label = (l), .count = (n), .sum_us = (us))
#define ANOMALY(id, n)	      WANT(ANOMALY, .row = LULL_ANOMALY_##id, .count = (n))
#define SIBLING(w, us)	      WANT(SIBLING, .who = (w), .sum_us = (us))
#define SWITCHES_HIDDEN(c, n) WANT(HIDDEN, .who = (c), .count = (n))
#define WALL(w, us)	      WANT(WALL, .who = (w), .sum_us = (us))

#define T0		      1000000000000ULL /* CLOCK_MONOTONIC when the window opens, ns */

struct events;

struct sequence {
	const char *name;
	uint64_t close_us;    /* 0: 1000 */
	enum who victims[2];  /* none: V */
	enum who on[2];	      /* who has CPU 0 and CPU 1 at the start; nobody: idle */
	unsigned int inherit; /* of the victims */
	unsigned int n_cpus;  /* watched from the start, at most 2; 0: 2 */
	int waiters_full;     /* 1: no place left in the lists of those who wait */
	int siblings;	      /* 1: CPU 0 and CPU 1 are threads of one core */
	const struct event *events;
	void (*more)(struct events *); /* appends to the events */
	const struct want *wants;
};
#define EVENTS(...)                      \
	.events = (const struct event[]) \
	{                                \
		__VA_ARGS__,             \
		{                        \
			.kind = 0        \
		}                        \
	}
#define GIVES(...)                       \
	.wants = (const struct want[])   \
	{                                \
		__VA_ARGS__,             \
		{                        \
			.kind = WANT_END \
		}                        \
	}

#endif
