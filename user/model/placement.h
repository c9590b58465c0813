/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * placement: where the vCPUs of a VM should be pinned: one CPU each, on one last-level cache and
 * on the node of its devices as far as they fit, threads of the guest's cores on threads of one
 * core, and away from other VMs and from the first core, which stays the host's.
 */
#ifndef LULL_MODEL_PLACEMENT_H
#define LULL_MODEL_PLACEMENT_H

#include <stdbool.h>

#include "base/cpuset.h"

struct inv_vm;
struct inventory;

struct placement {
	int *cpus; /* for each of the VM's threads; -1: no CPU is left, or it is no vCPU */
	struct cpuset others; /* where its other threads, and the host, should be; never empty */
};

/* @keep: a vCPU that has a CPU of its own stays there. -ENOMEM. */
int placement_make(const struct inventory *inv, const struct inv_vm *vm, bool keep,
		   struct placement *ret);
void placement_done(struct placement *place);
#define auto_placement __attribute__((cleanup(placement_done)))

#endif
