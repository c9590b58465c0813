/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_power: clocks, frequency, idle states, threads of a core, and a hypervisor below. Only
 * what is clearly harmful is a warning; the rest is for record and explain to measure.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "doctor/exam.h"
#include "sys/threads.h"
#include "sys/topo.h"
#include "sys/vms.h"

#define CPU_DIR		"sys/devices/system/cpu"
#define LATENCY_US_WARN 1000 /* of an idle state: a visible part of a frame of 16.7 ms */
#define STATES_MAX	16
#define STAT_STEAL	8 /* its place among the numbers of proc/stat */

int doctor_check_clocksource(struct exam *exam)
{
	auto_free char *now = NULL;
	int err = fs_read_line(exam->root, &now,
			       "sys/devices/system/clocksource/clocksource0/current_clocksource");

	if (err)
		return exam_say_unread(exam, err, "the clock source");
	if (streq(now, "hpet") || streq(now, "acpi_pm") || streq(now, "jiffies") ||
	    streq(now, "refined-jiffies"))
		return exam_say(exam, CHECKUP_WARN,
				"journalctl -k | grep -i tsc says why; update the firmware",
				"%s: each look at the time takes a microsecond or more, in guests "
				"and in lull",
				now);
	return exam_say(exam, CHECKUP_OK, NULL, "%s", now);
}

/* The first line of proc/stat: user nice system idle iowait irq softirq steal. */
static int read_steal(const struct root *root, uint64_t *ret_steal, uint64_t *ret_all)
{
	auto_free char *line = NULL;
	uint64_t value, all = 0;
	char *at;
	int err = fs_read_line(root, &line, "proc/stat");

	if (err)
		return err;
	at = line + strcspn(line, " ");
	for (unsigned int i = 0; i < STAT_STEAL; i++) {
		size_t len;

		at += strspn(at, " ");
		len = strcspn(at, " ");
		if (at[len])
			at[len++] = '\0';
		if (parse_u64(at, &value))
			return -EINVAL;
		all += value;
		at += len;
	}
	*ret_steal = value;
	*ret_all = all;
	return 0;
}

int doctor_check_steal(struct exam *exam)
{
	auto_free char *cpuinfo = NULL;
	uint64_t steal, all;
	int err = fs_read_file(exam->root, &cpuinfo, NULL, "proc/cpuinfo");

	err = err ?: read_steal(exam->root, &steal, &all);
	if (err)
		return exam_say_unread(exam, err, "steal time");
	if (!strstr(cpuinfo, " hypervisor ") && !steal)
		return exam_say(exam, CHECKUP_OK, NULL, "not a virtual machine");
	if (steal * 100 >= all)
		return exam_say(exam, CHECKUP_WARN, "more CPU for this VM, from the host below",
				"this host is a VM, and %.1f %% of its time went to others: guests "
				"stop with it",
				100.0 * (double)steal / (double)max(all, 1U));
	return exam_say(exam, CHECKUP_OK, NULL,
			"this host is a VM itself; %.1f %% stolen since boot",
			100.0 * (double)steal / (double)max(all, 1U));
}

int doctor_check_smt(struct exam *exam)
{
	auto_free char *control = NULL;
	unsigned long long active;
	int err = fs_read_u64(exam->root, &active, CPU_DIR "/smt/active");

	err = err ?: fs_read_line(exam->root, &control, CPU_DIR "/smt/control");
	if (err)
		return exam_say_unread(exam, err, "SMT");
	if (!active)
		return exam_say(exam, CHECKUP_OK, NULL, "off (%s)", control);
	return exam_say(exam, CHECKUP_OK, NULL, "on: give a guest whole cores, both threads");
}

/* CPUs to which a vCPU is pinned alone. */
static void add_pinned(const struct root *root, const struct vm *vm, struct cpuset *to)
{
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		struct cpuset mask;

		if (!threads_read_affinity(root, vm->vcpus[i].tid, &mask) &&
		    cpuset_count(&mask) == 1)
			cpuset_or(to, &mask);
	}
}

/* Siblings of the CPUs in @guest that are not in it. */
static int find_free_siblings(const struct root *root, const struct cpuset *guest,
			      struct cpuset *ret)
{
	auto_topo struct topo topo = { 0 };
	int cpu, err = topo_read(root, &topo);

	if (err)
		return err;
	cpuset_clear(ret);
	for_each_cpu(cpu, guest) {
		struct cpuset core;

		if ((unsigned int)cpu >= topo.n_cpus)
			continue;
		topo_core_cpus(&topo, (unsigned int)cpu, &core);
		cpuset_or(ret, &core);
	}
	cpuset_subtract(ret, guest);
	return 0;
}

