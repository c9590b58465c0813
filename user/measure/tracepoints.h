/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracepoints: the names of those whose types a kernel, or a module, tells in its BTF. They are
 * found in its strings, without a look at its 100,000 types, which would take most of the time in
 * which lull starts. What a type looks like is not known here.
 */
#ifndef LULL_MEASURE_TRACEPOINTS_H
#define LULL_MEASURE_TRACEPOINTS_H

#include <stdbool.h>
#include <stddef.h>

struct root;

struct tracepoints {
	void *btf; /* as the kernel gives it */
	size_t len;
	bool is_mapped;
	const char **names; /* in @btf */
	size_t n;
};

/* Reads sys/kernel/btf/@object. -errno: it has none; -EBADMSG: it is none of this machine's. */
int tracepoints_read(const struct root *root, const char *object, struct tracepoints *ret);
/* Takes @btf over, which is allocated; on failure not. -EBADMSG, -ENOMEM. */
int tracepoints_parse(void *btf, size_t len, struct tracepoints *ret);
void tracepoints_done(struct tracepoints *tracepoints);

bool tracepoints_have(const struct tracepoints *tracepoints, const char *name);

#endif
