/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of sys/irqs_class: lines of all classes on small trees, the files of a line and what
 * is made of them when they are missing or broken, and this machine.
 */
#include "sys/irqs_class.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "machines.h"
#include "sys/irqs.h"
#include "sys/vms.h"
#include "test.h"

#define auto_irqs __attribute__((cleanup(irqs_done)))

static struct root open_root(const char *path)
{
	struct root root = { .fd = -1 };

	CHECK_EQ(fs_root_open(&root, path), 0);
	return root;
}

/* The one line "@label: 1 2 @rest". */
static void classify(const struct root *root, const char *label, const char *rest,
		     const struct vm_list *vms, struct irq_infos *ret)
{
	auto_irqs struct irq_table table = { .cpus = NULL };
	char text[256];

	(void)snprintf(text, sizeof(text), "  CPU0  CPU1\n%s:          1         20 %s\n", label,
		       rest);
	CHECK_EQ(irqs_parse(text, &table, NULL), 0);
	CHECK_EQ(irqs_classify(root, &table, vms, ret), 0);
	CHECK_EQ(ret->n, 1);
}

static const struct {
	const char *label, *rest, *class;
} rows[] = {
	{ " 24", "  IR-PCI-MSI 524288-edge      vfio-msi[0](0000:01:00.0)", "passed-through" },
	{ " 24", "  PCI-MSIX-0000:01:00.0   1-edge      vfio-msix[1](0000:01:00.0)",
	  "passed-through" },
	{ " 16", "  IO-APIC  16-fasteoi   vfio-intx(0000:01:00.0)", "passed-through" },
	{ " 16", "  IO-APIC  16-fasteoi   ehci_hcd:usb1, vfio-intx(0000:01:00.0)",
	  "passed-through" },
	{ " 40", "  GICv3  40 Level     vfio-irq[0](fec00000.dma)", "passed-through" },
	{ " 24", "  PCI-MSIX-0000:01:00.0   1-edge      nvme0q1", "host" },
	{ " 24", "  PCI-MSI 524288-edge      xvfio-msi[0](0000:01:00.0)", "host" },
	{ " 24", "  PCI-MSI 524288-edge      eth0 vfio-msi[0](0000:01:00.0)", "host" },
	{ " 24", "  PCI-MSI 524288-edge      vfio-net", "host" },
	{ "  9", "  IO-APIC   9-fasteoi   acpi", "host" },
	{ "  0", "  IO-APIC   2-edge      timer", "per-cpu" },
	{ "  2", "  XT-PIC-XT-PIC    cascade", "per-cpu" },
	{ "  4", "  IO-APIC   4-edge      timer", "host" },
	{ "  5", "  IO-APIC   5-edge    ", "unknown" },
	{ " 11", "  GICv3  30 Level     arch_timer", "per-cpu" },
	{ " 13", "  GICv3  23 Level     arm-pmu", "per-cpu" },
	{ " 14", "  GICv3 1056 Level     ete", "per-cpu" },
	{ " 20", "  GICv3  48 Level     arm-pmu", "host" },
	{ "  5", "  RISC-V INTC   5 Edge      riscv-timer", "per-cpu" },
	{ " 24", "  xen-percpu    -virq      timer0", "per-cpu" },
	{ " 30", "  xen-dyn    -event     eth0", "host" },
	{ " 26", "  HPET_MSI-edge      hpet2", "per-cpu" },
	{ " 26", "  HPET_MSI   2-edge      hpet2", "per-cpu" },
	{ " 12", "  CPUINTC  12  IPI", "per-cpu" },
	{ "LOC", "  Local timer interrupts", "per-cpu" },
	{ "IPI0", "  Rescheduling interrupts", "per-cpu" },
	{ "ERR", "", "per-cpu" },
	{ "PIN", "  Posted-interrupt notification event", "posted" },
	{ "NPI", "  Nested posted-interrupt event", "posted" },
	{ "PIW", "  Posted-interrupt wakeup event", "posted" },
};

TEST(irqs_classify__goes_by_action_and_device)
{
	auto_root struct root root = open_root(test_tmpdir());

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_irq_infos struct irq_infos infos = { .n = 0 };

		printf("# %s\n", rows[i].rest);
		classify(&root, rows[i].label, rows[i].rest, NULL, &infos);
		CHECK_STREQ(irqs_class_name(infos.infos[0].class), rows[i].class);
		CHECK(infos.infos[0].why[0]);
	}
}

