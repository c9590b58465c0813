/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_cgroup: which way of keeping tasks off CPUs this host has, and who uses it already.
 * Found by the files that a kernel has; the version is asked only where no cgroup shows them.
 */
#include <dirent.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "doctor/exam.h"

#define V2		  "sys/fs/cgroup"
#define HYBRID		  "sys/fs/cgroup/unified"
#define V1		  "sys/fs/cgroup/cpuset"
#define KERNEL_PARTITIONS 6007 /* cpuset.cpus.exclusive, remote partitions */

/* Where cpuset is. */
enum where { WHERE_UNKNOWN, WHERE_NOWHERE, WHERE_V1, WHERE_V2 };

static bool v2_has_cpuset(const struct root *root, const char *at)
{
	auto_free char *line = NULL;

	return !fs_read_line(root, &line, "%s/cgroup.controllers", at) &&
	       exam_has_word(line, "cpuset");
}

static enum where find_cpuset(const struct exam *exam)
{
	if (v2_has_cpuset(exam->root, V2))
		return WHERE_V2;
	if (fs_exists(exam->root, V1 "/cpuset.cpus") || fs_exists(exam->root, V1 "/cpus"))
		return WHERE_V1;
	if (v2_has_cpuset(exam->root, HYBRID))
		return WHERE_V2;
	if (!exam->trials && !fs_exists(exam->root, V2))
		return WHERE_UNKNOWN;
	return WHERE_NOWHERE;
}

int doctor_check_cgroup(struct exam *exam)
{
	bool is_v2 = fs_exists(exam->root, V2 "/cgroup.controllers");

	switch (find_cpuset(exam)) {
	case WHERE_UNKNOWN:
		return exam_say_unread(exam, -ENOENT, "cgroups");
	case WHERE_V1:
		return exam_say(exam, CHECKUP_OK, NULL, "v1, cpuset at /" V1);
	case WHERE_V2:
		return exam_say(exam, CHECKUP_OK, NULL,
				is_v2 ? "v2, with cpuset" : "hybrid, with cpuset in v2");
	case WHERE_NOWHERE:
		break;
	}
	return exam_say(exam, CHECKUP_FAIL,
			is_v2 ? "a kernel with CONFIG_CPUSETS=y; at boot: no cgroup_disable=cpuset"
			      : "mount -t cgroup2 none /sys/fs/cgroup",
			"no cgroup has cpuset: tasks cannot be kept off the guest's CPUs");
}

/* Does a cgroup below the root have that file? 1, 0, or -errno: no cgroup to look at. */
static int child_has(const struct root *root, const char *at, const char *file)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	int err = fs_opendir(root, &dir, "%s", at);
	bool any = false;

	if (err)
		return err;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    !fs_exists(root, "%s/%s/cpuset.cpus", at, entry->d_name))
			continue;
		any = true;
		if (fs_exists(root, "%s/%s/%s", at, entry->d_name, file))
			return 1;
	}
	return any ? 0 : -ENOENT;
}

/* Only cgroups below the root have the file, and only when cpuset was given to them. */
static int have_remote_partitions(const struct exam *exam, const char *at)
{
	unsigned int version;
	int have;

	/* 6.8 and later: the root itself tells. */
	if (fs_exists(exam->root, "%s/cpuset.cpus.isolated", at))
		return 1;
	have = child_has(exam->root, at, "cpuset.cpus.exclusive");
	if (have >= 0)
		return have;
	version = exam_kernel(exam);
	return version ? version >= KERNEL_PARTITIONS : have;
}

int doctor_check_partitions(struct exam *exam)
{
	static const char unified[] = "at boot: systemd.unified_cgroup_hierarchy=1";
	enum where where = find_cpuset(exam);
	int have;

	if (where == WHERE_UNKNOWN)
		return exam_say_unread(exam, -ENOENT, "cgroups");
	if (where == WHERE_NOWHERE)
		return exam_say(exam, CHECKUP_NONE, NULL, "no cpuset");
	if (where == WHERE_V1)
		return exam_say(exam, CHECKUP_WARN, unified,
				"not with cgroup v1: the shield uses cpusets, which other programs "
				"can undo");
	have = have_remote_partitions(
		exam, fs_exists(exam->root, V2 "/cgroup.controllers") ? V2 : HYBRID);
	if (have < 0)
		return exam_say_unread(exam, have, "isolated partitions");
	if (!have)
		return exam_say(exam, CHECKUP_WARN, "a kernel of 6.7 or later",
				"no remote partitions: the shield uses AllowedCPUs, which other "
				"programs can undo");
	return exam_say(exam, CHECKUP_OK, NULL, "isolated remote partitions: the strongest shield");
}

/* Who keeps cpusets of his own, and what to do; the first that is found. */
static const struct {
	const char *path, *who, *remedy;
	bool is_list;	  /* of CPUs: an owner when it is not empty */
	const char *ours; /* in lull's journal: it is lull's own shield */
} owners[] = {
	{ "var/lib/kubelet/cpu_manager_state", "kubelet (its CPU manager)",
	  "lull shield -c LIST with CPUs of reservedSystemCPUs, or cpuManagerPolicy: none", false,
	  NULL },
	{ V2 "/cpuset.cpus.isolated", "an isolated partition of CPU",
	  "lull status; a partition that is not lull's is lifted by its owner", true,
	  "/cpuset.cpus.partition " },
	{ V1 "/system/cpuset.cpus", "cset shield: its set \"system\" has CPU",
	  "cset shield --reset", true, NULL },
	{ V2 "/system.slice/cpuset.cpus", "systemd: system.slice has AllowedCPUs",
	  "systemctl set-property --runtime system.slice AllowedCPUs=", true, "/system.slice" },
	{ V2 "/user.slice/cpuset.cpus", "systemd: user.slice has AllowedCPUs",
	  "systemctl set-property --runtime user.slice AllowedCPUs=", true, "/user.slice" },
};

int doctor_check_cpuset_owner(struct exam *exam)
{
	auto_free char *journal = NULL;
	bool is_shielded = false;

	if (find_cpuset(exam) == WHERE_UNKNOWN)
		return exam_say_unread(exam, -ENOENT, "cgroups");
	/* None, or not ours to read: then all owners are others. */
	(void)fs_read_file(exam->root, &journal, NULL, "run/lull/journal");
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		auto_free char *line = NULL;

		if (fs_read_line(exam->root, &line, "%s", owners[i].path))
			continue;
		if (owners[i].is_list && !*line)
			continue;
		if (!owners[i].is_list && strstr(line, "\"policyName\":\"none\""))
			continue;
		if (journal && owners[i].ours && strstr(journal, owners[i].ours)) {
			is_shielded = true;
			continue;
		}
		return exam_say(
			exam, CHECKUP_WARN, owners[i].remedy,
			"%s%s%s: another owner, the shield refuses CPUs that are not its own",
			owners[i].who, owners[i].is_list ? " " : "", owners[i].is_list ? line : "");
	}
	if (is_shielded)
		return exam_say(exam, CHECKUP_OK, NULL, "lull's own shield");
	if (fs_exists(exam->root, "run/systemd/system"))
		return exam_say(exam, CHECKUP_OK, NULL, "systemd, which restricts nobody");
	return exam_say(exam, CHECKUP_OK, NULL, "nobody");
}
