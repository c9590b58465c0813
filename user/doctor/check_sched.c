/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_sched: traps, timers and watchdogs of the kernel.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "doctor/exam.h"

/* Does this CPU trap locks that cross a cache line, and is that on? */
static bool traps_split_locks(const struct exam *exam)
{
	const char *boot = cmdline_value(&exam->cmdline, "split_lock_detect");
	auto_free char *cpuinfo = NULL;

	if (boot && streq(boot, "off"))
		return false;
	return !fs_read_file(exam->root, &cpuinfo, NULL, "proc/cpuinfo") &&
	       (strstr(cpuinfo, " split_lock_detect") || strstr(cpuinfo, " bus_lock_detect"));
}

int doctor_check_split_lock(struct exam *exam)
{
	unsigned long long mitigate;
	int err = fs_read_u64(exam->root, &mitigate, "proc/sys/kernel/split_lock_mitigate");

	if (err)
		return exam_say_unread(exam, err, "kernel.split_lock_mitigate");
	if (!mitigate)
		return exam_say(exam, CHECKUP_OK, NULL, "mitigation is off");
	if (!traps_split_locks(exam))
		return exam_say(exam, CHECKUP_OK, NULL,
				"this CPU does not trap them, or is told not to");
	return exam_say(exam, CHECKUP_WARN, "sysctl kernel.split_lock_mitigate=0",
			"mitigated: a guest that locks across cache lines, as some games do, is "
			"halted for milliseconds each time");
}

int doctor_check_timer_migration(struct exam *exam)
{
	unsigned long long on;
	int err = fs_read_u64(exam->root, &on, "proc/sys/kernel/timer_migration");

	if (err)
		return exam_say_unread(exam, err, "kernel.timer_migration");
	return exam_say(exam, CHECKUP_OK, NULL,
			on ? "on: timers of idle CPUs run on busy ones"
			   : "off: timers stay where they were set");
}

int doctor_check_watchdogs(struct exam *exam)
{
	unsigned long long soft, hard = 0;
	auto_free char *cpus = NULL;
	int err = fs_read_u64(exam->root, &soft, "proc/sys/kernel/watchdog");

	if (err)
		return exam_say_unread(exam, err, "the lockup watchdogs");
	(void)fs_read_u64(exam->root, &hard, "proc/sys/kernel/nmi_watchdog");
	if (!soft)
		return exam_say(exam, CHECKUP_OK, NULL, "off");
	if (fs_read_line(exam->root, &cpus, "proc/sys/kernel/watchdog_cpumask"))
		cpus = NULL;
	return exam_say(exam, CHECKUP_OK, NULL, "%s on CPU %s; the shield takes them off a guest's",
			hard ? "timer and NMI" : "timer", cpus ?: "all");
}
