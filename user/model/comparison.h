/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * comparison: what changed between the rounds of side A (before) and those of side B (after). A
 * round is a recording. Single events are never compared, only figures of whole rounds.
 */
#ifndef LULL_MODEL_COMPARISON_H
#define LULL_MODEL_COMPARISON_H

#include <stdbool.h>
#include <stdint.h>

#include "model/hist.h"
#include "model/stats.h"
#include "model/verdict.h"

struct recording;

enum figure_unit {
	FIGURE_SHARE,	   /* of the time that the victims wanted */
	FIGURE_NS,	   /* time */
	FIGURE_PER_MINUTE, /* events */
	FIGURE_PER_SECOND,
};

struct comparison_figure {
	const char *name; /* "taken", "gap_p99", "cause_share", ...: static */
	enum figure_unit unit;
	int cause;   /* index into causes[]; -1: of no cause */
	double a, b; /* means over the rounds */
	struct stats_effect effect;
	double p; /* corrected for all figures but the first, which is the primary one */
	double bound_a, bound_b; /* of a rate without any event, at 95 %; else 0 */
	enum verdict verdict;
};

enum cause_fate {
	CAUSE_WENT, /* less than a twentieth of its time is left */
	CAUSE_STAYED,
	CAUSE_CAME,
};

/* What took time, by name, without numbers that differ from run to run (pid, line). */
struct comparison_cause {
	const char *row; /* in which it has most of its time */
	char *name;
	double share_a, share_b; /* of the wanted time; means over the rounds */
	double rate_a, rate_b;	 /* a second */
	enum cause_fate fate;
	enum verdict verdict; /* of its share, when it is among the figures; else incomplete */
};

struct comparison {
	enum verdict verdict;
	bool is_paired, of_cpus;       /* of_cpus: no victims; shares are of the CPUs' time */
	unsigned int n_a, n_b;	       /* rounds that were compared */
	unsigned int n_left_out;       /* pairs in which something was lost; each has a reason */
	uint64_t time_a_ns, time_b_ns; /* all rounds together */
	uint64_t longest_a_ns, longest_b_ns; /* gaps */
	struct comparison_figure *figures;   /* the first is the primary one */
	struct comparison_cause *causes;     /* most time first, both sides together */
	unsigned int n_figures, n_causes;
	struct hist gap_a, gap_b; /* of all rounds and victims; digits 0: none */
	char **reasons; /* why it is incomplete; when is_refused, why nothing was compared */
	unsigned int n_reasons;
	bool is_refused;
};

struct comparison_round {
	const struct recording *rec;
	const char *name; /* for reasons: the file, or "round 3" */
};

struct comparison_sides {
	const struct comparison_round *a, *b;
	unsigned int n_a, n_b;
	bool is_paired; /* n_a == n_b, and rounds of equal index belong together */
};

/*
 * Compares two sides. Rounds that must not be compared give a refused one, with reasons: other
 * victims, loss, or a load that differs by more than 20 % (both the share of time that was wanted and
 * the share that they ran; exits per second of guest time). Of pairs, only those with loss are left out. -ENOMEM.
 */
int comparison_make(const struct comparison_sides *sides, const struct verdict_limits *limits,
		    struct comparison *ret);
void comparison_done(struct comparison *comparison);

#endif
