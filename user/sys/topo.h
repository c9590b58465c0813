/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topo: which CPUs there are and which of them share a core, a cache, a package or memory, through
 * hwloc when it is built in, else from sys/devices/system/cpu.
 */
#ifndef LULL_SYS_TOPO_H
#define LULL_SYS_TOPO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpuset.h"
#include "base/fs.h"

struct topo_cpu {
	bool online;
	int core;    /* the lowest online CPU of its core; the CPU itself when nothing says */
	int package; /* the kernel's number; -1 unknown */
	int node;    /* NUMA node; -1 unknown */
	int l3;	     /* the lowest online CPU that shares its last-level cache; -1 unknown */
};

/* One instance of a cache. */
struct topo_cache {
	unsigned int level;
	char type;	    /* 'd'ata, 'i'nstruction, 'u'nified */
	uint64_t bytes;	    /* 0 unknown */
	struct cpuset cpus; /* online */
};

struct topo_node {
	int id;
	struct cpuset cpus; /* online; may be empty: memory alone */
};

struct topo {
	struct topo_cpu *cpus; /* by number; an offline CPU has core itself and the rest unknown */
	unsigned int n_cpus;   /* one more than the largest possible CPU */
	struct cpuset online;
	struct cpuset isolated;	   /* at boot (isolcpus=): tasks are not spread to them */
	struct cpuset tickless;	   /* at boot (nohz_full=): they do not keep the time */
	struct topo_cache *caches; /* sorted by level, type, first CPU */
	unsigned int n_caches;
	struct topo_node *nodes; /* sorted by id; none: the machine does not say */
	unsigned int n_nodes;
};

/* -ENOENT: no CPU is recorded; -EINVAL: a list or mask is broken. topo_done frees. */
int topo_read(const struct root *root, struct topo *ret);
void topo_done(struct topo *topo);
#define auto_topo __attribute__((cleanup(topo_done)))
/* All online CPUs of the core, or the last-level cache, of @cpu; at least @cpu itself. */
void topo_core_cpus(const struct topo *topo, unsigned int cpu, struct cpuset *ret);
void topo_l3_cpus(const struct topo *topo, unsigned int cpu, struct cpuset *ret);

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
