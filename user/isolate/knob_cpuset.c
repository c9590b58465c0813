/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpuset: keeps the host's tasks off the guests' CPUs by the cgroup controller of that name, so that
 * what is started later stays off too. There are several ways, each in a file of its own; this one
 * asks them in turn. No way touches the cpusets of VMs such that libvirt could not pin the next vCPU.
 */
#include "isolate/knob_cpuset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "isolate/knob.h"
#include "isolate/knob_cpuset_p.h"
#include "isolate/knob_cpuset_units.h"
#include "isolate/knob_task.h"

/* The strongest first; cpuset is in one hierarchy only, that of v1 or that of v2. */
static const struct cpuset_way *const ways[] = { &cpuset_way_v1, &cpuset_way_partition,
						 &cpuset_way_systemd, &cpuset_way_files };

/* The affinities that kernels before 6.2 forget: every way has them. */
static const struct cpuset_way way_task = {
	.has = knob_task_is,
	.identify = knob_task_identify,
	.read = knob_task_read,
	.write = knob_task_write,
	.shell = knob_task_shell,
	.is_lost = cpuset_task_is_lost,
};

/* A list of CPUs. */
static const struct cpuset_way way_file = { .probe = NULL };

static const struct cpuset_way *way_of(const struct plan_step *step)
{
	if (way_task.has(step))
		return &way_task;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (ways[i]->has && ways[i]->has(step))
			return ways[i];
	return &way_file;
}

static int probe(const struct root *root, const char **ret_why)
{
	int err = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		const char *why = NULL;
		int no = ways[i]->probe(root, &why);

		if (!no)
			return 0;
		if (err == -ENOENT) { /* the first that has more to say than that it is not here */
			err = no;
			*ret_why = why;
		}
	}
	return err;
}

/* Those layers of @goal that @way takes, and those that it does not. The arrays are the caller's. */
static int split(const struct root *root, const struct goal *goal, const struct cpuset_way *way,
		 struct goal *mine, struct goal *rest, char note[CPUSET_NOTE_MAX])
{
	for (unsigned int i = 0; i < goal->n_layers; i++) {
		int takes = way->takes ? way->takes(root, goal, goal->layers[i], note) : 1;
		struct goal *to = takes ? mine : rest;

		if (takes < 0)
			return takes;
		to->layers[to->n_layers++] = goal->layers[i];
		cpuset_or(&to->guest, &goal->layers[i]->guest);
	}
	return 0;
}

static int plan_rest(const struct root *root, struct goal *goal, struct plan *plan)
{
	auto_free const struct layer **mine_layers = calloc(goal->n_layers, sizeof(void *));
	auto_free const struct layer **rest_layers = calloc(goal->n_layers, sizeof(void *));
	char note[CPUSET_NOTE_MAX] = "";
	int err = mine_layers && rest_layers ? 0 : -ENOMEM;

	for (size_t i = 0; i < ARRAY_SIZE(ways) && goal->n_layers && !err; i++) {
		struct goal mine = *goal, rest = *goal;
		char before[CPUSET_NOTE_MAX];
		const char *why = NULL;

		if (ways[i]->probe(root, &why))
			continue;
		mine.layers = mine_layers;
		rest.layers = rest_layers;
		mine.n_layers = rest.n_layers = 0;
		cpuset_clear(&mine.guest);
		cpuset_clear(&rest.guest);
		memcpy(before, note, sizeof(before));
		err = split(root, goal, ways[i], &mine, &rest, note);
		if (!err && mine.n_layers)
			err = ways[i]->plan(root, &mine, before, plan);
		memcpy(goal->layers, rest.layers, rest.n_layers * sizeof(void *));
		goal->n_layers = rest.n_layers;
		goal->guest = rest.guest;
	}
	return err;
}

static int plan_cpuset(const struct root *root, const struct goal *goal, struct plan *plan)
{
	auto_free const struct layer **layers = NULL;
	struct goal rest = *goal;

	if (!goal->n_layers) /* the journal knows them all, but for affinities of the time since */
		return cpuset_units_are_changed(plan) ? cpuset_tasks_plan_v2(root, goal, plan) : 0;
	layers = calloc(goal->n_layers, sizeof(void *));
	if (!layers)
		return -ENOMEM;
	memcpy(layers, goal->layers, goal->n_layers * sizeof(void *));
	rest.layers = layers;
	return plan_rest(root, &rest, plan);
}

int cpuset_isolates(const struct root *root, const struct goal *goal)
{
	const struct cpuset_way *partition = &cpuset_way_partition;
	unsigned int cpuset = knob_number(knob_find("cpuset"));
	char note[CPUSET_NOTE_MAX];
	const char *why;
	int is = !partition->probe(root, &why);

	for (unsigned int i = 0; i < goal->n_layers && is == 1; i++)
		is = goal->layers[i]->knobs >> cpuset & 1
			     ? partition->takes(root, goal, goal->layers[i], note)
			     : 0;
	return is;
}

int cpuset_cut(const struct root *root, const struct cpuset *cpus, struct cpuset *ret)
{
	struct cpuset left = { 0 };
	char mount[PATH_MAX];
	int err = cpuset_v2_mount(root, mount);

	if (!err)
		err = cpuset_read_cpus(root, mount, "", "cpuset.cpus.effective", &left);
	else if (err == -ENOENT || err == -EXDEV)
		err = 0;
	if (err)
		return err;
	*ret = *cpus;
	if (!cpuset_is_empty(&left))
		cpuset_and(ret, &left);
	return 0;
}

static int identify(const struct root *root, const struct plan_step *step, char **ret)
{
	const struct cpuset_way *way = way_of(step);

	return way->identify ? way->identify(root, step, ret)
			     : cpuset_identify_group(root, step, ret);
}

static int read_value(const struct root *root, const struct plan_step *step, char **ret)
{
	const struct cpuset_way *way = way_of(step);

	return way->read ? way->read(root, step, ret) : knob_file_read_list(root, step, ret);
}

static int write_value(const struct root *root, const struct plan_step *step, const char *value)
{
	const struct cpuset_way *way = way_of(step);

	return way->write ? way->write(root, step, value) : knob_file_write_list(root, step, value);
}

/* With v1, the CPUs of a cpuset lie within those of the one above it. */
static bool is_nested(const struct plan_step *step)
{
	static const char file[] = "/cpuset.cpus";
	size_t len = strlen(step->object);

	return way_of(step) == &way_file && len >= sizeof(file) &&
	       streq(step->object + len - sizeof(file) + 1, file);
}

static int settle(const struct root *root, const struct plan_step *step)
{
	const struct cpuset_way *way = way_of(step);

	return way->settle ? way->settle(root, step) : 0;
}

static int shell(const struct plan_step *step, const char *value, struct str *to)
{
	const struct cpuset_way *way = way_of(step);

	if (way->shell)
		return way->shell(step, value, to);
	return cpuset_add_echo(value, step->object, to);
}

static bool is_same(const struct root *root, const struct plan_step *step)
{
	const struct cpuset_way *way = way_of(step);

	return way->is_same && way->is_same(root, step);
}

static bool is_lost(const struct root *root, const struct plan_step *step)
{
	const struct cpuset_way *way = way_of(step);

	return way->is_lost && way->is_lost(root, step);
}

const struct knob_ops knob_cpuset = {
	.probe = probe,
	.plan = plan_cpuset,
	.identify = identify,
	.read = read_value,
	.write = write_value,
	.settle = settle,
	.shell = shell,
	.is_nested = is_nested,
	.is_same = is_same,
	.is_lost = is_lost,
	.is_reset_by_kernel = true,
};
