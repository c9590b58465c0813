/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kthreads: kernel threads that are bound to no CPU, away from the guests' CPUs. Those that the kernel
 * binds refuse any change (EINVAL) and are one line of what stays; threads of interrupts follow
 * their line. Where all guests' CPUs are in isolated partitions, the kernel moves them itself. kthreadd
 * is left alone: from 6.12 on its children would keep a narrow mask for ever.
 */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "isolate/knob.h"
#include "isolate/knob_cpuset.h"
#include "isolate/knob_dir.h"
#include "isolate/knob_task.h"
#include "isolate/step.h"

#define KTHREADD 2

static bool meets(const struct cpuset *a, const struct cpuset *b)
{
	struct cpuset both = *a;

	cpuset_and(&both, b);
	return !cpuset_is_empty(&both);
}

static bool is_within(const struct cpuset *inner, const struct cpuset *outer)
{
	struct cpuset rest = *inner;

	cpuset_subtract(&rest, outer);
	return cpuset_is_empty(&rest);
}

/*
 * The kernel moves it out of isolated partitions by itself. What it had before has to be known all the
 * same, should there be another shield as well later on. One that is found moved already had all CPUs.
 */
static int remember(const struct root *root, const struct goal *goal, struct plan *plan,
		    const struct knob_task *task)
{
	struct plan_change change = { .object = task->object,
				      .identity = task->identity,
				      .name = task->stat.comm,
				      .why = "the kernel moves it",
				      .is_remembered = true };
	auto_free char *orig = NULL;
	struct cpuset left, all = task->orig;
	int err = cpuset_cut(root, &goal->online, &left);

	if (err)
		return err;
	if (!plan_recorded(plan, plan->knob, task->object) && cpuset_is_equal(&task->now, &left))
		all = goal->online;
	orig = cpuset_format(&all);
	if (!orig)
		return -ENOMEM;
	change.orig = orig;
	return plan_change_cpus(plan, &change, &task->now, &all);
}

/* @is_isolated: all guests' CPUs are, or will be, in isolated partitions. */
static int plan_thread(const struct root *root, const struct goal *goal, struct plan *plan,
		       const struct knob_task *task, bool is_isolated)
{
	const struct plan_step *known = plan_recorded(plan, plan->knob, task->object);
	const char *comm = task->stat.comm;
	struct cpuset want;

	if (str_starts(comm, "irq/")) {
		if (!meets(&task->now, &goal->guest))
			return 0;
		return plan_stay(plan, comm, "the thread of an interrupt: follows its line");
	}
	if (is_isolated && (!known || step_is_untouched(known)))
		return remember(root, goal, plan, task);
	goal_keep_out(goal, &task->orig, &want);
	return knob_task_change(plan, task, &want, "kernel thread",
				"not bound to a CPU: may run on the host's");
}

/*
 * Work queues say where their workers run, and the kernel binds these; but one that was just born is
 * not bound yet, and a mask that it was given by then could not be taken back.
 */
static bool is_worker(const struct knob_task *task)
{
	return str_starts(task->stat.comm, "kworker/");
}

static int say_bound(struct plan *plan, unsigned int n_bound)
{
	char name[64];

	if (!n_bound)
		return 0;
	(void)snprintf(name, sizeof(name), "%u kernel thread%s of these CPUs", n_bound,
		       n_bound == 1 ? "" : "s");
	return plan_stay(plan, name, "each CPU has its own (ksoftirqd, migration, kworker)");
}

/* @name is of proc/; kernel threads have one thread each, so processes are all there is to see. */
static int plan_name(const struct root *root, const struct goal *goal, struct plan *plan,
		     const char *name, unsigned int *n_bound, bool is_isolated)
{
	struct knob_task task;
	uint32_t pid;
	int err;

	if (parse_u32(name, &pid) || pid == KTHREADD)
		return 0;
	err = knob_task_look(root, plan, (pid_t)pid, &task);
	if (err || !task.stat.is_kernel)
		return err == 1 ? 0 : err;
	if (!task.stat.is_bound && !is_worker(&task))
		return plan_thread(root, goal, plan, &task, is_isolated);
	*n_bound += is_within(&task.now, &goal->guest);
	return 0;
}

static int plan_kthreads(const struct root *root, const struct goal *goal, struct plan *plan)
{
	auto_knob_dir struct knob_dir dir = { .names = NULL };
	unsigned int n_bound = 0;
	int err, is;

	if (!goal->n_layers) /* the journal knows them all */
		return 0;
	is = cpuset_isolates(root, goal);
	if (is < 0)
		return is;
	err = knob_dir_read(root, &dir, "proc");
	for (unsigned int i = 0; i < dir.n && !err; i++)
		err = plan_name(root, goal, plan, dir.names[i], &n_bound, is == 1);
	return err ?: say_bound(plan, n_bound);
}

static const char *refusal(int err)
{
	switch (err) {
	case -EINVAL:
		return "the kernel keeps this thread on its CPUs";
	case -EBUSY:
		return "a deadline thread: needs all CPUs of its domain";
	default:
		return NULL;
	}
}

/* Is step->now what partitions leave of @value? */
static bool is_cut(const struct root *root, const struct plan_step *step, const char *value)
{
	struct cpuset now, whole, left;

	return !cpuset_parse(step->now, &now) && !cpuset_parse(value, &whole) &&
	       !cpuset_cut(root, &whole, &left) && !cpuset_is_empty(&left) &&
	       cpuset_is_equal(&now, &left);
}

static bool is_same(const struct root *root, const struct plan_step *step)
{
	return is_cut(root, step, step->next);
}

static bool is_lost(const struct root *root, const struct plan_step *step)
{
	return !step_is_untouched(step) && is_cut(root, step, step->prev);
}

const struct knob_ops knob_kthreads = {
	.plan = plan_kthreads,
	.identify = knob_task_identify,
	.read = knob_task_read,
	.write = knob_task_write,
	.refusal = refusal,
	.shell = knob_task_shell,
	.is_same = is_same,
	.is_lost = is_lost,
	.is_scanned_twice = true,
};
