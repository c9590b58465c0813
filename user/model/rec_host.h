/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rec_host: what a recording knows of the host around what was watched: its caches, and its other
 * CPUs, of which it has the kernel's own counts only.
 */
#ifndef LULL_MODEL_REC_HOST_H
#define LULL_MODEL_REC_HOST_H

#include <stdint.h>

struct recording;

/* One instance of a cache. */
struct rec_cache {
	unsigned int level;
	char *type;	/* "data", "instruction", "unified" */
	uint64_t bytes; /* 0: not known */
	char *cpus;	/* those that share it, as the kernel writes lists */
};

/* By its row of /proc/interrupts: "131" or "LOC"; the name as in rec_entry. */
struct rec_interrupt {
	char *id, *name;
	uint64_t count;
};

/* A CPU that was not watched; times are the kernel's, in steps of 10 ms. */
struct rec_host_cpu {
	int cpu;
	uint64_t user_ns, system_ns, irq_ns, softirq_ns, steal_ns, idle_ns;
	struct rec_interrupt *interrupts; /* the most frequent ones, most first */
	unsigned int n_interrupts;
};

/* Both take what @cache, or @cpu, owns, also when they fail with -ENOMEM. */
int recording_add_cache(struct recording *rec, const struct rec_cache *cache);
int recording_add_host_cpu(struct recording *rec, const struct rec_host_cpu *cpu);
/* Copies the texts. -ENOMEM. */
int rec_host_cpu_add_interrupt(struct rec_host_cpu *cpu, const char *id, const char *name,
			       uint64_t count);
void rec_cache_done(struct rec_cache *cache);
void rec_host_cpu_done(struct rec_host_cpu *cpu);
/* All of a recording's. */
void rec_host_done(struct recording *rec);

/* Time that was not idle. */
uint64_t rec_host_cpu_busy_ns(const struct rec_host_cpu *cpu);

#endif
