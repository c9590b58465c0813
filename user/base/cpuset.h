/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpuset: a set of CPU numbers, in the kernel's list and mask notations. Plain data; it knows
 * nothing of which CPUs exist.
 */
#ifndef LULL_BASE_CPUSET_H
#define LULL_BASE_CPUSET_H

#include <stdbool.h>
#include <stdint.h>

#define CPUSET_MAX 8192 /* the kernel's own limit, NR_CPUS with MAXSMP */

struct cpuset {
	uint64_t bits[CPUSET_MAX / 64];
};

void cpuset_clear(struct cpuset *set);
void cpuset_add(struct cpuset *set, unsigned int cpu);
void cpuset_remove(struct cpuset *set, unsigned int cpu);
bool cpuset_has(const struct cpuset *set, unsigned int cpu);
bool cpuset_is_empty(const struct cpuset *set);
bool cpuset_is_equal(const struct cpuset *a, const struct cpuset *b);
unsigned int cpuset_count(const struct cpuset *set);
/* The smallest CPU >= @from in the set, or -1. */
int cpuset_next(const struct cpuset *set, unsigned int from);
#define for_each_cpu(cpu, set)                          \
	for ((cpu) = cpuset_next((set), 0); (cpu) >= 0; \
	     (cpu) = cpuset_next((set), (unsigned int)(cpu) + 1))

void cpuset_or(struct cpuset *to, const struct cpuset *from);
void cpuset_and(struct cpuset *to, const struct cpuset *from);
void cpuset_subtract(struct cpuset *to, const struct cpuset *from);

/*
 * The kernel's list notation, with stride ("0-31:2": every second; "0-31:2/4": the first two of
 * every four) and libvirt's exclusion ("0-7,^3"), which wins wherever it stands. An empty string is the empty
 * set. -EINVAL, -ERANGE.
 */
int cpuset_parse(const char *list, struct cpuset *ret);
/* The kernel's mask notation: comma-separated 32-bit hex words, highest first. */
int cpuset_parse_mask(const char *mask, struct cpuset *ret);
/* Canonical list ("0-3,8"), allocated; NULL without memory. The empty set gives "". */
char *cpuset_format(const struct cpuset *set);
/* Mask ("3", "f,00000000"), allocated; NULL without memory. The empty set gives "0". */
char *cpuset_format_mask(const struct cpuset *set);

#endif
