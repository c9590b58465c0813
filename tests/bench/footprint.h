/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * footprint: lull's start, its memory, and a snapshot of its counters.
 */
#ifndef LULL_TESTS_BENCH_FOOTPRINT_H
#define LULL_TESTS_BENCH_FOOTPRINT_H

#include <stdbool.h>

#include "bench/stats.h"

struct root;

int footprint_start(const char *lull, const char *self, bool quick, struct interval *ret_ms,
		    struct interval *ret_cpu_ms);
int footprint_memory(const struct root *root, const char *lull, int cpu, double *ret_rss_mb,
		     double *ret_peak_mb);
/* @ret_calls: system calls of one, 0 or (at least) 1. */
int footprint_snapshot(struct interval *ret_ms, unsigned int *ret_calls);
/* For footprint_start: the child that lull starts when its window is open. */
int footprint_stamp(void);

#endif
