/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selfcost: what lull itself costs: what rounds with and without its programs showed, and what
 * follows from them. Plain data; it measures nothing.
 */
#ifndef LULL_MODEL_SELFCOST_H
#define LULL_MODEL_SELFCOST_H

#include <stdbool.h>
#include <stdint.h>

#include "model/hist.h"
#include "model/stats.h"

#define SELFCOST_PAIRS_MAX    100
#define SELFCOST_PROGRAMS_MAX 64

/* What is compared between rounds. */
enum selfcost_figure {
	SELFCOST_PROBE_LOST, /* share of the probe's time that was in gaps */
	SELFCOST_PROBE_P99,  /* ns; of its gaps */
	SELFCOST_PROBE_MAX,  /* ns */
	SELFCOST_EXITS,	     /* a second of the victims' run time */
	SELFCOST_RUN,	     /* run time of the victims, share of their wall time */
	SELFCOST_WAIT,	     /* the same of their waits for a CPU */
	SELFCOST_INTERRUPTS, /* a second, on the watched CPUs, the local timer's left out */
	SELFCOST_FIGURES
};

/* One program, over a second outside the rounds, with the kernel's statistics of programs on. */
struct selfcost_program {
	char name[32];
	uint64_t runs, run_ns; /* includes what the statistics themselves take */
};

/* Attaching and detaching, over all attached rounds. */
struct selfcost_change {
	uint64_t ns_max, ns_sum, interrupts_sum; /* on the watched CPUs, but the local timer's */
};

struct selfcost {
	unsigned int pairs;
	uint64_t round_ns;
	unsigned int n_cpus, n_threads; /* watched */
	bool has[SELFCOST_FIGURES];
	/* By pair: without lull, with it. */
	double a[SELFCOST_FIGURES][SELFCOST_PAIRS_MAX], b[SELFCOST_FIGURES][SELFCOST_PAIRS_MAX];
	struct stats_effect effect[SELFCOST_FIGURES];
	int probe_cpu;		    /* -1: there was no probe */
	struct hist gaps_a, gaps_b; /* of the probe, all rounds */

	struct selfcost_program programs[SELFCOST_PROGRAMS_MAX];
	unsigned int n_programs;
	uint64_t programs_wall_ns;

	uint64_t events, own_cpu_ns, attached_ns; /* of all attached rounds */
	uint64_t own_interrupts; /* that lull asked for while it measured, on watched CPUs */
	bool complete;		 /* nothing was lost */
	struct selfcost_change attach, detach;
};

/* Effects with their intervals, from the pairs. 0 or -ENOMEM. */
int selfcost_judge(struct selfcost *cost);
void selfcost_done(struct selfcost *cost);

/* Share of the watched CPUs' time that the programs took, by the kernel's statistics. */
double selfcost_programs_share(const struct selfcost *cost);

#endif
