/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_p: between the files of the knob cpuset. Nobody else includes it.
 */
#ifndef LULL_ISOLATE_KNOB_CPUSET_P_H
#define LULL_ISOLATE_KNOB_CPUSET_P_H

#include <limits.h>
#include <stdbool.h>

#include "base/cpuset.h"
#include "base/fs.h"
#include "isolate/goal.h"
#include "isolate/plan.h"
#include "isolate/step.h"

/* The cpuset that root's tasks are moved to: root's own set cannot be narrowed. */
#define CPUSET_HOST	   "lull-host"
#define CPUSET_HOST_OBJECT "cgroup/" CPUSET_HOST

/*
 * The mount point of the v1 cpuset hierarchy, below the root: "sys/fs/cgroup/cpuset". -ENOENT: there
 * is none; -EXDEV: only a part of it is seen here.
 */
int cpuset_v1_mount(const struct root *root, char ret[PATH_MAX]);

/* The cpusets of virtual machines, which nobody narrows, as paths below the mount ("/machine/x"). */
struct cpuset_exempt {
	char **paths;
	unsigned int n;
};

int cpuset_exempt_read(const struct root *root, struct cpuset_exempt *ret);
void cpuset_exempt_done(struct cpuset_exempt *exempt);
#define auto_exempt __attribute__((cleanup(cpuset_exempt_done)))
/* Is @path one of them, above one or below one, or where libvirt puts the next? */
bool cpuset_exempt_has(const struct cpuset_exempt *exempt, const char *path);

int cpuset_v1_plan(const struct root *root, const struct goal *goal, struct plan *plan);

/* The CPUs of lull-host as a list; "" when it is not there. */
int cpuset_host_read(const struct root *root, char **ret);
/* Makes it, with root's memory nodes, and moves root's tasks in; with "" moves all out, removes it. */
int cpuset_host_write(const struct root *root, const char *value);

/*
 * Kernels before 6.2 forget what affinity a task had when its cpuset changes: then each such task
 * becomes a step, to be set again after applying and after putting back.
 */
int cpuset_tasks_plan(const struct root *root, const struct goal *goal, struct plan *plan);

#endif
