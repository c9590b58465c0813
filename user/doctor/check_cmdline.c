/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_cmdline: what was asked of the kernel at boot, read as the kernel reads it, and where two
 * parameters contradict each other. Parameters that are not given are not recommended.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "doctor/exam.h"
#include "sys/topo.h"

/* What a parameter with a list of CPUs says. */
struct listed {
	const char *value;	      /* NULL: not given */
	int err;		      /* the kernel ignores it */
	struct cmdline_isolcpus isol; /* flags of isolcpus only */
};

static struct listed read_listed(const struct exam *exam, const char *name)
{
	struct listed listed = { .value = cmdline_value(&exam->cmdline, name) };
	unsigned int n;

	if (!listed.value)
		return listed;
	if (topo_read_possible(exam->root, &n))
		n = CPUSET_MAX;
	if (streq(name, "isolcpus"))
		listed.err = cmdline_isolcpus_parse(listed.value, n, &listed.isol);
	else
		listed.err = cmdline_cpus_parse(listed.value, n, &listed.isol.cpus);
	return listed;
}

static bool is_valid(const struct listed *listed)
{
	return listed->value && !listed->err;
}

/* Says what holds for all: not given, or not understood. 1: said. */
static int say_missing(struct exam *exam, const struct listed *listed, const char *name, int *ret)
{
	if (exam->cmdline_err) {
		*ret = exam_say_unread(exam, exam->cmdline_err, "the kernel's command line");
	} else if (!listed->value) {
		*ret = exam_say(exam, CHECKUP_NONE, NULL, "not given");
	} else if (listed->err) {
		*ret = exam_say(exam, CHECKUP_WARN, "at boot: a list such as 2-7,10-15",
				"%s=%s is no list of CPUs: the kernel ignores it", name,
				listed->value);
	} else {
		return 0;
	}
	return 1;
}

int doctor_check_isolcpus(struct exam *exam)
{
	struct listed isol = read_listed(exam, "isolcpus");
	auto_free char *list = NULL, *remedy = NULL;
	struct cpuset online;
	int ret;

	if (say_missing(exam, &isol, "isolcpus", &ret))
		return ret;
	list = cpuset_format(&isol.isol.cpus);
	if (!list || asprintf(&remedy, "at boot: isolcpus=managed_irq,domain,%s", list) < 0) {
		remedy = NULL;
		return -ENOMEM;
	}
	if (!topo_read_online(exam->root, &online)) {
		cpuset_subtract(&online, &isol.isol.cpus);
		if (cpuset_is_empty(&online))
			return exam_say(exam, CHECKUP_WARN, "at boot: leave the host a core",
					"isolcpus=%s holds every CPU", isol.value);
	}
	if (!isol.isol.managed_irq)
		return exam_say(exam, CHECKUP_WARN, remedy,
				"isolcpus=%s without managed_irq: drivers' own interrupts, of NVMe "
				"queues above all, still come to these CPUs",
				isol.value);
	if (isol.isol.domain)
		return exam_say(exam, CHECKUP_OK, NULL,
				"%s; nothing is balanced there, so pin each vCPU", list);
	return exam_say(exam, CHECKUP_OK, NULL, "%s, for managed interrupts", list);
}

/* CPUs of @a that are not in @b as a list, "" for none; allocated. */
static char *beyond(const struct listed *a, const struct listed *b)
{
	struct cpuset rest = a->isol.cpus;

	cpuset_subtract(&rest, &b->isol.cpus);
	return cpuset_format(&rest);
}

int doctor_check_nohz_full(struct exam *exam)
{
	struct listed nohz = read_listed(exam, "nohz_full"), isol = read_listed(exam, "isolcpus");
	auto_free char *rest = NULL;
	int ret;

	if (say_missing(exam, &nohz, "nohz_full", &ret))
		return ret;
	if (fs_exists(exam->root, "sys/devices/system/cpu/online") &&
	    !fs_exists(exam->root, "sys/devices/system/cpu/nohz_full"))
		return exam_say(exam, CHECKUP_WARN, "a kernel built with CONFIG_NO_HZ_FULL=y",
				"nohz_full=%s is ignored: this kernel cannot, guests are ticked",
				nohz.value);
	rest = is_valid(&isol) && isol.isol.domain ? beyond(&nohz, &isol) : strdup("");
	if (!rest)
		return -ENOMEM;
	if (*rest)
		return exam_say(
			exam, CHECKUP_WARN, "at boot: the same CPUs in nohz_full= and isolcpus=",
			"CPU %s is not in isolcpus=%s: with a second task there the tick is "
			"back",
			rest, isol.value);
	return exam_say(exam, CHECKUP_OK, NULL, "%s: no tick while one task runs alone",
			nohz.value);
}

