/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ops: what one operation of each workload does, in two threads. What the machine lacks for one is
 * left out, and the others go on.
 */
#ifndef LULL_TESTS_BENCH_OPS_H
#define LULL_TESTS_BENCH_OPS_H

#include "bench/bench.h"

struct ops;

int ops_open(struct ops **ret);
void ops_free(struct ops *ops);
bool ops_has(const struct ops *ops, enum work_kind kind);
/* So many are done at once, or a multiple of that. */
unsigned int ops_batch(enum work_kind kind);

/* Before both threads of a slice. */
void ops_begin(struct ops *ops);
/* The leader's part, and its last word to the helper. */
int ops_do(struct ops *ops, enum work_kind kind, unsigned int n);
void ops_end(struct ops *ops, enum work_kind kind);
/* The helper's, until that word. */
void ops_help(const struct ops *ops, enum work_kind kind);

#endif
