/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset: what other knobs have to know of the knob cpuset.
 */
#ifndef LULL_ISOLATE_KNOB_CPUSET_H
#define LULL_ISOLATE_KNOB_CPUSET_H

#include "base/cpuset.h"
#include "base/fs.h"
#include "isolate/goal.h"

/*
 * 1: the CPUs of all layers of @goal are, or will be, in isolated partitions, from which the kernel
 * itself moves its threads; 0: not, or not all. -errno.
 */
int cpuset_isolates(const struct root *root, const struct goal *goal);
/* What partitions, anybody's, leave of @cpus for threads that are in the root cgroup. -errno. */
int cpuset_cut(const struct root *root, const struct cpuset *cpus, struct cpuset *ret);

#endif