static void put_line(const char *dir, int irq, mode_t mode)
{
	char path[PATH_MAX];

	machines_put(dir, "proc/irq/default_smp_affinity", "f\n");
	(void)snprintf(path, sizeof(path), "proc/irq/%d/effective_affinity_list", irq);
	machines_put(dir, path, "2\n");
	(void)snprintf(path, sizeof(path), "proc/irq/%d/node", irq);
	machines_put(dir, path, "1\n");
	(void)snprintf(path, sizeof(path), "proc/irq/%d/smp_affinity_list", irq);
	machines_put(dir, path, "2-3\n");
	(void)snprintf(path, sizeof(path), "%s/proc/irq/%d/smp_affinity_list", dir, irq);
	CHECK_EQ(chmod(path, mode), 0);
}

static void check_set(const struct cpuset *set, const char *want)
{
	auto_free char *list = cpuset_format(set);

	CHECK_STREQ(list, want);
}

static const char nvme[] = "  PCI-MSIX-0000:01:00.0   1-edge      nvme0q1";

TEST(irqs_classify__reads_where_a_line_fires)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	auto_irq_infos struct irq_infos infos = { .n = 0 };
	const struct irq_info *info;

	put_line(dir, 24, 0644);
	classify(&root, "24", nvme, NULL, &infos);
	info = &infos.infos[0];
	CHECK_EQ(info->class, IRQ_HOST);
	CHECK(info->is_writable && info->has_affinity && info->has_effective);
	check_set(&info->affinity, "2-3");
	check_set(&info->effective, "2");
	CHECK_EQ(info->node, 1);
	CHECK_STREQ(info->bdf, "0000:01:00.0");
	CHECK_STREQ(info->device, "0000:01:00.0");
}

TEST(irqs_classify__takes_a_file_that_nobody_may_write_for_managed)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	auto_irq_infos struct irq_infos nvme_infos = { .n = 0 }, tty = { .n = 0 };

	put_line(dir, 24, 0444);
	put_line(dir, 4, 0444);
	classify(&root, "24", nvme, NULL, &nvme_infos);
	CHECK_EQ(nvme_infos.infos[0].class, IRQ_MANAGED);
	CHECK(strstr(nvme_infos.infos[0].why, "follows its queue"));
	classify(&root, "4", "  IO-APIC   4-edge      ttyS0", NULL, &tty);
	CHECK_EQ(tty.infos[0].class, IRQ_MANAGED);
	CHECK(strstr(tty.infos[0].why, "or its chip"));
}

/* A vfio action wins over the mode, and over the chip. */
TEST(irqs_classify__lets_vfio_win)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	auto_irq_infos struct irq_infos infos = { .n = 0 };

	put_line(dir, 24, 0444);
	classify(&root, "24", "  GICv3  30 Level     vfio-irq[0](x)", NULL, &infos);
	CHECK_EQ(infos.infos[0].class, IRQ_PASSED_THROUGH);
	CHECK(!infos.infos[0].is_writable);
}

/* All files of a copy may be read only: then the modes say nothing. */
TEST(irqs_classify__does_not_trust_the_modes_of_a_bad_copy)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	auto_irq_infos struct irq_infos infos = { .n = 0 };
	char path[PATH_MAX];

	put_line(dir, 24, 0444);
	(void)snprintf(path, sizeof(path), "%s/proc/irq/default_smp_affinity", dir);
	CHECK_EQ(chmod(path, 0444), 0);
	classify(&root, "24", nvme, NULL, &infos);
	CHECK_EQ(infos.infos[0].class, IRQ_HOST);
}

TEST(irqs_classify__sees_the_flag_in_debugfs)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	auto_irq_infos struct irq_infos infos = { .n = 0 };

	put_line(dir, 24, 0644);
	machines_put(dir, "sys/kernel/debug/irq/irqs/24",
		     "dstate:   0x17\n            IRQD_AFFINITY_MANAGED\n");
	classify(&root, "24", nvme, NULL, &infos);
	CHECK_EQ(infos.infos[0].class, IRQ_MANAGED);
}

/* Empty is no error (irq 2); what cannot be read is unknown, and so is a line that is gone. */
TEST(irqs_classify__lives_with_missing_and_broken_files)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);
	auto_irq_infos struct irq_infos infos = { .n = 0 }, gone = { .n = 0 };

	put_line(dir, 24, 0644);
	machines_put(dir, "proc/irq/24/effective_affinity_list", "\n");
	machines_put(dir, "proc/irq/24/smp_affinity_list", "3-\n");
	machines_put(dir, "proc/irq/24/node", "-1\n");
	classify(&root, "24", nvme, NULL, &infos);
	CHECK(!infos.infos[0].has_affinity);
	CHECK(infos.infos[0].has_effective);
	CHECK(cpuset_is_empty(&infos.infos[0].effective));
	CHECK_EQ(infos.infos[0].node, -1);
	CHECK_EQ(infos.infos[0].class, IRQ_UNKNOWN);
	classify(&root, "25", nvme, NULL, &gone);
	CHECK_EQ(gone.infos[0].class, IRQ_UNKNOWN);
}

