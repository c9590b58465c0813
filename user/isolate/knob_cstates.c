/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cstates: no sleep state that takes time to wake from, on the guests' CPUs alone
 * (power/pm_qos_resume_latency_us; "n/a": no latency is allowed, 0: any). They use more power, and
 * their siblings may boost less.
 */
#include <stdio.h>

#include "isolate/knob.h"

static int plan_cstates(const struct root *root, const struct goal *goal, struct plan *plan)
{
	char path[96];
	int cpu, err = 0;

	for_each_cpu(cpu, &goal->guest) {
		(void)snprintf(path, sizeof(path),
			       "sys/devices/system/cpu/cpu%d/power/pm_qos_resume_latency_us", cpu);
		err = knob_file_plan_text(root, goal, plan, path, "n/a",
					  "a guest's CPU wakes at once");
		if (err)
			break;
	}
	return err;
}

const struct knob_ops knob_cstates = {
	.plan = plan_cstates,
	.read = knob_file_read_text,
	.write = knob_file_write_text,
};
