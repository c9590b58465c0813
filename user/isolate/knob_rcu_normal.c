/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rcu-normal: expedited RCU grace periods, which interrupt every CPU at once, become ordinary ones
 * (/sys/kernel/rcu_normal). What waits for them takes longer: attaching of BPF, changes of networks
 * and mounts.
 */
#include "isolate/knob.h"

static int plan_rcu_normal(const struct root *root, const struct goal *goal, struct plan *plan)
{
	return knob_file_plan_text(root, goal, plan, "sys/kernel/rcu_normal", "1",
				   "no expedited grace periods: those interrupt every CPU");
}

const struct knob_ops knob_rcu_normal = {
	.plan = plan_rcu_normal,
	.read = knob_file_read_text,
	.write = knob_file_write_text,
};
