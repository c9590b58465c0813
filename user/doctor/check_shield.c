/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_shield: what moving work away needs besides cpusets: root, a core to spare, files that
 * can be written, and a place for the journal. Files are opened for writing, never written.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "doctor/exam.h"
#include "sys/topo.h"

int doctor_check_root(struct exam *exam)
{
	if (!exam->trials && exam->caps_err)
		return exam_say_untried(exam);
	if (exam->caps_err)
		return exam_say_unread(exam, exam->caps_err, "own uid");
	if (exam->caps.euid)
		return exam_say(exam, CHECKUP_FAIL, "sudo lull doctor",
				"uid %u: only root may change the host's settings",
				exam->caps.euid);
	if (!caps_has(&exam->caps, CAP_SYS_NICE))
		return exam_say(
			exam, CHECKUP_WARN, "add CAP_SYS_NICE to the container or unit",
			"no CAP_SYS_NICE: kernel threads and tasks stay on the guest's CPUs");
	return exam_say(exam, CHECKUP_OK, NULL, "uid 0, with CAP_SYS_NICE");
}

int doctor_check_cores(struct exam *exam)
{
	auto_topo struct topo topo = { 0 };
	unsigned int cores = 0;
	int cpu, err = topo_read(exam->root, &topo);

	if (err)
		return exam_say_unread(exam, err, "the CPUs");
	for_each_cpu(cpu, &topo.online)
		cores += topo.cpus[cpu].core == cpu;
	if (cores < 2)
		return exam_say(exam, CHECKUP_FAIL, NULL,
				"one core: the host must keep one, so none is left for a guest");
	return exam_say(exam, CHECKUP_OK, NULL, "%u cores, %u CPUs online", cores,
			cpuset_count(&topo.online));
}

/* Can a file be opened for writing? 0 or -errno. */
static int may_write(const struct root *root, const char *path)
{
	auto_close int fd = fs_open(root, O_WRONLY, "%s", path);

	return fd < 0 ? fd : 0;
}

int doctor_check_proc_irq(struct exam *exam)
{
	int err = may_write(exam->root, "proc/irq/default_smp_affinity");

	if (err == -EROFS)
		return exam_say(
			exam, CHECKUP_FAIL, "run on the host (unit: ProtectKernelTunables=no)",
			"/proc/irq: mounted read-only (ProtectKernelTunables or container)");
	if (err == -ENOENT && exam->trials)
		return exam_say(exam, CHECKUP_FAIL, "run on the host (unit: ProcSubset=all)",
				"/proc/irq is not there: interrupts cannot be moved");
	if (err)
		return exam_say_unread(exam, err, "/proc/irq");
	return exam_say(exam, CHECKUP_OK, NULL, "can be written");
}

/* /run/lull is there: is it ours alone? */
static int say_run_lull(struct exam *exam, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return exam_say_unread(exam, -errno, "/run/lull");
	if (!S_ISDIR(st.st_mode))
		return exam_say(exam, CHECKUP_FAIL, "rm /run/lull",
				"/run/lull is a link or a file: lull does not follow it");
	if (exam->trials && st.st_uid)
		return exam_say(exam, CHECKUP_FAIL, "chown root: /run/lull",
				"/run/lull belongs to uid %u, who could forge the journal",
				st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return exam_say(exam, CHECKUP_FAIL, "chmod 0700 /run/lull",
				"/run/lull can be written by others, who could forge the journal");
	if (fs_exists(exam->root, "run/lull/journal"))
		return exam_say(exam, CHECKUP_OK, NULL, "there, with a journal: lull status");
	return exam_say(exam, CHECKUP_OK, NULL, "there, no shield is in force");
}

int doctor_check_run_lull(struct exam *exam)
{
	auto_close int fd = fs_open(exam->root, O_PATH | O_NOFOLLOW, "run/lull");

	if (fd >= 0)
		return say_run_lull(exam, fd);
	if (fd != -ENOENT)
		return exam_say_unread(exam, fd, "/run/lull");
	if (!fs_exists(exam->root, "run"))
		return exam->trials ? exam_say(exam, CHECKUP_FAIL, "mkdir /run",
					       "there is no /run for the journal")
				    : exam_say_unread(exam, fd, "/run");
	return exam_say(exam, CHECKUP_OK, NULL, "not there yet; made by the first shield");
}