int doctor_check_siblings(struct exam *exam)
{
	struct vm_list vms = { 0 };
	struct cpuset guest, open;
	auto_free char *list = NULL;
	unsigned int n_vms, n_denied;
	int err = vms_find(exam->root, NULL, 0, &vms);

	if (err)
		return exam_say_unread(exam, err, "virtual machines");
	cpuset_clear(&guest);
	for (unsigned int i = 0; i < vms.n; i++)
		add_pinned(exam->root, &vms.vms[i], &guest);
	n_vms = vms.n;
	n_denied = vms.n_denied;
	vms_done(&vms);
	if (!n_vms && n_denied && exam->caps.euid)
		return exam_say_unread(exam, -EACCES, "which VMs run");
	if (!n_vms && n_denied)
		return exam_say(exam, CHECKUP_UNKNOWN, NULL,
				"no VM is seen, but %u process%s not even root may look into",
				n_denied, n_denied == 1 ? "" : "es");
	if (!n_vms)
		return exam_say(exam, CHECKUP_NONE, NULL, "no VM runs");
	if (cpuset_is_empty(&guest))
		return exam_say(exam, CHECKUP_NONE, NULL, "no vCPU is pinned to one CPU");
	err = find_free_siblings(exam->root, &guest, &open);
	if (err)
		return exam_say_unread(exam, err, "threads per core");
	list = cpuset_format(&open);
	if (!list)
		return -ENOMEM;
	if (*list)
		return exam_say(
			exam, CHECKUP_WARN,
			"pin vCPUs to both threads of a core, or shield CPU too",
			"CPU %s shares a core with a vCPU and is open to the host: what runs "
			"there slows the vCPU",
			list);
	return exam_say(exam, CHECKUP_OK, NULL, "no vCPU shares its core with the host");
}

/* Governors that fix the lowest frequency, unless the driver gives the word another meaning. */
static bool stays_slow(const char *driver, const char *governor)
{
	return streq(governor, "powersave") && !str_starts(driver, "intel_pstate") &&
	       !str_starts(driver, "amd-pstate-epp") && !str_starts(driver, "amd_pstate_epp");
}

int doctor_check_governor(struct exam *exam)
{
	auto_free char *driver = NULL, *governor = NULL, *epp = NULL;
	int err = fs_read_line(exam->root, &driver, CPU_DIR "/cpu0/cpufreq/scaling_driver");

	err = err ?: fs_read_line(exam->root, &governor, CPU_DIR "/cpu0/cpufreq/scaling_governor");
	if (err)
		return exam_say_unread(exam, err, "the frequency governor");
	if (fs_read_line(exam->root, &epp, CPU_DIR "/cpu0/cpufreq/energy_performance_preference"))
		epp = NULL;
	if (stays_slow(driver, governor))
		return exam_say(exam, CHECKUP_WARN, "cpupower frequency-set -g schedutil",
				"%s, powersave: CPUs stay at their lowest frequency", driver);
	if (epp && streq(epp, "power"))
		return exam_say(
			exam, CHECKUP_WARN,
			"echo balance_performance | tee "
			"/sys/devices/system/cpu/cpu*/cpufreq/energy_performance_preference",
			"%s, %s, preference power: a vCPU that wakes runs slowly at first", driver,
			governor);
	return exam_say(exam, CHECKUP_OK, NULL, "%s, %s%s%s", driver, governor,
			epp ? ", preference " : "", epp ?: "");
}

int doctor_check_cstates(struct exam *exam)
{
	auto_free char *driver = NULL, *deepest = NULL;
	unsigned long long latency_us = 0;
	int err = fs_read_line(exam->root, &driver, CPU_DIR "/cpuidle/current_driver");

	if (err)
		return exam_say_unread(exam, err, "the idle driver");
	for (unsigned int i = 0; i < STATES_MAX; i++) {
		unsigned long long us, off;
		char *name = NULL;

		if (fs_read_u64(exam->root, &us, CPU_DIR "/cpu0/cpuidle/state%u/latency", i))
			break;
		if (!fs_read_u64(exam->root, &off, CPU_DIR "/cpu0/cpuidle/state%u/disable", i) &&
		    off)
			continue;
		if (us < latency_us ||
		    fs_read_line(exam->root, &name, CPU_DIR "/cpu0/cpuidle/state%u/name", i))
			continue;
		latency_us = us;
		free(deepest);
		deepest = name;
	}
	if (!deepest)
		return exam_say(exam, CHECKUP_OK, NULL, "%s, no states", driver);
	if (latency_us >= LATENCY_US_WARN)
		return exam_say(exam, CHECKUP_WARN, "cpupower idle-set -D 999",
				"%s: %s takes %llu us to leave, a vCPU that wakes waits for it",
				driver, deepest, latency_us);
	return exam_say(exam, CHECKUP_OK, NULL, "%s, deepest %s: %llu us to leave", driver, deepest,
			latency_us);
}
