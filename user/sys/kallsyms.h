/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms: kernel addresses to names, for work, hrtimer and csd functions, IPI call sites and
 * kernel stacks. No table is kept: a recording ends with some hundred addresses, which one pass
 * over the file names. The kernel decides at open, by the opener's credentials, whether the file
 * shows addresses, so it is opened before capabilities are dropped and read at the end.
 */
#ifndef LULL_SYS_KALLSYMS_H
#define LULL_SYS_KALLSYMS_H

#include <stdint.h>

#include "base/fs.h"

struct kallsyms_query {
	uint64_t addr;
	char *name;	 /* the symbol that holds addr, to free; NULL: outside the kernel's text */
	uint64_t offset; /* of addr from the start of the symbol */
};

/*
 * Opens proc/kallsyms for kallsyms_resolve(); the caller closes it. -ENOENT: the kernel has none;
 * -EPERM: all addresses read 0 (kptr_restrict, no CAP_SYSLOG).
 */
int kallsyms_open(const struct root *root, int *ret_fd);

/*
 * Fills name and offset of each query, in any order of addresses, from one pass over the file:
 * about 40 ms for 120,000 symbols. May be called again. On failure all names are NULL.
 */
int kallsyms_resolve(int fd, struct kallsyms_query *queries, unsigned int n);
/* Frees the names; not the array. */
void kallsyms_done(struct kallsyms_query *queries, unsigned int n);

#endif
