/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fair-server: the time that the scheduler keeps for ordinary tasks from those of real-time priority
 * (6.12: 50 ms of each second; /sys/kernel/debug/sched/fair_server). Its timer fires on the guests'
 * CPUs. Off, a real-time vCPU that never sleeps starves what else is bound to its CPU.
 */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "isolate/knob.h"

#define SCHED "sys/kernel/debug/sched"

static int probe(const struct root *root, const char **ret_why)
{
	auto_free char *line = NULL;
	int err;

	if (!fs_exists(root, SCHED)) {
		*ret_why = "debugfs is not mounted, or not to be seen";
		return -ENOENT;
	}
	if (!fs_exists(root, SCHED "/fair_server")) {
		*ret_why = "the kernel has no fair server (before 6.12)";
		return -ENOENT;
	}
	err = fs_read_line(root, &line, SCHED "/fair_server/cpu0/runtime");
	if (err == -EPERM) {
		*ret_why = "the kernel's lockdown keeps debugfs closed";
		return err;
	}
	return 0;
}

static int plan_cpu(const struct root *root, const struct goal *goal, struct plan *plan, int cpu)
{
	/* The second: since 7.0, for tasks of sched_ext. */
	static const char *const servers[] = { "fair_server", "ext_server" };
	char path[96];
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(servers) && !err; i++) {
		(void)snprintf(path, sizeof(path), SCHED "/%s/cpu%d/runtime", servers[i], cpu);
		err = knob_file_plan_text(root, goal, plan, path, "0",
					  "no timer that takes time from the vCPU");
	}
	return err;
}

static int plan_servers(const struct root *root, const struct goal *goal, struct plan *plan)
{
	int cpu, err = 0;

	for_each_cpu(cpu, &goal->guest) {
		err = plan_cpu(root, goal, plan, cpu);
		if (err)
			break;
	}
	return err;
}

const struct knob_ops knob_fair_server = {
	.probe = probe,
	.plan = plan_servers,
	.read = knob_file_read_text,
	.write = knob_file_write_text,
};
