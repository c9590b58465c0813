/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irq-default: the CPUs for interrupts that a driver requests from now on
 * (/proc/irq/default_smp_affinity). Not for managed ones: the kernel spreads those by itself. The
 * file is one for the whole host, so it is computed from all shields together.
 */
#include "isolate/knob.h"

static int plan_default(const struct root *root, const struct goal *goal, struct plan *plan)
{
	return knob_file_plan_mask(root, goal, plan, "proc/irq/default_smp_affinity",
				   "default mask of new interrupts",
				   "interrupts that appear later start on the host's CPUs");
}

const struct knob_ops knob_irq_default = {
	.plan = plan_default,
	.read = knob_file_read_mask,
	.write = knob_file_write_mask,
	.shell = knob_file_shell_mask,
	.is_scanned_twice = true, /* irq looks at it */
};
