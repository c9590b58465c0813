/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target: what the user named, --vm, -t, -p, -c or a command, as threads and CPUs to watch. Says on
 * stderr what is wrong with it.
 */
#ifndef LULL_APP_TARGET_H
#define LULL_APP_TARGET_H

#include <stdbool.h>
#include <sys/types.h>

#include "app/opts.h"
#include "base/cpuset.h"
#include "base/fs.h"
#include "measure/capture.h"
#include "sys/vms.h"

struct target_request {
	const char *vm; /* NULL: not given */
	struct opt_strings tids, pids;
	const struct cpuset *cpus; /* empty: not given */
	bool command;		   /* a command is run and watched: no default target */
};

struct target {
	struct capture_target *threads;
	unsigned int n_threads, cap;
	struct vm_list vms; /* owns the names that threads point to */
	pid_t vm_pid;	    /* 0: no VM */
	struct cpuset cpus; /* watched */
};

/* 0, or an exit code; a message was printed. target_done frees. */
int target_resolve(const struct root *root, const struct target_request *request,
		   struct target *ret);
void target_done(struct target *target);

/*
 * All VMs. Where debugfs does not tell the threads of the vCPUs, KVM's mark in the tasks does, on
 * the machine itself; names of threads are the last resort. -errno.
 */
int target_find_vms(const struct root *root, struct vm_list *ret);

/* Is each of @cpus online? 0, or an exit code; a message was printed. */
int target_check_cpus(const struct root *root, const struct cpuset *cpus);

/* One more thread. -ENOMEM. */
int target_add(struct target *target, const struct capture_target *thread);
/* The CPUs that the threads may run on, when the user named none. */
int target_watch(const struct root *root, const struct target_request *request,
		 struct target *target);

#endif
