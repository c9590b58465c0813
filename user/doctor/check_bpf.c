/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_bpf: which sources this kernel takes, and what KVM shows of its guests. The trials were
 * made by the caller; what is lost without a source is said here.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "doctor/exam.h"

static int say_left_out(struct exam *exam, const struct doctor_source *source)
{
	auto_str struct str name = { 0 }, found = { 0 };
	int err = str_addf(&name, "source %s", source->name);

	err = err
		      ?: str_addf(&found, "%s; %s: %s", source->why,
				  source->is_label ? "lost are names only" : "not seen are",
				  source->holds);
	return err
		       ?: exam_say_as(exam, name.s,
				      &(struct checkup_item){
					      /* Without the scheduler there is no ledger. */
					      .state = streq(source->name, "sched") ? CHECKUP_FAIL
										    : CHECKUP_WARN,
					      .found = found.s,
				      });
}

/* Each source that is whole, once. */
static int list_whole(const struct doctor_trials *trials, struct str *ret, unsigned int *ret_n)
{
	int err = 0;

	*ret_n = 0;
	for (unsigned int i = 0; i < trials->n_sources && !err; i++) {
		const struct doctor_source *source = &trials->sources[i];
		bool whole = true, known = false;

		for (unsigned int k = 0; k < trials->n_sources; k++) {
			if (!streq(trials->sources[k].name, source->name))
				continue;
			whole &= !trials->sources[k].why;
			known |= k < i;
		}
		if (!whole || known)
			continue;
		err = str_addf(ret, " %s", source->name);
		++*ret_n;
	}
	return err;
}

int doctor_check_sources(struct exam *exam)
{
	const struct doctor_trials *trials = exam->trials;
	auto_str struct str whole = { 0 };
	unsigned int n;
	int err;

	if (!trials)
		return exam_say_untried(exam);
	/* The one who may not load has read why. */
	if (trials->load == -EPERM && !exam->caps_err && !exam_may_load(exam))
		return exam_say(exam, CHECKUP_UNKNOWN, NULL, "not loaded: the reason is above");
	if (trials->load > 0)
		return exam_say(exam, CHECKUP_UNKNOWN, NULL, "not tried: the reason is above");
	if (trials->load < 0)
		return exam_say(exam, CHECKUP_FAIL,
				"lull record -vv -c 0 -d 1s shows the kernel's words",
				"the kernel refuses lull's programs: %s", strerror(-trials->load));
	err = list_whole(trials, &whole, &n);
	err = err
		      ?: exam_say(exam, n ? CHECKUP_OK : CHECKUP_FAIL, NULL,
				  "%u loaded on trial:%s", n, whole.s ?: "");
	for (unsigned int i = 0; i < trials->n_sources && !err; i++)
		if (trials->sources[i].why)
			err = say_left_out(exam, &trials->sources[i]);
	return err;
}

/* "kvm_intel" or "kvm_amd", by the CPU; for a remedy. */
static const char *kvm_module(const struct exam *exam)
{
	auto_free char *cpuinfo = NULL;

	if (fs_read_file(exam->root, &cpuinfo, NULL, "proc/cpuinfo"))
		return "modprobe kvm";
	if (strstr(cpuinfo, "GenuineIntel"))
		return "modprobe kvm_intel";
	return strstr(cpuinfo, "AuthenticAMD") ? "modprobe kvm_amd" : "modprobe kvm";
}

int doctor_check_kvm_types(struct exam *exam)
{
	const struct doctor_trials *trials = exam->trials;
	bool is_module = fs_exists(exam->root, "sys/module/kvm/initstate");

	if (!fs_exists(exam->root, "sys/module/kvm")) {
		if (!trials && !fs_exists(exam->root, "sys/module"))
			return exam_say_unread(exam, -ENOENT, "the KVM module");
		return exam_say(
			exam, CHECKUP_WARN, kvm_module(exam),
			"KVM is not loaded: guests cannot run, and its events are not seen");
	}
	if (trials && !trials->types && trials->have_entry)
		return exam_say(exam, CHECKUP_OK, NULL, "known, KVM is %s",
				is_module ? "a module" : "built in");
	if (trials && !trials->types && fs_exists(exam->root, "sys/kernel/btf/kvm"))
		return exam_say(exam, CHECKUP_WARN, "sudo lull doctor",
				"KVM is a module: its events need CAP_SYS_ADMIN");
	if (fs_exists(exam->root, "sys/kernel/btf/kvm") || (!trials && !is_module))
		return exam_say(exam, CHECKUP_OK, NULL, "there, KVM is %s",
				is_module ? "a module" : "built in");
	if (!trials && !fs_exists(exam->root, "sys/kernel/btf"))
		return exam_say_unread(exam, -ENOENT, "KVM's BTF");
	return exam_say(exam, CHECKUP_WARN, "a kernel built with CONFIG_DEBUG_INFO_BTF_MODULES=y",
			"KVM has no BTF: guest and exit are not told apart, exits have no reason");
}

int doctor_check_kvm_entries(struct exam *exam)
{
	const struct doctor_trials *trials = exam->trials;

	if (!trials)
		return exam_say_untried(exam);
	switch (trials->entries) {
	case DOCTOR_ENTRIES_NOT_TRIED:
		return exam_say(exam, CHECKUP_UNKNOWN, NULL,
				"could not tell: lull's programs were not loaded");
	case DOCTOR_ENTRIES_NO_VM:
		return exam_say(exam, CHECKUP_UNKNOWN, "start a VM and run lull doctor again",
				"could not tell: no VM runs");
	case DOCTOR_ENTRIES_IDLE:
		return exam_say(exam, CHECKUP_UNKNOWN,
				"run lull doctor again while the guest is busy",
				"could not tell: no vCPU ran in %" PRIu64 " ms",
				trials->window_ns / 1000000);
	case DOCTOR_ENTRIES_COME:
		return exam_say(exam, CHECKUP_OK, NULL,
				"%" PRIu64 " in %" PRIu64 " ms while %u vCPU%s ran",
				trials->n_entries, trials->window_ns / 1000000, trials->n_vcpus,
				trials->n_vcpus == 1 ? "" : "s");
	case DOCTOR_ENTRIES_NONE:
		break;
	}
	/* Without a tick, and with posted interrupts, a guest may stay in for that long. */
	if (cmdline_value(&exam->cmdline, "nohz_full"))
		return exam_say(exam, CHECKUP_UNKNOWN, NULL,
				"could not tell: none came in %" PRIu64 " ms, which can be with "
				"nohz_full",
				trials->window_ns / 1000000);
	return exam_say(exam, CHECKUP_WARN, NULL,
			"KVM reports no entries here: run stands for guest, exit");
}

int doctor_check_vcpu_discovery(struct exam *exam)
{
	const struct doctor_trials *trials = exam->trials;

	if (fs_exists(exam->root, "sys/kernel/debug/kvm"))
		return exam_say(exam, CHECKUP_OK, NULL, "by debugfs");
	if (!trials)
		return exam_say_untried(exam);
	if (!trials->load)
		return exam_say(exam, CHECKUP_OK, NULL,
				"by KVM's mark in each thread (debugfs shows no KVM)");
	return exam_say(exam, CHECKUP_WARN, "as root: mount -t debugfs none /sys/kernel/debug",
			"by the names of threads only: a vCPU with another name is not found");
}
