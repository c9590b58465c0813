/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watchdog: the CPUs whose lockups the kernel looks for (kernel.watchdog_cpumask). On each of them a
 * timer fires every few seconds and a thread of highest priority runs. Lockups of a guest's CPU are
 * not noticed meanwhile; those of the host's CPUs are.
 */
#include "isolate/knob.h"

static int plan_watchdog(const struct root *root, const struct goal *goal, struct plan *plan)
{
	return knob_file_plan_list(root, goal, plan, "proc/sys/kernel/watchdog_cpumask",
				   "lockup watchdog", "its timer leaves the guest's CPUs alone");
}

const struct knob_ops knob_watchdog = {
	.plan = plan_watchdog,
	.read = knob_file_read_list,
	.write = knob_file_write_list,
};
