/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * workqueue: the CPUs of kernel work that is bound to none: the mask of all, and those of the queues
 * that have one of their own (/sys/devices/virtual/workqueue). Work that is queued on a CPU
 * stays there. From 6.8 on the mask of all reads without the CPUs of isolated partitions; what was
 * asked for is in a file beside it.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "isolate/knob.h"
#include "isolate/knob_dir.h"

#define QUEUES	  "sys/devices/virtual/workqueue"
#define ALL	  QUEUES "/cpumask"
#define REQUESTED QUEUES "/cpumask_requested"
#define WHY	  "kernel work that is bound to no CPU: done on the host's"

/* The file that tells what was written to the step's. */
static const char *read_from(const struct root *root, const char *object)
{
	return streq(object, ALL) && fs_exists(root, REQUESTED) ? REQUESTED : object;
}

static int read_cpus(const struct root *root, const char *object, struct cpuset *ret)
{
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, "%s", read_from(root, object));

	return err ?: cpuset_parse_mask(line, ret);
}

static int read_list(const struct root *root, const struct plan_step *step, char **ret)
{
	struct cpuset cpus;
	int err = read_cpus(root, step->object, &cpus);

	return err ?: knob_format_cpus(&cpus, ret);
}

static int plan_mask(const struct root *root, const struct goal *goal, struct plan *plan,
		     const char *object, const char *name)
{
	const struct plan_change change = { .object = object, .name = name, .why = WHY };
	struct cpuset now, orig, want;
	int err = read_cpus(root, object, &now);

	/* Gone, a queue that is bound to CPUs and has no mask, or no queue. */
	if (err)
		return err == -ENOENT || err == -ENOTDIR ? 0 : err;
	err = plan_orig_cpus(plan, object, "", &now, &orig);
	if (err)
		return err;
	goal_keep_out(goal, &orig, &want);
	return plan_change_cpus(plan, &change, &now, &want);
}

static int plan_queue(const struct root *root, const struct goal *goal, struct plan *plan,
		      const char *queue)
{
	char object[sizeof(QUEUES) + NAME_MAX + 16], name[sizeof("workqueue ") + NAME_MAX];

	(void)snprintf(object, sizeof(object), QUEUES "/%s/cpumask", queue);
	(void)snprintf(name, sizeof(name), "workqueue %s", queue);
	str_sanitize(name);
	return plan_mask(root, goal, plan, object, name);
}

static int plan_workqueue(const struct root *root, const struct goal *goal, struct plan *plan)
{
	auto_knob_dir struct knob_dir queues = { .names = NULL };
	int err = plan_mask(root, goal, plan, ALL, "all unbound workqueues");

	err = err ?: knob_dir_read(root, &queues, QUEUES);
	for (unsigned int i = 0; i < queues.n && !err; i++)
		err = plan_queue(root, goal, plan, queues.names[i]);
	return err;
}

const struct knob_ops knob_workqueue = {
	.plan = plan_workqueue,
	.read = read_list,
	.write = knob_file_write_mask,
	.shell = knob_file_shell_mask,
	.is_scanned_twice = true,
};
