/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * insns: what is counted in loaded programs, as the verifier left them, because no clock can show
 * it. Used by the benchmark, and by the test that these counts do not grow.
 */
#ifndef LULL_TESTS_BENCH_INSNS_H
#define LULL_TESTS_BENCH_INSNS_H

#include <stdint.h>

struct root;

/* One program. A lookup in an array, which the verifier inlines, is no call. */
struct insn_program {
	char name[32];
	unsigned int clock_reads; /* most on any path */
	unsigned int calls;	  /* of helpers, in its text and its functions' */
	unsigned int calls_least; /* on the path that has least: of what is not watched */
	unsigned int lookups;	  /* of calls: in hash tables or task storage */
};

/*
 * Calls @each for every tracing program that this process has loaded; stops when it returns
 * non-zero, and returns that. -EPERM: the kernel does not show instructions.
 */
int insns_each(const struct root *root, int (*each)(const struct insn_program *program, void *ctx),
	       void *ctx);

/* The most programs that links of this process attach to one tracepoint; its name, 64 bytes. */
int insns_attached(const struct root *root, unsigned int *ret_most, char *ret_name);

#endif
