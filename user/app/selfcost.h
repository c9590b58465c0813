/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selfcost: the rounds of `lull selfcost`: what is read in each, and attaching and detaching
 * between them. Prints nothing but the progress.
 */
#ifndef LULL_APP_SELFCOST_H
#define LULL_APP_SELFCOST_H

#include <stdbool.h>
#include <stdint.h>

struct probe;
struct root;
struct selfcost;
struct str;
struct target;

struct selfcost_rounds {
	const struct root *root;
	const struct target *target;
	struct probe *probe; /* NULL: none */
	int signals;	     /* of session_signals() */
	uint64_t round_ns;
	unsigned int pairs;
	bool progress; /* a line on stderr */
};

/*
 * Fills @ret, of which the histograms are there. A signal ends it early, with the pairs that are
 * complete. 0, or -errno and a sentence in @why.
 */
int selfcost_run(const struct selfcost_rounds *rounds, struct selfcost *ret, struct str *why);

#endif
