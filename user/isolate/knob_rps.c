/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rps: the CPUs to which the network stack hands packets on (queues/rx-N/rps_cpus, and the default of
 * new queues). An empty set means the CPU that took the interrupt, and stays empty. Only what this
 * network namespace has is seen.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "isolate/knob.h"
#include "isolate/knob_dir.h"

#define DEVICES "sys/class/net"

static int plan_file(const struct root *root, const struct goal *goal, struct plan *plan,
		     const char *path, const char *name)
{
	auto_free char *line = NULL;
	struct cpuset now, orig;
	int err = fs_read_line(root, &line, "%s", path);

	if (err) /* gone, no queue, or no device but a file of the bonding driver */
		return err == -ENOENT || err == -ENOTDIR ? 0 : err;
	err = cpuset_parse_mask(line, &now);
	err = err ?: plan_orig_cpus(plan, path, "", &now, &orig);
	if (err || cpuset_is_empty(&orig))
		return err;
	return knob_file_plan_mask(root, goal, plan, path, name,
				   "packets are handed on to the host's CPUs");
}

static int plan_device(const struct root *root, const struct goal *goal, struct plan *plan,
		       const char *device)
{
	auto_knob_dir struct knob_dir queues = { .names = NULL };
	char path[PATH_MAX], name[2 * NAME_MAX];
	int err = knob_dir_read(root, &queues, DEVICES "/%s/queues", device);

	if (err == -ENOTDIR)
		return 0;
	for (unsigned int i = 0; i < queues.n && !err; i++) {
		if (!str_starts(queues.names[i], "rx-"))
			continue;
		(void)snprintf(path, sizeof(path), DEVICES "/%s/queues/%s/rps_cpus", device,
			       queues.names[i]);
		(void)snprintf(name, sizeof(name), "rps of %s %s", device, queues.names[i]);
		str_sanitize(name);
		err = plan_file(root, goal, plan, path, name);
	}
	return err;
}

static int plan_rps(const struct root *root, const struct goal *goal, struct plan *plan)
{
	auto_knob_dir struct knob_dir devices = { .names = NULL };
	int err = plan_file(root, goal, plan, "proc/sys/net/core/rps_default_mask",
			    "rps of new queues");

	err = err ?: knob_dir_read(root, &devices, DEVICES);
	for (unsigned int i = 0; i < devices.n && !err; i++)
		err = plan_device(root, goal, plan, devices.names[i]);
	return err;
}

const struct knob_ops knob_rps = {
	.plan = plan_rps,
	.read = knob_file_read_mask,
	.write = knob_file_write_mask,
	.shell = knob_file_shell_mask,
};
