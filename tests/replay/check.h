/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check: holds the settled tables of one sequence against what the sequence must give. Prints what
 * differs as comments of TAP. What is not listed must not be there; every ledger sums to its wall
 * time, every histogram to its count.
 */
#ifndef LULL_TESTS_REPLAY_CHECK_H
#define LULL_TESTS_REPLAY_CHECK_H

#include "lull_abi.h"

struct sequence;

struct check_tables {
	const struct lull_cpu *cpus;
	const struct lull_victim *victims;
	const struct lull_stall *stalls;
	unsigned int n_cpus, n_victims, n_stalls;
	const __u64 *fns, *anomalies;
	const struct lull_sender *senders;
	__u64 dropped;
};

/* The number of differences. */
unsigned int check_sequence(const struct sequence *seq, const struct check_tables *tables);

#endif
