/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_memory: what takes a guest's memory away from under it for a moment.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "doctor/exam.h"

static unsigned int count_nodes(const struct root *root)
{
	auto_free char *line = NULL;
	struct cpuset nodes; /* the notation is the same */

	if (fs_read_line(root, &line, "sys/devices/system/node/online") ||
	    cpuset_parse(line, &nodes))
		return 0;
	return cpuset_count(&nodes);
}

int doctor_check_numa_balancing(struct exam *exam)
{
	unsigned long long on;
	unsigned int nodes = count_nodes(exam->root);
	int err = fs_read_u64(exam->root, &on, "proc/sys/kernel/numa_balancing");

	if (err)
		return exam_say_unread(exam, err, "kernel.numa_balancing");
	if (on && nodes > 1)
		return exam_say(
			exam, CHECKUP_WARN, "sysctl kernel.numa_balancing=0",
			"on, with %u nodes: guest memory is unmapped to see who uses it, each "
			"touch is an exit",
			nodes);
	return exam_say(exam, CHECKUP_OK, NULL, on ? "on, but there is one node" : "off");
}

int doctor_check_ksm(struct exam *exam)
{
	unsigned long long run;
	int err = fs_read_u64(exam->root, &run, "sys/kernel/mm/ksm/run");

	if (err)
		return exam_say_unread(exam, err, "KSM");
	if (run == 1)
		return exam_say(
			exam, CHECKUP_WARN,
			"echo 0 > /sys/kernel/mm/ksm/run (libvirt: <nosharepages/>)",
			"on: ksmd write-protects guest pages, each later write is an exit and "
			"a copy");
	return exam_say(exam, CHECKUP_OK, NULL, "off");
}

int doctor_check_thp(struct exam *exam)
{
	auto_free char *enabled = NULL, *defrag = NULL, *mode = NULL, *how = NULL;
	int err = fs_read_line(exam->root, &enabled, "sys/kernel/mm/transparent_hugepage/enabled");

	err = err ?: fs_read_line(exam->root, &defrag, "sys/kernel/mm/transparent_hugepage/defrag");
	if (err)
		return exam_say_unread(exam, err, "transparent huge pages");
	mode = exam_chosen(enabled);
	how = exam_chosen(defrag);
	if (!mode || !how)
		return exam_say_unread(exam, -EINVAL, "transparent huge pages");
	if (streq(how, "always") && !streq(mode, "never"))
		return exam_say(
			exam, CHECKUP_WARN,
			"echo madvise > /sys/kernel/mm/transparent_hugepage/defrag",
			"%s, defrag always: a page fault may wait until memory is compacted", mode);
	return exam_say(exam, CHECKUP_OK, NULL, "%s, defrag %s", mode, how);
}
