/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settle: charges what was still open when the window closed, so that every table sums to its wall
 * time. Works on tables at rest; what it adds is time, not occurrences. Pure: the unit tests call
 * it on tables of their own.
 */
#ifndef LULL_MEASURE_SETTLE_H
#define LULL_MEASURE_SETTLE_H

#include <stdint.h>

#include "lull_abi.h"

struct settle_tables {
	struct lull_cpu *cpus;
	struct lull_victim *victims;
	unsigned int n_cpus, n_victims;
	uint64_t closed_ns;
	const __u16 *
		siblings; /* 1 + next SMT sibling of each CPU, a ring; 0: none. NULL: no CPU has one */
	uint64_t
		stall_ns; /* gaps of this length and over are stalls; the last ones are found here */
	/* Called for each, from v->gap_ns to @end; NULL: not wanted. */
	void (*stall)(const struct lull_victim *v, uint64_t end, void *arg);
	void *stall_arg;
};

void settle_tables(const struct settle_tables *t);

/* Wall time of a settled record: attached or born, to the last charge. 0: it never began. */
uint64_t settle_cpu_wall_ns(const struct lull_cpu *c);
uint64_t settle_victim_wall_ns(const struct lull_victim *v);

#endif
