/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate: are limits kept? Judges what recordings of one state of a host found, all of them together,
 * against what a user demands. It knows nothing of a change: that is comparison's.
 */
#ifndef LULL_MODEL_GATE_H
#define LULL_MODEL_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct recording;

#define GATE_LIMITS_MAX 64

enum gate_kind {
	GATE_TAKEN,    /* the share of the wanted time that the host took */
	GATE_LONGEST,  /* the longest gap; of CPUs without victims the longest of what ran there */
	GATE_QUANTILE, /* of the gaps */
	GATE_STALLS,   /* how many */
	GATE_ROW,      /* the share of the wanted time that one row took; of CPUs, one source */
};

struct gate_limit {
	enum gate_kind kind;
	uint32_t quantile; /* per million: 999,000 is p99.9 */
	const char *row;   /* static text of model/rows.h */
	uint64_t most;	   /* ns, or stalls */
	double share;	   /* of 1 */
};

enum gate_verdict {
	GATE_KEPT,
	GATE_BROKEN,
	GATE_INCONCLUSIVE, /* too few samples, or something was lost */
};

struct gate_result {
	struct gate_limit limit;
	uint64_t value;	  /* ns, or stalls */
	double share;	  /* of 1 */
	uint64_t samples; /* gaps that a quantile is of */
	double bound;	  /* of stalls, when there was none: fewer than this a minute, at 95 % */
	enum gate_verdict verdict;
};

struct gate {
	enum gate_verdict verdict;
	bool of_cpus;	  /* no victims */
	bool is_complete; /* nothing was lost */
	bool is_idle; /* the victims never wanted to run: nothing is known of what they would feel */
	uint64_t duration_ns, stall_ns; /* all recordings together; what a stall is */
	struct gate_result results[GATE_LIMITS_MAX];
	unsigned int n;
};

/*
 * A broken limit is broken, whatever else was lost. Kept takes that nothing was lost; a quantile
 * needs so many gaps that at least one is to be expected beyond it. -ENOMEM.
 */
int gate_judge(const struct recording *const *recs, unsigned int n_recs,
	       const struct gate_limit *limits, unsigned int n_limits, struct gate *ret);

/* "kept", "broken", "inconclusive" */
const char *gate_word(enum gate_verdict verdict);

#endif
