/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_kvm: parameters of the KVM modules.
 */
#include <dirent.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "doctor/exam.h"

#define INTEL_CAP_PI 59 /* of the DMAR capability register: posted interrupts */
#define AMD_FEAT_GA  7	/* of the IVHD extended features: guest virtual APIC */

/* A boolean parameter of a module: 1, 0, or -errno. */
static int read_bool(const struct root *root, const char *module, const char *param)
{
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, "sys/module/%s/parameters/%s", module, param);

	if (err)
		return err;
	return *line == 'Y' || *line == '1';
}

/* A bit of a register that the IOMMU shows; true when none shows it. */
static bool iommu_has(const struct root *root, const char *file, unsigned int bit)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	bool seen = false;

	if (fs_opendir(root, &dir, "sys/class/iommu"))
		return true;
	while ((entry = readdir(dir))) {
		auto_free char *line = NULL;
		uint64_t value;

		if (fs_read_line(root, &line, "sys/class/iommu/%s/%s", entry->d_name, file))
			continue;
		line[strcspn(line, ":")] = '\0';
		seen = true;
		if (!parse_hex64(line, &value) && value >> bit & 1)
			return true;
	}
	return !seen;
}

/* Are device interrupts posted to vCPUs? 1, 0 and why not; -ENOENT: neither KVM is there. */
static int is_posted(const struct root *root, const char **ret_why)
{
	int intel = read_bool(root, "kvm_intel", "enable_apicv");
	int amd = read_bool(root, "kvm_amd", "avic");

	if (intel < 0 && amd < 0)
		return -ENOENT;
	if (intel == 0 || amd == 0) {
		*ret_why = intel == 0 ? "kvm_intel.enable_apicv=N" : "kvm_amd.avic=N";
		return 0;
	}
	if (!read_bool(root, "kvm", "enable_device_posted_irqs")) {
		*ret_why = "kvm.enable_device_posted_irqs=N";
		return 0;
	}
	*ret_why = intel > 0 ? "this IOMMU cannot post" : "this IOMMU has no guest mode";
	return intel > 0 ? iommu_has(root, "intel-iommu/cap", INTEL_CAP_PI)
			 : iommu_has(root, "amd-iommu/features", AMD_FEAT_GA);
}

int doctor_check_posted(struct exam *exam)
{
	const char *why = "";
	int posted = is_posted(exam->root, &why);

	if (posted == -ENOENT && !exam->trials && !fs_exists(exam->root, "sys/module"))
		return exam_say_unread(exam, -ENOENT, "parameters of KVM");
	if (posted < 0)
		return exam_say(exam, CHECKUP_NONE, NULL,
				"neither kvm_intel nor kvm_amd is loaded");
	if (posted)
		return exam_say(exam, CHECKUP_OK, NULL,
				"on: devices interrupt vCPUs directly, nothing to map for vfio");
	return exam_say(exam, CHECKUP_OK, NULL,
			"off (%s): the host takes interrupts of passed-through devices; the shield "
			"puts them on the guest's CPUs",
			why);
}

int doctor_check_nx_huge_pages(struct exam *exam)
{
	auto_free char *line = NULL;
	int err = fs_read_line(exam->root, &line, "sys/module/kvm/parameters/nx_huge_pages");

	if (err)
		return exam_say_unread(exam, err, "kvm.nx_huge_pages");
	if (*line == 'Y' || *line == '1')
		return exam_say(exam, CHECKUP_WARN,
				"if you trust the guests: echo never > "
				"/sys/module/kvm/parameters/nx_huge_pages",
				"on, against a fault of this CPU: huge pages are split and joined "
				"again, all vCPUs wait about 100 us each time");
	return exam_say(exam, CHECKUP_OK, NULL, "off");
}

int doctor_check_halt_poll(struct exam *exam)
{
	unsigned long long ns;
	char text[32];
	int err = fs_read_u64(exam->root, &ns, "sys/module/kvm/parameters/halt_poll_ns");

	if (err)
		return exam_say_unread(exam, err, "kvm.halt_poll_ns");
	if (!ns)
		return exam_say(exam, CHECKUP_OK, NULL, "off: a halted vCPU sleeps at once");
	return exam_say(exam, CHECKUP_OK, NULL, "up to %s before a halted vCPU sleeps",
			str_format_ns(ns, text, sizeof(text)));
}