int doctor_check_rcu_nocbs(struct exam *exam)
{
	struct listed rcu = read_listed(exam, "rcu_nocbs"), isol = read_listed(exam, "isolcpus");
	auto_free char *rest = NULL;
	int ret;

	if (rcu.value && !*rcu.value)
		return exam_say(exam, CHECKUP_OK, NULL,
				"given without CPUs: can be set at run time");
	if (say_missing(exam, &rcu, "rcu_nocbs", &ret))
		return ret;
	rest = is_valid(&isol) && isol.isol.domain ? beyond(&isol, &rcu) : strdup("");
	if (!rest)
		return -ENOMEM;
	/* What is in nohz_full the kernel adds by itself. */
	if (*rest && !cmdline_value(&exam->cmdline, "nohz_full"))
		return exam_say(
			exam, CHECKUP_WARN, "at boot: the same CPUs in rcu_nocbs= and isolcpus=",
			"CPU %s of isolcpus= is not in rcu_nocbs=%s: RCU's callbacks run there",
			rest, rcu.value);
	return exam_say(exam, CHECKUP_OK, NULL, "%s", rcu.value);
}

int doctor_check_irqaffinity(struct exam *exam)
{
	struct listed irq = read_listed(exam, "irqaffinity"), isol = read_listed(exam, "isolcpus");
	auto_free char *both = NULL;
	int ret;

	if (say_missing(exam, &irq, "irqaffinity", &ret))
		return ret;
	if (!is_valid(&isol))
		return exam_say(exam, CHECKUP_OK, NULL, "%s", irq.value);
	cpuset_and(&isol.isol.cpus, &irq.isol.cpus);
	both = cpuset_format(&isol.isol.cpus);
	if (!both)
		return -ENOMEM;
	if (*both)
		return exam_say(
			exam, CHECKUP_WARN, "at boot: irqaffinity= with the host's CPUs only",
			"CPU %s is in irqaffinity=%s and in isolcpus=%s: new interrupts come "
			"to isolated CPUs",
			both, irq.value, isol.value);
	return exam_say(exam, CHECKUP_OK, NULL, "%s", irq.value);
}

int doctor_check_mitigations(struct exam *exam)
{
	const char *value = cmdline_value(&exam->cmdline, "mitigations");

	if (exam->cmdline_err)
		return exam_say_unread(exam, exam->cmdline_err, "the kernel's command line");
	if (!value)
		return exam_say(exam, CHECKUP_OK, NULL, "the kernel's default");
	if (streq(value, "off"))
		return exam_say(exam, CHECKUP_OK, NULL,
				"off: exits are cheaper, guests are less apart");
	return exam_say(exam, CHECKUP_OK, NULL, "%s", value);
}

/* Is the IOMMU switched off by name? */
static const char *iommu_off(const struct exam *exam)
{
	static const char *const names[] = { "intel_iommu", "amd_iommu", "iommu" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = cmdline_value(&exam->cmdline, names[i]);

		if (value && (streq(value, "off") || str_starts(value, "off,")))
			return names[i];
	}
	return NULL;
}

int doctor_check_iommu(struct exam *exam)
{
	auto_closedir DIR *dir = NULL;
	const char *off = iommu_off(exam);
	const struct dirent *entry;
	bool any = false;

	if (off)
		return exam_say(exam, CHECKUP_WARN, "at boot: without it, or intel_iommu=on",
				"%s=off: no device can be passed through", off);
	if (fs_opendir(exam->root, &dir, "sys/kernel/iommu_groups"))
		return exam_say_unread(exam, -ENOENT, "groups of the IOMMU");
	while ((entry = readdir(dir)))
		any |= entry->d_name[0] != '.';
	if (any)
		return exam_say(exam, CHECKUP_OK, NULL, "on");
	if (fs_exists(exam->root, "sys/module/vfio_pci"))
		return exam_say(
			exam, CHECKUP_WARN,
			"enable VT-d or AMD-Vi in the firmware; Intel: at boot "
			"intel_iommu=on",
			"vfio-pci is loaded, but there is no IOMMU: no device can be passed "
			"through");
	return exam_say(exam, CHECKUP_NONE, NULL, "none: no device is passed through");
}
