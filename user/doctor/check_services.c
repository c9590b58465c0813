/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_services: programs that move interrupts and tasks too: irqbalance, libvirt, tuned. Found
 * by their processes and files; none of them is asked.
 */
#include <dirent.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "doctor/exam.h"

/* Processes are not to be seen in a recorded machine without any. */
static bool sees_processes(const struct exam *exam)
{
	return exam->trials || fs_exists(exam->root, "proc/1");
}

static bool has_abstract_socket(const struct root *root, pid_t pid)
{
	auto_str struct str name = { 0 };
	auto_free char *sockets = NULL;

	return !str_addf(&name, "@irqbalance%d.sock", pid) &&
	       !fs_read_file(root, &sockets, NULL, "proc/net/unix") && strstr(sockets, name.s);
}

/* The first NAME=value of a file of settings, or of the environment; allocated, or NULL. */
static char *read_banned(const struct root *root)
{
	static const char *const files[] = { "etc/default/irqbalance", "etc/sysconfig/irqbalance",
					     "etc/irqbalance.env" };
	static const char key[] = "\nIRQBALANCE_BANNED_CPULIST=";

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		auto_free char *text = NULL;
		const char *at;

		if (fs_read_file(root, &text, NULL, "%s", files[i]))
			continue;
		/* On the first line, or behind a newline. */
		at = str_starts(text, key + 1) ? text : strstr(text, key);
		if (!at)
			continue;
		at = strchr(at, '=') + 1;
		at += *at == '"';
		return strndup(at, strcspn(at, "\"\n"));
	}
	return NULL;
}

int doctor_check_irqbalance(struct exam *exam)
{
	auto_free char *banned = NULL;
	pid_t pid;

	if (!sees_processes(exam))
		return exam_say_unread(exam, -ENOENT, "processes");
	pid = exam_process(exam, "irqbalance");
	if (!pid)
		return exam_say(exam, CHECKUP_OK, NULL, "not running");
	if (!fs_exists(exam->root, "run/irqbalance/irqbalance%d.sock", pid) &&
	    !has_abstract_socket(exam->root, pid))
		return exam_say(exam, CHECKUP_WARN, "systemctl stop irqbalance",
				"runs (pid %d) without a socket: it would move interrupts back to "
				"the guest's CPUs",
				pid);
	banned = read_banned(exam->root);
	return exam_say(exam, CHECKUP_OK, NULL, "runs (pid %d); its socket takes lull's CPUs%s%s",
			pid, banned && *banned ? "; banned in its file: " : "", banned ?: "");
}

/* "libvirt.so.0.9001.2" is " 9.1.2". Allocated; "" when not found. */
static char *libvirt_version(const struct root *root)
{
	static const char *const folders[] = { "usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib",
					       "usr/lib/aarch64-linux-gnu" };
	static const char prefix[] = "libvirt.so.0.";

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		auto_free char *link = NULL;
		char *version, *micro;
		uint32_t number;

		if (fs_read_link(root, &link, "%s/libvirt.so.0", folders[i]) ||
		    !str_starts(link, prefix))
			continue;
		micro = strchr(link + sizeof(prefix) - 1, '.');
		if (micro)
			*micro++ = '\0';
		if (micro && !parse_u32(link + sizeof(prefix) - 1, &number) &&
		    asprintf(&version, " %u.%u.%s", number / 1000, number % 1000, micro) >= 0)
			return version;
	}
	return strdup("");
}

int doctor_check_libvirt(struct exam *exam)
{
	static const char *const daemons[] = { "virtqemud", "libvirtd" };
	auto_free char *version = libvirt_version(exam->root), *confined = NULL;
	pid_t pid = 0;
	size_t i;

	if (!version)
		return -ENOMEM;
	if (!sees_processes(exam))
		return exam_say_unread(exam, -ENOENT, "processes");
	for (i = 0; i < ARRAY_SIZE(daemons) && !pid; i++)
		pid = exam_process(exam, daemons[i]);
	if (!pid && !fs_exists(exam->root, "etc/libvirt"))
		return exam_say(exam, CHECKUP_OK, NULL, "not installed");
	if (!fs_read_line(exam->root, &confined, "sys/fs/selinux/booleans/virt_hooks_unconfined") &&
	    str_starts(confined, "0"))
		return exam_say(
			exam, CHECKUP_WARN, "setsebool -P virt_hooks_unconfined on",
			"SELinux confines libvirt's hooks: lull hook could not change the host");
	if (!fs_exists(exam->root, "etc/libvirt/hooks"))
		return exam_say(
			exam, CHECKUP_WARN, "mkdir /etc/libvirt/hooks",
			"installed%s, without a folder for hooks: a shield would not follow "
			"the VM",
			version);
	if (!pid) /* the daemons start on demand */
		return exam_say(exam, CHECKUP_OK, NULL, "installed%s, not running", version);
	return exam_say(exam, CHECKUP_OK, NULL, "%s%s runs (pid %d)", daemons[i - 1], version, pid);
}

/* Profiles that move interrupts and threads as the shield does. */
static bool profile_moves(const char *profile)
{
	return strstr(profile, "cpu-partitioning") || strstr(profile, "realtime") ||
	       strstr(profile, "isolated");
}

int doctor_check_tuned(struct exam *exam)
{
	auto_free char *profile = NULL;
	pid_t pid;

	if (!sees_processes(exam))
		return exam_say_unread(exam, -ENOENT, "processes");
	pid = exam_process(exam, "tuned");
	if (fs_read_line(exam->root, &profile, "etc/tuned/active_profile"))
		return exam_say(exam, CHECKUP_OK, NULL,
				pid ? "runs, without a profile" : "not running");
	if (!pid)
		return exam_say(exam, CHECKUP_OK, NULL, "not running");
	if (profile_moves(profile))
		return exam_say(exam, CHECKUP_WARN,
				"tuned-adm profile virtual-host, or shield by tuned alone",
				"runs with %s, which moves interrupts and threads as a shield does",
				profile);
	return exam_say(exam, CHECKUP_OK, NULL, "runs with %s", profile);
}
