/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace: holds what the flight recorder kept of one sequence against the settled tables: it has each
 * moment once, and each cause the time that it has there. Prints what differs as comments of TAP.
 */
#ifndef LULL_TESTS_REPLAY_TRACE_H
#define LULL_TESTS_REPLAY_TRACE_H

#include "lull_abi.h"

struct traces;

/* The number of differences. @traces took all of the sequence before the tables were settled. */
unsigned int check_trace(const struct traces *traces, const struct lull_cpu *settled,
			 unsigned int n_cpus);

#endif
