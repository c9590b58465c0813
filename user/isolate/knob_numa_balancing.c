/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * numa-balancing: the kernel unmaps pages to see which node uses them, and moves them there; a guest
 * faults on each (kernel.numa_balancing). The file is there with CONFIG_NUMA_BALANCING only.
 */
#include "isolate/knob.h"

static int plan_numa_balancing(const struct root *root, const struct goal *goal, struct plan *plan)
{
	return knob_file_plan_text(root, goal, plan, "proc/sys/kernel/numa_balancing", "0",
				   "no page is unmapped to see who uses it");
}

const struct knob_ops knob_numa_balancing = {
	.plan = plan_numa_balancing,
	.read = knob_file_read_text,
	.write = knob_file_write_text,
};
