/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict: one word for what a comparison came to. Pure functions over figures; smaller figures
 * are better ones.
 */
#ifndef LULL_MODEL_VERDICT_H
#define LULL_MODEL_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

struct stats_effect;

enum verdict {
	VERDICT_INCOMPLETE, /* something was lost, or there are too few rounds */
	VERDICT_CLEAN,	    /* the host did not disturb before, either: look in the guest */
	VERDICT_IMPROVED,
	VERDICT_WORSE,
	VERDICT_UNCHANGED,
};

/* What counts. Zero-initialised: anything does. */
struct verdict_limits {
	double min_effect;	 /* of the primary figure, a share: 0.005 is half a point */
	double clean_share;	 /* host clean: it took less than this share before, */
	uint64_t clean_stall_ns; /* and never longer than this at a time */
};

extern const struct verdict_limits verdict_defaults;

/* "improved", "no detectable change", ... */
const char *verdict_word(enum verdict verdict);

/* The primary figure, and what has to hold before it is looked at. */
struct verdict_case {
	bool complete;			   /* nothing was lost on either side */
	double share_before;		   /* mean of the share that the host took */
	uint64_t longest_before_ns;	   /* the longest gap */
	const struct stats_effect *effect; /* on the share */
};

/* In this order: incomplete, host clean, improved or worse, no detectable change. */
enum verdict verdict_of(const struct verdict_case *given, const struct verdict_limits *limits);

/* Of another figure, of which @p_corrected says how likely it is without a change. */
enum verdict verdict_of_figure(const struct stats_effect *effect, double p_corrected);

#endif
