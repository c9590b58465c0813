/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_tasks: the affinities that kernels before 6.2 forget while cpusets change.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "isolate/knob_cpuset_p.h"
#include "isolate/knob_dir.h"
#include "isolate/knob_task.h"
#include "sys/vms.h"

/* 1: kernels from 6.2 on remember what affinity a task has asked for. */
static int remembers_affinity(const struct root *root)
{
	auto_free char *release = NULL;
	unsigned int major = 0, minor = 0;
	int err = fs_read_line(root, &release, "proc/sys/kernel/osrelease");

	if (err)
		return err == -ENOENT ? 0 : err;
	if (sscanf(release, "%4u.%4u", &major, &minor) != 2) /* NOLINT(cert-err34-c): bounded */
		return 0;
	return major > 6 || (major == 6 && minor >= 2);
}

static int plan_task(const struct root *root, const struct goal *goal, struct plan *plan, pid_t tid)
{
	struct knob_task task;
	struct cpuset want, host = goal->host;
	int err = knob_task_look(root, plan, tid, &task);

	if (err || task.stat.is_kernel)
		return err == 1 ? 0 : err;
	want = task.orig;
	cpuset_and(&host, &want);
	/* As its cpuset has it, or not moved: nothing is forgotten. */
	if (cpuset_is_equal(&task.orig, &goal->online) || cpuset_is_empty(&host))
		return 0;
	goal_keep_out(goal, &task.orig, &want);
	return knob_task_change(plan, &task, &want, "task", "its own CPUs, less the guests'");
}

/* Has a thread of process @tgid been named? */
static bool has_victim(const struct root *root, const struct layer *layer, pid_t tgid)
{
	pid_t victim;

	for (unsigned int i = 0; i < layer->n_victims; i++)
		if (!threads_tgid(root, layer->victims[i], &victim) && victim == tgid)
			return true;
	return false;
}

/* Of a VM, or of a process whose thread a shield is for. */
static bool is_of_guest(const struct root *root, const struct goal *goal, pid_t tid)
{
	pid_t tgid;

	if (threads_tgid(root, tid, &tgid))
		return false;
	for (unsigned int i = 0; i < goal->n_layers; i++)
		if (has_victim(root, goal->layers[i], tgid))
			return true;
	for (unsigned int i = 0; goal->vms && i < goal->vms->n; i++)
		if (goal->vms->vms[i].pid == tgid)
			return true;
	return false;
}

/* The CPUs of the nearest cgroup that has the controller. */
static int read_effective(const struct root *root, pid_t tid, struct cpuset *ret)
{
	auto_free char *path = NULL;
	char mount[PATH_MAX];
	pid_t tgid;
	int err = threads_tgid(root, tid, &tgid);

	err = err ?: cpuset_v2_mount(root, mount);
	err = err ?: cpuset_group_of(root, tgid, tid, &path);
	while (!err) {
		char *slash = strrchr(path, '/');

		if (streq(path, "/"))
			*path = '\0';
		if (fs_exists(root, "%s%s/cpuset.cpus.effective", mount, path) || !*path)
			return cpuset_read_cpus(root, mount, path, "cpuset.cpus.effective", ret);
		*slash = '\0';
	}
	return err;
}

/* Has it CPUs of its own, or those of its cgroup? */
static bool has_own(const struct root *root, const struct plan *plan, const struct knob_task *task)
{
	struct cpuset effective;

	return plan_recorded(plan, plan->knob, task->object) ||
	       read_effective(root, task->stat.tid, &effective) ||
	       !cpuset_is_equal(&task->now, &effective);
}

/* Each that has CPUs of its own is remembered, also where nothing is to change. */
static int plan_task_v2(const struct root *root, const struct goal *goal, struct plan *plan,
			pid_t tid)
{
	auto_free char *now = NULL, *want = NULL;
	struct knob_task task;
	struct cpuset cpus;
	char name[96];
	struct plan_change change = { .name = name, .why = "its own CPUs", .is_remembered = true };
	int err = knob_task_look(root, plan, tid, &task);

	if (err || task.stat.is_kernel || cpuset_is_equal(&task.orig, &goal->online) ||
	    !has_own(root, plan, &task))
		return err == 1 ? 0 : err;
	cpus = task.orig;
	if (!is_of_guest(root, goal, tid))
		goal_keep_out(goal, &task.orig, &cpus);
	now = cpuset_format(&task.now);
	want = cpuset_format(&cpus);
	if (!now || !want)
		return -ENOMEM;
	(void)snprintf(name, sizeof(name), "task %s (%d)", task.stat.comm, (int)tid);
	change.object = task.object;
	change.identity = task.identity;
	change.now = now;
	change.want = want;
	return plan_change(plan, &change);
}

static int plan_all(const struct root *root, const struct goal *goal, struct plan *plan,
		    int (*plan_one)(const struct root *root, const struct goal *goal,
				    struct plan *plan, pid_t tid))
{
	auto_knob_dir struct knob_dir dir = { .names = NULL };
	int has = remembers_affinity(root), err;
	uint32_t pid;

	if (has)
		return has < 0 ? has : 0;
	err = knob_dir_read(root, &dir, "proc");
	for (unsigned int i = 0; i < dir.n && !err; i++) {
		auto_free pid_t *tids = NULL;
		unsigned int n = 0;

		if (parse_u32(dir.names[i], &pid))
			continue;
		/* We keep off the guests' CPUs ourselves, and are gone when all is put back. */
		if (fs_root_is_live(root) && (pid_t)pid == getpid())
			continue;
		err = threads_list(root, (pid_t)pid, &tids, &n);
		err = err == -ENOENT ? 0 : err;
		for (unsigned int k = 0; k < n && !err; k++)
			err = plan_one(root, goal, plan, tids[k]);
	}
	return err;
}

int cpuset_tasks_plan(const struct root *root, const struct goal *goal, struct plan *plan)
{
	return plan_all(root, goal, plan, plan_task);
}

int cpuset_tasks_plan_v2(const struct root *root, const struct goal *goal, struct plan *plan)
{
	return plan_all(root, goal, plan, plan_task_v2);
}

bool cpuset_task_is_lost(const struct root *root, const struct plan_step *step)
{
	struct cpuset now, effective;
	pid_t tid;

	if (remembers_affinity(root) || knob_task_tid(step, &tid) || cpuset_parse(step->now, &now))
		return false;
	return !read_effective(root, tid, &effective) && cpuset_is_equal(&now, &effective);
}
