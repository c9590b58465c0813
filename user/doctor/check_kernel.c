/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_kernel: the kernel, its type information, and its settings that concern BPF. What it
 * lacks is known by trial; the version is only asked of a recorded machine.
 */
#include <errno.h>
#include <linux/capability.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "doctor/exam.h"

#define KERNEL_FLOOR	  6001 /* 6.1: bpf_loop, the state in sched_switch */
#define KERNEL_NO_MEMLOCK 5011 /* memory of BPF is charged to the cgroup */

int doctor_check_kernel(struct exam *exam)
{
	static const char remedy[] =
		"install a kernel of 6.1 or later; plan and shield work on this";
	const struct doctor_trials *trials = exam->trials;
	auto_free char *release = NULL;
	int err = fs_read_line(exam->root, &release, "proc/sys/kernel/osrelease");

	if (err)
		return exam_say_unread(exam, err, "the kernel's release");
	if (trials && trials->lack)
		return exam_say(exam, CHECKUP_FAIL, remedy, "%s is too old to measure; it lacks%s",
				release, trials->lack);
	if (!trials && exam_kernel(exam) < KERNEL_FLOOR)
		return exam_say(exam, CHECKUP_FAIL, remedy, "%s is too old to measure", release);
	return exam_say(exam, CHECKUP_OK, NULL, "%s", release);
}

int doctor_check_btf(struct exam *exam)
{
	if (fs_exists(exam->root, "sys/kernel/btf/vmlinux"))
		return exam_say(exam, CHECKUP_OK, NULL, "the kernel's types are known");
	if (!exam->trials && !fs_exists(exam->root, "sys/kernel/btf"))
		return exam_say_unread(exam, -ENOENT, "the kernel's BTF");
	return exam_say(exam, CHECKUP_FAIL, "a kernel built with CONFIG_DEBUG_INFO_BTF=y",
			"kernel has no BTF (CONFIG_DEBUG_INFO_BTF); measuring off, shield works; "
			"counts from /proc/interrupts");
}

int doctor_check_lockdown(struct exam *exam)
{
	auto_free char *line = NULL, *mode = NULL;
	int err = fs_read_line(exam->root, &line, "sys/kernel/security/lockdown");

	if (err == -ENOENT && exam->trials && !fs_exists(exam->root, "sys/kernel/security/lsm"))
		return exam_say(exam, CHECKUP_UNKNOWN,
				"mount -t securityfs none /sys/kernel/security",
				"securityfs is not mounted");
	if (err)
		return exam_say_unread(exam, err, "lockdown");
	mode = exam_chosen(line);
	if (mode && streq(mode, "confidentiality"))
		return exam_say(
			exam, CHECKUP_WARN, "at boot: lockdown=integrity",
			"kernel lockdown is 'confidentiality': exit reasons on 6.1 off, all "
			"else works");
	return exam_say(exam, CHECKUP_OK, NULL, "%s", mode ?: "none");
}

int doctor_check_bpf_jit(struct exam *exam)
{
	unsigned long long jit;
	int err = fs_read_u64(exam->root, &jit, "proc/sys/net/core/bpf_jit_enable");

	if (err)
		return exam_say_unread(exam, err, "net.core.bpf_jit_enable");
	if (!jit)
		return exam_say(
			exam, CHECKUP_WARN, "sysctl net.core.bpf_jit_enable=1",
			"off: lull's programs are interpreted, each event takes the guest's "
			"CPU several times longer");
	return exam_say(exam, CHECKUP_OK, NULL, "on");
}

int doctor_check_kallsyms(struct exam *exam)
{
	unsigned long long restrict_level;
	int err = fs_read_u64(exam->root, &restrict_level, "proc/sys/kernel/kptr_restrict");

	if (err)
		return exam_say_unread(exam, err, "kernel.kptr_restrict");
	if (restrict_level >= 2)
		return exam_say(exam, CHECKUP_WARN, "sysctl kernel.kptr_restrict=1",
				"%llu hides kernel addresses from everybody: work, timer and call "
				"functions stay without names",
				restrict_level);
	if (restrict_level == 1 && !exam->caps_err && !caps_has(&exam->caps, CAP_SYSLOG))
		return exam_say(exam, CHECKUP_WARN, "run as root, or with CAP_SYSLOG",
				"1 hides kernel addresses from this process: work, timer and call "
				"functions stay without names");
	return exam_say(exam, CHECKUP_OK, NULL, "%llu: kernel functions can be named",
			restrict_level);
}

int doctor_check_paranoid(struct exam *exam)
{
	auto_free char *line = NULL;
	int err = fs_read_line(exam->root, &line, "proc/sys/kernel/perf_event_paranoid");

	if (err)
		return exam_say_unread(exam, err, "kernel.perf_event_paranoid");
	return exam_say(exam, CHECKUP_OK, NULL, "%s; lull uses no perf event", line);
}

/* With CAP_BPF it has no effect, but before 5.19 it closes bpf() to who has dropped it. */
int doctor_check_unprivileged_bpf(struct exam *exam)
{
	unsigned long long disabled;
	int err = fs_read_u64(exam->root, &disabled, "proc/sys/kernel/unprivileged_bpf_disabled");

	if (err)
		return exam_say_unread(exam, err, "kernel.unprivileged_bpf_disabled");
	return exam_say(exam, CHECKUP_OK, NULL, "%llu; no effect with CAP_BPF", disabled);
}

/* "Max locked memory         8388608              8388608              bytes" */
static int read_memlock(const struct root *root, char **ret)
{
	static const char key[] = "\nMax locked memory";
	auto_free char *text = NULL;
	const char *at;
	int err = fs_read_file(root, &text, NULL, "proc/self/limits");

	if (err)
		return err;
	at = strstr(text, key);
	if (!at)
		return -EINVAL;
	at += strlen(key);
	at += strspn(at, " ");
	*ret = strndup(at, strcspn(at, " \n"));
	return *ret ? 0 : -ENOMEM;
}

int doctor_check_memlock(struct exam *exam)
{
	unsigned int version = exam_kernel(exam);
	auto_free char *limit = NULL;
	int err;

	if (version >= KERNEL_NO_MEMLOCK)
		return exam_say(exam, CHECKUP_NONE, NULL,
				"no limit concerns BPF: its memory is the cgroup's since 5.11");
	err = version ? read_memlock(exam->root, &limit) : -ENOENT;
	if (err)
		return exam_say_unread(exam, err, "RLIMIT_MEMLOCK");
	if (streq(limit, "unlimited") ||
	    (!exam->caps_err && caps_has(&exam->caps, CAP_SYS_RESOURCE)))
		return exam_say(exam, CHECKUP_OK, NULL, "%s, or can be raised", limit);
	return exam_say(exam, CHECKUP_WARN, "ulimit -l unlimited (needs CAP_SYS_RESOURCE)",
			"%s bytes: before 5.11 the tables of BPF count as locked memory", limit);
}
