/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroups: writes a machine with cgroup v2 as plain files.
 */
#include "cgroups.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "machines.h"
#include "test.h"

void cgroups_put(const char *path, const char *text)
{
	char file[512];

	(void)snprintf(file, sizeof(file), CGROUPS_TOP "%s", path);
	machines_put(test_tmpdir(), file, text);
}

void cgroups_put_group(const char *path, const char *cpus)
{
	static const struct {
		const char *name, *text;
	} files[] = { { "cgroup.procs", "" },
		      { "cgroup.controllers", "cpu\n" },
		      { "cgroup.subtree_control", "cpu\n" },
		      { "cpuset.cpus.exclusive", "\n" },
		      { "cpuset.cpus.partition", "member\n" } };
	char file[256];

	for (size_t i = 0; i < (cpus ? ARRAY_SIZE(files) : 3); i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", path, files[i].name);
		cgroups_put(file, files[i].text);
	}
	(void)snprintf(file, sizeof(file), "%s/cpuset.cpus", path);
	if (cpus)
		cgroups_put(file, cpus);
}

struct root cgroups_machine(const char *controllers)
{
	struct root root;

	machines_put(test_tmpdir(), "proc/self/mountinfo",
		     "34 31 0:31 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	machines_put(test_tmpdir(), "proc/sys/kernel/osrelease", "6.12.1\n");
	machines_put(test_tmpdir(), "sys/devices/system/cpu/possible", "0-7\n");
	cgroups_put("cgroup.controllers", "cpuset cpu io memory\n");
	cgroups_put("cgroup.subtree_control", controllers);
	cgroups_put("cgroup.procs", "2\n");
	cgroups_put("cpuset.cpus.effective", "0-5\n");
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	return root;
}

void cgroups_put_task(int pid, int tid, const char *group, const char *cpus)
{
	char path[128], text[256];

	(void)snprintf(path, sizeof(path), "proc/%d/task/%d/cgroup", pid, tid);
	(void)snprintf(text, sizeof(text), "0::%s\n", group);
	machines_put(test_tmpdir(), path, text);
	(void)snprintf(path, sizeof(path), "proc/%d/task/%d/stat", pid, tid);
	(void)snprintf(text, sizeof(text),
		       "%d (db) S 1 0 0 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 70 0 0 0 0 0 0 0 0 0 "
		       "0 0 0 0 0 0 0 17 0 0 0 0 0 0\n",
		       tid);
	machines_put(test_tmpdir(), path, text);
	(void)snprintf(path, sizeof(path), "proc/%d/status", tid);
	(void)snprintf(text, sizeof(text), "Tgid:\t%d\nCpus_allowed_list:\t%s\n", pid, cpus);
	machines_put(test_tmpdir(), path, text);
}

void cgroups_put_libvirt(void)
{
	cgroups_put_group("machine.slice", "\n");
	cgroups_put_group(CGROUPS_SCOPE, "\n");
	cgroups_put_group(CGROUPS_SCOPE "/libvirt", "\n");
	cgroups_put_group(CGROUPS_LIBVIRT "emulator", "0-1\n");
	cgroups_put_group(CGROUPS_LIBVIRT "vcpu0", "2\n");
	cgroups_put_group(CGROUPS_LIBVIRT "vcpu1", "3\n");
	cgroups_put(CGROUPS_LIBVIRT "vcpu0/cgroup.threads", "101\n");
	cgroups_put(CGROUPS_LIBVIRT "vcpu1/cgroup.threads", "102\n");
	cgroups_put_group("system.slice", "\n");
	cgroups_put_task(100, 100, "/" CGROUPS_LIBVIRT "emulator", "0-1");
	cgroups_put_task(100, 101, "/" CGROUPS_LIBVIRT "vcpu0", "2");
	cgroups_put_task(100, 102, "/" CGROUPS_LIBVIRT "vcpu1", "3");
}