static void put_posting(const char *dir, const char *cap)
{
	machines_put(dir, "sys/module/kvm_intel/parameters/enable_apicv", "Y\n");
	machines_put(dir, "sys/class/iommu/dmar0/intel-iommu/cap", cap);
}

static bool is_posted(const struct root *root, const char *counts)
{
	auto_irqs struct irq_table table = { .cpus = NULL };
	auto_irq_infos struct irq_infos infos = { .n = 0 };
	char text[128];

	(void)snprintf(text, sizeof(text),
		       " CPU0 CPU1\n24: %s PCI-MSI 1-edge vfio-msi[0](0000:01:00.0)\n", counts);
	CHECK_EQ(irqs_parse(text, &table, NULL), 0);
	CHECK_EQ(irqs_classify(root, &table, NULL, &infos), 0);
	CHECK_EQ(infos.infos[0].class, IRQ_PASSED_THROUGH);
	return infos.infos[0].is_posted;
}

/* Posted: KVM and the IOMMU can, and the host never saw it. */
TEST(irqs_classify__knows_posted_lines)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = open_root(dir);

	CHECK(!is_posted(&root, "0 0"));
	put_posting(dir, "8d2078c106f0466\n"); /* bit 59 */
	CHECK(is_posted(&root, "0 0"));
	CHECK(!is_posted(&root, "0 1"));
	machines_put(dir, "sys/module/kvm/parameters/enable_device_posted_irqs", "N\n");
	CHECK(!is_posted(&root, "0 0"));
	machines_put(dir, "sys/module/kvm/parameters/enable_device_posted_irqs", "Y\n");
	put_posting(dir, "d2008c40660462\n");
	CHECK(!is_posted(&root, "0 0"));
}

TEST(irqs_classify__names_the_vm_that_has_the_device)
{
	auto_root struct root root = open_root(test_tmpdir());
	struct vm_device devices[] = { { .bdf = "0000:02:00.0" }, { .bdf = "0000:01:00.0" } };
	struct vm vms[] = {
		{ .pid = 41, .name = (char[]){ "deb" }, .devices = devices, .n_devices = 1 },
		{ .pid = 42, .name = (char[]){ "win11" }, .devices = devices, .n_devices = 2 },
	};
	const struct vm_list list = { .vms = vms, .n = 2 };
	auto_irq_infos struct irq_infos infos = { .n = 0 };

	classify(&root, "24", "  PCI-MSI 1-edge   vfio-msi[0](0000:01:00.0)", &list, &infos);
	CHECK_EQ(infos.infos[0].vm_pid, 42);
	CHECK_STREQ(infos.infos[0].why, "passed through to win11");
}

TEST(irqs_classify__finds_the_devices_of_the_fixture)
{
	static const struct {
		const char *irq, *bdf, *device;
	} want[] = {
		{ "130", "0000:01:00.0", "0000:01:00.0 nvme" },
		{ "131", "10000:e1:00.0", "10000:e1:00.0 vfio-pci" },
		{ "16", "0000:00:1f.4", "0000:00:1f.4 i801_smbus, 0000:00:1f.5" },
		{ "9", "", "" },
		{ "LOC", "", "" },
	};
	auto_root struct root root = machines_fixture("smt");
	auto_irqs struct irq_table table = { .cpus = NULL };
	auto_irq_infos struct irq_infos infos = { .n = 0 };

	CHECK_EQ(irqs_read(&root, &table, NULL), 0);
	CHECK_EQ(irqs_classify(&root, &table, NULL, &infos), 0);
	CHECK_EQ(infos.n, table.n_lines);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct irq_line *line = irqs_find(&table, want[i].irq);

		CHECK(line);
		CHECK_STREQ(infos.infos[line - table.lines].bdf, want[i].bdf);
		CHECK_STREQ(infos.infos[line - table.lines].device, want[i].device);
	}
}

/* Each numbered line whose file only root could write and does not, is no host's. */
TEST(irqs_classify__classifies_this_machine)
{
	auto_root struct root root = open_root("/");
	auto_irqs struct irq_table table = { .cpus = NULL };
	auto_irq_infos struct irq_infos infos = { .n = 0 };

	if (!fs_exists(&root, "proc/interrupts"))
		SKIP("no /proc/interrupts");
	CHECK_EQ(irqs_read(&root, &table, NULL), 0);
	CHECK_EQ(irqs_classify(&root, &table, NULL, &infos), 0);
	CHECK_EQ(infos.n, table.n_lines);
	for (unsigned int i = 0; i < infos.n; i++) {
		const struct irq_info *info = &infos.infos[i];

		CHECK(info->why && info->why[0]);
		CHECK(info->class != IRQ_HOST || table.lines[i].irq >= 0);
		CHECK(info->class != IRQ_HOST || info->is_writable || !info->has_affinity);
	}
}
