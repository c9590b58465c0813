/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench: what lull costs, against its budget. One process runs workloads on one CPU with lull's
 * programs attached in several ways ("arms"), all in one run, and prints ratios. Its exit code
 * tells whether a budget is broken beyond doubt.
 */
#ifndef LULL_TESTS_BENCH_BENCH_H
#define LULL_TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fs.h"
#include "base/str.h"
#include "bench/stats.h"
#include "bench/table.h"

/* One operation of each, and what lull sees of it. */
enum work_kind {
	WORK_YIELD,   /* two threads yield to each other: 2 sched_switch */
	WORK_PING,    /* eventfd ping-pong: 2 each of sched_switch, sched_waking, sched_wakeup */
	WORK_SOFTIRQ, /* a frame to nobody: 1 softirq, and little else */
	WORK_UDP,     /* a datagram to oneself: 1 softirq */
	WORK_VECTOR,  /* an interrupt to oneself: 1 system vector */
	WORK_EXIT,    /* CPUID in a guest: out of it, and in again */
	WORK_TIMER,   /* a short sleep: a timer's vector, idle and back, a wake-up */
	WORK_DISK,    /* 4 KiB read past the cache: the disk's interrupt, a wake-up */
	WORK_SYSCALL, /* getppid, the control: nothing */
	N_WORKS
};

enum arm {
	ARM_NONE,
	ARM_NONE2, /* the same again: the noise */
	ARM_EMPTY, /* programs that do nothing */
	ARM_CLOCK, /* that read the clock, and do nothing with it */
	ARM_IDLE,  /* lull watches another thread, on another CPU */
	ARM_CPU,   /* lull watches the CPU */
	ARM_TRACE, /* as the next one, with a flight recorder */
	ARM_ALL,   /* lull watches all CPUs and the threads of the workload */
	/* Other programs, if they are installed and --peers is given. */
	ARM_HARDIRQS,
	ARM_SOFTIRQS,
	ARM_RUNQLAT,
	ARM_CPUDIST,
	ARM_RUNQSLOWER,
	ARM_FOUR, /* hardirqs, softirqs, runqlat, cpudist together */
	ARM_PERF_SCHED,
	ARM_BPFTRACE, /* a script that does what runqlat does */
	ARM_OSNOISE,  /* the kernel's own tracer, if it has it */
	N_ARMS
};

#define N_WORK_TIDS  2
#define STALL_NS_ALL 100000

struct work;

/* work.c */
int work_open(int cpu, struct work **ret);
void work_free(struct work *work);
const pid_t *work_tids(const struct work *work);
bool work_has(const struct work *work, enum work_kind kind);
/* The operations of all slices so far, and of what warms up for them. */
uint64_t work_done(const struct work *work);
/* One short slice; scaled ns per operation. */
int work_slice(struct work *work, enum work_kind kind, double *ret_ns);
const char *work_name(enum work_kind kind);

/* arms.c */
struct arms;
int arms_open(const struct root *root, int cpu, const pid_t *tids, bool peers, struct arms **ret,
	      struct str *why);
void arms_free(struct arms *arms);
int arms_attach(struct arms *arms, enum arm arm, uint64_t stall_ns, struct str *why);
/* The part of lull that runs beside the workload; @ret_stalls may be NULL. */
int arms_poll(struct arms *arms, uint64_t *ret_stalls);
int arms_detach(struct arms *arms);
/* How often the kernel ran an empty program, while its statistics are on. 0: it is not attached. */
uint64_t arms_count(const struct arms *arms, const char *program);
/* Only peers may be missing, or turn out to be; @ret_why (may be NULL) says why, static. */
bool arms_has(const struct arms *arms, enum arm arm, const char **ret_why);
void arms_leave_out(struct arms *arms, enum arm arm, const char *why);
/* Do all programs of the peer's arm, which is attached, measure this work? Not what they cost. */
bool arms_measure(const struct arms *arms, struct work *work);
const char *arms_name(enum arm arm);
/* It is measured in each round, or in every second, or so: in the first of as many. */
unsigned int arms_every(enum arm arm);

/* What insns.h counts, over all programs of this process. */
struct insn_counts {
	unsigned int programs;
	unsigned int clock_reads;  /* most on any path of any program */
	unsigned int hash_lookups; /* calls in all of them */
	unsigned int on_hook;	   /* most programs on one tracepoint */
	char worst[32];		   /* program with the most clock reads */
};

#define FIGURES_MAX 64
struct options {
	uint32_t rounds, slices, cpu;
	bool json, peers, no_peers, quick;
	const char *lull;
	char self[4096];
};

/* events.c: does an operation make the events that its figures are about? */
#define EVENTS_MAX 16
struct event {
	enum work_kind kind;
	const char *hook;
	unsigned int expected; /* of an operation */
	double counted;
};

/* One run. */
struct bench {
	struct options options;
	struct root root;
	int cpu, own_cpu;
	struct work *work;
	struct arms *arms;
	double ns[N_WORKS][N_ARMS][ROUNDS_MAX];
	double added[N_WORKS][N_ARMS][ROUNDS_MAX]; /* over the mean of both "none" of its round */
	struct insn_counts insns;
	struct event events[EVENTS_MAX];
	unsigned int n_events;
	struct figure figures[FIGURES_MAX];
	unsigned int n_figures;
};

int events_collect(struct bench *b);
/* So many make an operation, on each of its hooks; 0: not as they should, or not at all. */
unsigned int events_of(const struct bench *b, enum work_kind kind);

/* figures.c */
void figures_add(struct bench *b, const struct figure *figure);
void figures_collect(struct bench *b);
/* The number of budgets that are broken beyond doubt. */
unsigned int figures_print(const struct bench *b);

/* scale.c: how long large inputs take, and how that grows. */
void scale_collect(struct bench *b);

#endif
