/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroups: a machine with cgroup v2, its groups and tasks, in test_tmpdir(), for tests of the knob cpuset.
 */
#ifndef LULL_TEST_CGROUPS_H
#define LULL_TEST_CGROUPS_H

#include "base/fs.h"

#define CGROUPS_TOP	"sys/fs/cgroup/"
#define CGROUPS_SCOPE	"machine.slice/machine-qemu\\x2d1\\x2dwin.scope"
#define CGROUPS_LIBVIRT CGROUPS_SCOPE "/libvirt/"

/* CPUs 0-5 of 0-7 are online; the root's cgroup.subtree_control is @controllers. */
struct root cgroups_machine(const char *controllers);
/* A file below CGROUPS_TOP. */
void cgroups_put(const char *path, const char *text);
/* A cgroup that has the controller, but if @cpus is NULL. */
void cgroups_put_group(const char *path, const char *cpus);
/* A process, or one of its threads. */
void cgroups_put_task(int pid, int tid, const char *group, const char *cpus);
/* The VM 100, with vCPUs 101 on CPU 2 and 102 on CPU 3, as libvirt puts them, beside system.slice. */
void cgroups_put_libvirt(void);

#endif
