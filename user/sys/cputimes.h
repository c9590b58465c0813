/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cputimes: what each CPU spent its time on since boot, as proc/stat has it. Its unit is that of
 * USER_HZ, so times go in steps of 10 ms.
 */
#ifndef LULL_SYS_CPUTIMES_H
#define LULL_SYS_CPUTIMES_H

#include <stdint.h>

#include "base/fs.h"

/* A kernel that does not tell them apart has 0. Guests are in user, waiting for a disk in idle. */
struct cputimes {
	int cpu;
	uint64_t user_ns, system_ns, idle_ns, irq_ns, softirq_ns, steal_ns;
};

/* Online CPUs in the order of the file, allocated. -EINVAL: not in the kernel's format. */
int cputimes_read(const struct root *root, struct cputimes **ret, unsigned int *ret_n);
/* NULL: no such CPU. */
const struct cputimes *cputimes_find(const struct cputimes *times, unsigned int n, int cpu);

#endif
