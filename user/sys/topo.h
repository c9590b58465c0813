/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topo: which CPUs there are and which of them share a core, through hwloc when it is built in,
 * else from sys/devices/system/cpu.
 */
#ifndef LULL_SYS_TOPO_H
#define LULL_SYS_TOPO_H

#include "base/cpuset.h"
#include "base/fs.h"

/* Online CPUs. */
int topo_read_online(const struct root *root, struct cpuset *ret);
/* The number of CPUs that may ever exist (one more than the largest possible CPU). */
int topo_read_possible(const struct root *root, unsigned int *ret_n);
/*
 * siblings[cpu] = the next SMT sibling of cpu in its core (a ring: following it visits the whole
 * core), or cpu itself without one. @n entries, allocated.
 */
int topo_read_siblings(const struct root *root, int **ret, unsigned int *ret_n);

#endif
