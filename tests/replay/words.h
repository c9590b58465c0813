/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words: in which recorded sequences are written, one line per event. Times are microseconds from
 * the opening of the window. What a sequence must give is in wants.h.
 */
#ifndef LULL_TESTS_REPLAY_WORDS_H
#define LULL_TESTS_REPLAY_WORDS_H

#include <stdint.h>

#include "lull_abi.h"
#include "selftest_abi.h"

#include "wants.h"

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
#define TIMER(n)   LULL_LABEL(LULL_LABEL_HRTIMER, 0xffffffff82000000ULL + (n)*16ULL)
#define WORK(n)	   LULL_LABEL(LULL_LABEL_WORK, 0xffffffff83000000ULL + (n)*16ULL)
enum { NET_RX = 3, TASKLET = 6, SCHED = 7, HRTIMER = 8 };

#define T0 1000000000000ULL /* CLOCK_MONOTONIC when the window opens, ns */

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
