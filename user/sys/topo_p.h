/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topo_p: private to user/sys/topo*.c and their test: the two sources of a topology, and what they
 * add to it. Both give the same answers where both can tell.
 */
#ifndef LULL_SYS_TOPO_P_H
#define LULL_SYS_TOPO_P_H

#include <stdbool.h>
#include <stdint.h>

#include "sys/topo.h"

/*
 * Cores, and packages and caches unless @cores_only, for the online CPUs of @topo. A failure adds
 * nothing but for -ENOMEM. hwloc's: -ENOTSUP not built in, -ENOENT it found no core, -EIO.
 */
int topo_fill_sysfs(const struct root *root, bool cores_only, struct topo *topo);
int topo_fill_hwloc(const struct root *root, bool cores_only, struct topo *topo);

/* CPUs that are not online are left out of @cpus. */
void topo_add_core(struct topo *topo, const struct cpuset *cpus);
void topo_add_package(struct topo *topo, int package, const struct cpuset *cpus);
/* -ENOMEM. */
int topo_add_cache(struct topo *topo, const struct topo_cache *cache);

/* The online and possible CPUs, each a core of its own, nothing else known. */
int topo_init(const struct root *root, struct topo *ret);
/* What both sources leave to be done: order, last-level caches, NUMA nodes. */
int topo_finish(const struct root *root, struct topo *topo);

#endif
