/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/knob_irq, knob_irq_default: what is planned for a machine of four CPUs, and what the files
 * hold there and back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "isolate.h"
#include "isolate/journal.h"
#include "isolate/knob.h"
#include "machines.h"
#include "test.h"

static void put_irq(unsigned int irq, const char *mask, const char *effective)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "proc/irq/%u/smp_affinity_list", irq);
	machines_put(test_tmpdir(), path, mask);
	(void)snprintf(path, sizeof(path), "proc/irq/%u/effective_affinity_list", irq);
	machines_put(test_tmpdir(), path, effective);
}

/* 24: a network card; 25: a managed queue; 26: passed through; 27: on host CPUs already. */
static struct root machine(void)
{
	struct root root;

	machines_put(test_tmpdir(), "proc/interrupts",
		     "           CPU0       CPU1       CPU2       CPU3\n"
		     " 24:   1   0   0   0  PCI-MSI 1-edge  eth0\n"
		     " 25:   1   0   0   0  PCI-MSI 2-edge  nvme0q1\n"
		     " 26:   1   0   0   0  PCI-MSI 3-edge  vfio-msi[0](0000:01:00.0)\n"
		     " 27:   1   0   0   0  PCI-MSI 4-edge  ahci\n"
		     " 28:   1   0   0   0  PCI-MSI 5-edge  guest only\n"
		     "LOC:   1   1   1   1  Local timer interrupts\n"
		     "TRM:   1   1   0   0  Thermal event interrupts\n"
		     "PIW:   0   0   0   7  Posted-interrupt wakeup event\n"
		     "ERR:   0\n");
	machines_put(test_tmpdir(), "proc/irq/default_smp_affinity", "f\n");
	put_irq(24, "0-3\n", "2\n");
	put_irq(25, "2\n", "2\n");
	put_irq(26, "0-3\n", "0\n");
	put_irq(27, "0-1\n", "0\n");
	put_irq(28, "2-3\n", "2\n");
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	CHECK_EQ(fchmodat(root.fd, "proc/irq/25/smp_affinity_list", 0444, 0), 0);
	return root;
}

TEST(knob_irq__moves_what_can_move_and_says_what_stays)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	isolate_plan(&root, "irq", "2-3", "0-3", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text,
		    "proc/irq/24/smp_affinity_list: 0-3 -> 0-1\n"
		    "proc/irq/26/smp_affinity_list: 0-3 -> 2-3\n"
		    "proc/irq/28/smp_affinity_list: 2-3 -> 0-1\n"
		    "irq 25 nvme0q1 stays: kept by the kernel or its chip: cannot be moved\n"
		    "LOC Local timer interrupts stays: the kernel's own on each CPU: cannot move\n"
		    "PIW Posted-interrupt wakeup event stays: of posted interrupts: nothing to "
		    "move\n");
}

TEST(knob_irq__plans_nothing_without_a_shield)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };

	isolate_plan(&root, "irq", NULL, "0-3", NULL, &plan);
	CHECK_EQ(plan.n_steps, 0);
}

TEST(knob_irq__writes_there_and_back)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;
	const struct plan_step *step;

	isolate_plan(&root, "irq", "2-3", "0-3", NULL, &plan);
	step = isolate_step(&plan, "proc/irq/28/smp_affinity_list");
	isolate_there_and_back(&root, step);
	CHECK_EQ(fs_read_file(&root, &text, NULL, "proc/irq/28/smp_affinity_list"), 0);
	CHECK_STREQ(text, "2-3\n");
}

TEST(knob_irq__a_move_is_pending_until_it_is_effective)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	const struct plan_step *step;

	isolate_plan(&root, "irq", "2-3", "0-3", NULL, &plan);
	step = isolate_step(&plan, "proc/irq/24/smp_affinity_list");
	CHECK_EQ(step->knob->ops->settle(&root, step), -EINPROGRESS);
	put_irq(24, "0-1\n", "1\n");
	CHECK_EQ(step->knob->ops->settle(&root, step), 0);
}

TEST(knob_irq_default__leaves_the_guests_cpus_out)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	isolate_plan(&root, "irq-default", "2-3", "0-3", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, "proc/irq/default_smp_affinity: 0-3 -> 0-1\n");
}

/* The journal's original counts, not what a shield has made of it. */
TEST(knob_irq_default__comes_from_the_original)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_journal struct journal journal = { .seq = 0 };
	const char *object = "proc/irq/default_smp_affinity";

	isolate_remember(&journal, "irq-default", object, "0-3", "0-1");
	machines_put(test_tmpdir(), "proc/irq/default_smp_affinity", "3\n");
	isolate_plan(&root, "irq-default", "1", "0-3", &journal, &plan);
	CHECK_STREQ(isolate_step(&plan, object)->next, "0,2-3");
	CHECK_STREQ(isolate_step(&plan, object)->prev, "0-1");
}
