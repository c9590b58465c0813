/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_self: what this process may do: capabilities, namespaces, filters. Who is refused gets the
 * reason in a sentence, not the kernel's errno.
 */
#include <errno.h>
#include <linux/capability.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "doctor/exam.h"

/* The initial namespaces have fixed numbers (include/linux/proc_ns.h). */
#define INITIAL_PID_NS "pid:[4026531836]"

static int say_no_capabilities(struct exam *exam, const char *has)
{
	bool is_root = !exam->caps.euid;

	return exam_say(exam, CHECKUP_FAIL,
			is_root ? "add CAP_BPF and CAP_PERFMON to the container or unit"
				: "sudo lull doctor",
			"loading eBPF needs CAP_BPF and CAP_PERFMON; this process has %s (unit: "
			"AmbientCapabilities=CAP_BPF CAP_PERFMON)",
			has);
}

int doctor_check_capabilities(struct exam *exam)
{
	bool bpf = caps_has(&exam->caps, CAP_BPF), perfmon = caps_has(&exam->caps, CAP_PERFMON);

	if (!exam->trials && exam->caps_err)
		return exam_say_untried(exam);
	if (exam->caps_err)
		return exam_say_unread(exam, exam->caps_err, "own capabilities");
	if (caps_has(&exam->caps, CAP_SYS_ADMIN))
		return exam_say(exam, CHECKUP_OK, NULL,
				"CAP_SYS_ADMIN, which holds all that is needed");
	if (bpf && perfmon)
		return exam_say(exam, CHECKUP_OK, NULL, "CAP_BPF and CAP_PERFMON");
	return say_no_capabilities(exam, bpf	   ? "CAP_BPF only"
					 : perfmon ? "CAP_PERFMON only"
						   : "neither");
}

int doctor_check_user_namespace(struct exam *exam)
{
	bool is_initial;
	int err = caps_read_is_initial_userns(exam->root, &is_initial);

	if (err && !exam->trials)
		return exam_say_untried(exam);
	if (err)
		return exam_say_unread(exam, err, "the user namespace");
	if (!is_initial)
		return exam_say(exam, CHECKUP_FAIL,
				"run on the host, outside of the namespace (unit: PrivateUsers=no)",
				"uid 0 of a user namespace cannot load eBPF");
	return exam_say(exam, CHECKUP_OK, NULL, "the machine's own");
}

int doctor_check_container(struct exam *exam)
{
	auto_free char *ns = NULL;
	int err = fs_read_link(exam->root, &ns, "proc/self/ns/pid");

	if (err && !exam->trials)
		return exam_say_untried(exam);
	if (err)
		return exam_say_unread(exam, err, "the pid namespace");
	if (!streq(ns, INITIAL_PID_NS))
		return exam_say(exam, CHECKUP_FAIL, "run on the host",
				"inside a container: threads have other numbers here than the "
				"kernel reports");
	return exam_say(exam, CHECKUP_OK, NULL, "none");
}

int doctor_check_bpf_syscall(struct exam *exam)
{
	static const char remedy[] = "allow bpf() (unit: SystemCallFilter=bpf; docker: its seccomp "
				     "profile)";

	if (!exam->trials)
		return exam_say_untried(exam);
	switch (exam->trials->syscall) {
	case -EINVAL:
		return exam_say(exam, CHECKUP_OK, NULL, "bpf() answers");
	case -ENOSYS:
	case -EPERM:
	case -EACCES:
		return exam_say(exam, CHECKUP_FAIL, remedy, "bpf() itself is refused (seccomp?)");
	case -EINTR:
		return exam_say(exam, CHECKUP_FAIL, remedy,
				"bpf() itself is refused (seccomp?): it ends the process");
	default:
		return exam_say(exam, CHECKUP_UNKNOWN, NULL, "bpf(): %s",
				strerror(-exam->trials->syscall));
	}
}

/* "unconfined", "libvirtd (enforce)", "unconfined_u:unconfined_r:unconfined_t:s0" */
static bool is_confined(const char *label)
{
	return *label && !str_starts(label, "unconfined") && !strstr(label, ":unconfined_t") &&
	       !strstr(label, "(complain)") && !strstr(label, ":kernel_t");
}

int doctor_check_lsm(struct exam *exam)
{
	auto_free char *label = NULL;
	unsigned long long enforce = 1;
	int err = fs_read_line(exam->root, &label, "proc/self/attr/current");

	if (err && !exam->trials)
		return exam_say_untried(exam);
	/* Without a security module that labels, reading fails with EINVAL. */
	if (err == -EINVAL || (!err && !*label))
		return exam_say(exam, CHECKUP_NONE, NULL, "no SELinux, no AppArmor");
	if (err)
		return exam_say_unread(exam, err, "the security label");
	(void)fs_read_u64(exam->root, &enforce, "sys/fs/selinux/enforce");
	if (enforce && is_confined(label))
		return exam_say(
			exam, CHECKUP_WARN,
			strchr(label, ':')
				? "run from an unconfined shell; ausearch -m avc shows refusals"
				: "allow it in the profile (aa-complain), or run unconfined",
			"confined as %s: what it forbids looks like missing rights", label);
	return exam_say(exam, CHECKUP_OK, NULL, "%s", label);
}
