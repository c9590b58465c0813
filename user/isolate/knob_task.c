/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_task: affinities of threads. Since 6.2 the kernel remembers what was set for a thread once
 * and for ever, so knobs of files and cgroups are preferred to these.
 */
#include "isolate/knob_task.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "isolate/knob.h"

bool knob_task_is(const struct plan_step *step)
{
	return str_starts(step->object, KNOB_TASK_PREFIX);
}

int knob_task_tid(const struct plan_step *step, pid_t *ret)
{
	uint32_t tid;
	int err;

	if (!knob_task_is(step))
		return -EINVAL;
	err = parse_u32(step->object + sizeof(KNOB_TASK_PREFIX) - 1, &tid);
	if (!err)
		*ret = (pid_t)tid;
	return err;
}

int knob_task_identify(const struct root *root, const struct plan_step *step, char **ret)
{
	struct thread_stat stat;
	char *identity = NULL;
	pid_t tid;
	int err = knob_task_tid(step, &tid);

	err = err ?: threads_read_stat(root, tid, tid, &stat);
	if (err)
		return err;
	if (asprintf(&identity, "%llu", (unsigned long long)stat.start_ticks) < 0)
		return -ENOMEM;
	*ret = identity;
	return 0;
}

int knob_task_read(const struct root *root, const struct plan_step *step, char **ret)
{
	struct cpuset cpus;
	pid_t tid;
	int err = knob_task_tid(step, &tid);

	err = err ?: threads_read_affinity(root, tid, &cpus);
	return err ?: knob_format_cpus(&cpus, ret);
}

int knob_task_write(const struct root *root, const struct plan_step *step, const char *value)
{
	size_t size = CPU_ALLOC_SIZE(CPUSET_MAX);
	auto_free cpu_set_t *set = NULL;
	struct cpuset cpus;
	pid_t tid;
	int cpu, err = knob_task_tid(step, &tid);

	err = err ?: cpuset_parse(value, &cpus);
	if (err)
		return err;
	if (!fs_root_is_live(root))
		return -EOPNOTSUPP;
	set = calloc(1, size);
	if (!set)
		return -ENOMEM;
	for_each_cpu(cpu, &cpus)
		CPU_SET_S((size_t)cpu, size, set);
	return sched_setaffinity(tid, size, set) ? -errno : 0;
}

int knob_task_shell(const struct plan_step *step, const char *value, struct str *to)
{
	pid_t tid;
	int err = knob_task_tid(step, &tid);

	return err ?: str_addf(to, "taskset -pc %s %d\n", value, (int)tid);
}

int knob_task_look(const struct root *root, const struct plan *plan, pid_t tid,
		   struct knob_task *ret)
{
	struct knob_task task;
	int err = threads_read_stat(root, tid, tid, &task.stat);

	err = err ?: threads_read_affinity(root, tid, &task.now);
	if (err)
		return err == -ENOENT ? 1 : err;
	(void)snprintf(task.object, sizeof(task.object), KNOB_TASK_PREFIX "%d", (int)tid);
	(void)snprintf(task.identity, sizeof(task.identity), "%llu",
		       (unsigned long long)task.stat.start_ticks);
	err = plan_orig_cpus(plan, task.object, task.identity, &task.now, &task.orig);
	if (!err)
		*ret = task;
	return err;
}

int knob_task_change(struct plan *plan, const struct knob_task *task, const struct cpuset *want,
		     const char *kind, const char *why)
{
	struct plan_change change = { .object = task->object,
				      .identity = task->identity,
				      .why = why };
	char name[96];

	(void)snprintf(name, sizeof(name), "%s %s (%d)", kind, task->stat.comm,
		       (int)task->stat.tid);
	change.name = name;
	return plan_change_cpus(plan, &change, &task->now, want);
}
