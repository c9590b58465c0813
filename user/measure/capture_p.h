/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture_p: what the files of one capture share. Private to the room measure.
 */
#ifndef LULL_MEASURE_CAPTURE_P_H
#define LULL_MEASURE_CAPTURE_P_H

#ifndef LULL_MEASURE_PRIVATE
#error "private to user/measure: include measure/capture.h"
#endif

#include "measure/audit.h"
#include "measure/capture.h"
#include "measure/fold.h"
#include "measure/hooks.h"
#include "measure/skel.h"
#include "measure/stalls.h"
#include "measure/traces.h"

struct kvmstats;
struct recording;
struct symbols;

#define CAPTURE_SYMBOLS 8

/* Words of a table that count: from its first counter to the end. */
#define CAPTURE_CPU_WORD    (offsetof(struct lull_cpu, events) / 4)
#define CAPTURE_VICTIM_WORD (offsetof(struct lull_victim, entry) / 4)

/* Of one program, at the start and at the end of the window. */
struct program_count {
	uint64_t run_cnt, run_ns, misses;
};

struct capture {
	const struct capture_config *config;
	struct lull_bpf *skel;
	struct hook_types types;
	struct hook_links links;
	bool refused[LULL_N_HOOKS]; /* by the verifier, each alone */
	bool on[LULL_N_HOOKS], have_vector[LULL_N_VECTORS];
	struct program_count before[LULL_N_HOOKS], after[LULL_N_HOOKS];

	/* The kernel's tables, mapped. */
	struct lull_cpu *cpus;
	unsigned int n_cpus;
	struct lull_victim *victims;
	unsigned int n_victims;
	struct fold *cpu_folds, *victim_folds;

	struct capture_target *targets; /* by slot; those of the kernel's own (forked) are zero */
	unsigned int n_targets;
	struct cpuset cpus_watched;

	struct ring_buffer *ring;
	struct stalls stalls;
	struct lull_event *events; /* with a flight recorder: its rings, mapped */
	uint32_t trace_events;	   /* places of each */
	struct traces traces;
	struct audit audit;
	struct kvmstats *kvm; /* of the VM, while the window is open; NULL: not available */

	uint64_t opened_ns, closed_ns, opened_unix_ns; /* CLOCK_MONOTONIC; CLOCK_REALTIME */
	uint64_t opened_tsc, closed_tsc;
	uint64_t folded_ns;   /* time of the last look at the counters */
	uint64_t self_cpu_ns; /* at the start of the window, then used up in it */
	int kallsyms, stats;  /* descriptors, -1: none */

	struct symbols *symbols[CAPTURE_SYMBOLS]; /* of the targets' processes, for --stacks */
	pid_t symbols_of[CAPTURE_SYMBOLS];

	struct recording *texts; /* missing sources and notes that were found early */
};

/* CLOCK_MONOTONIC, as bpf_ktime_get_ns. */
uint64_t capture_now(void);
/* The time stamp counter; 0: none is read on this architecture. */
uint64_t capture_tsc(void);

/* window.c: the flight recorder begins anew. -ENOMEM. */
int capture_trace_init(struct capture *cap);

/* settle.c: charges what was open when the window closed. The tables are at rest. */
void settle_all(struct capture *cap);

#endif
