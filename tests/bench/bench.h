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
/* The operations of a slice. */
unsigned int work_ops(const struct work *work, enum work_kind kind);
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
const char *arms_name(enum arm arm);
/* It is measured in each round, or in every second, or so: in the first of as many. */
unsigned int arms_every(enum arm arm);
/* Only peers may be missing; @ret_why (may be NULL) says why, static. */
bool arms_has(const struct arms *arms, enum arm arm, const char **ret_why);

/* What insns.h counts, over all programs of this process. */
struct insn_counts {
	unsigned int programs;
	unsigned int clock_reads;  /* most on any path of any program */
	unsigned int hash_lookups; /* calls in all of them */
	unsigned int on_hook;	   /* most programs on one tracepoint */
	char worst[32];		   /* program with the most clock reads */
};

/* footprint.c */
int footprint_start(const char *lull, const char *self, bool quick, struct interval *ret_ms,
		    struct interval *ret_cpu_ms);
int footprint_memory(const struct root *root, const char *lull, int cpu, double *ret_rss_mb,
		     double *ret_peak_mb);
int footprint_snapshot(struct interval *ret_ms);
/* For footprint_start: the child that lull starts when its window is open. */
int footprint_stamp(void);

/* table.c */
enum unit { UNIT_RATIO, UNIT_COUNT, UNIT_KB, UNIT_MB, UNIT_MS, UNIT_TIMES };
struct figure {
	const char *what;
	enum unit unit;
	struct interval measured;
	double budget;		  /* negative: none */
	double floor_ns, ours_ns; /* of a ratio: added per event */
	bool missing;
};
void table_print(const struct figure *figures, unsigned int n, bool json);

#define FIGURES_MAX 64
struct options {
	uint32_t rounds, slices, cpu;
	bool json, no_peers, quick;
	const char *lull;
	char self[4096];
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
	struct figure figures[FIGURES_MAX];
	unsigned int n_figures;
};

/* figures.c */
void figures_add(struct bench *b, const struct figure *figure);
void figures_collect(struct bench *b);
/* The number of budgets that are broken beyond doubt. */
unsigned int figures_print(const struct bench *b);

/* scale.c: how long large inputs take, and how that grows. */
void scale_collect(struct bench *b);

#endif
