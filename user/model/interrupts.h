/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interrupts: the interrupts of a host, their classes, and where they fire. Plain data; it owns
 * its strings and arrays.
 */
#ifndef LULL_MODEL_INTERRUPTS_H
#define LULL_MODEL_INTERRUPTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cpuset.h"

struct interrupt {
	int irq;	   /* -1: a named row */
	char *name;	   /* "131", "LOC" */
	const char *class; /* "host", ... */
	bool is_per_cpu;   /* may fire on every CPU, whatever its masks say */
	bool is_posted, is_writable;
	char *chip, *trigger; /* or "" */
	char *description;    /* of a named row; "" */
	char **actions;	      /* of a numbered line */
	unsigned int n_actions;
	uint64_t *counts; /* in the order of interrupts.cpus; fewer of them belong to no CPU */
	unsigned int n_counts;
	struct cpuset *affinity, *effective; /* NULL: not known */
	char *bdf, *device;		     /* or "" */
	int node;			     /* -1 unknown */
	pid_t vm_pid;			     /* 0: none is known */
	char *why;
};

struct interrupts {
	int *cpus; /* of the columns */
	unsigned int n_cpus;
	struct interrupt *lines;
	unsigned int n_lines;
	uint64_t interval_ns; /* counts are of this time; 0: since boot */
};

void interrupts_done(struct interrupts *all);

/* How often it fired on CPUs of @cpus; NULL: on all, and what belongs to no CPU. */
uint64_t interrupt_count(const struct interrupts *all, const struct interrupt *line,
			 const struct cpuset *cpus);
/* May it fire on a CPU of @cpus, or did it? */
bool interrupt_can_fire(const struct interrupts *all, const struct interrupt *line,
			const struct cpuset *cpus);
/* Leaves the lines of devices that this VM has. */
void interrupts_keep_vm(struct interrupts *all, pid_t pid);
/* Leaves lines that may fire on @cpus, and those that fired most there first. */
void interrupts_keep_cpus(struct interrupts *all, const struct cpuset *cpus);

#endif
