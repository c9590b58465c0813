/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_v1: the way of cgroup v1. Cpusets beside the VMs' are narrowed, and the tasks of the root
 * cpuset, which cannot be, are moved to one of our own. Children are planned before their parents, since
 * a child must stay within its parent; putting back runs the other way.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "isolate/knob_cpuset_p.h"
#include "isolate/knob_dir.h"

#define OBJECT_MAX 8192
#define WHY	   "tasks of other cpusets: on the host's CPUs"

/* One cpuset; those below it come later in the list. */
struct set {
	char *path; /* below the mount: "/docker/abc" */
	struct cpuset now, want;
	char identity[CPUSET_IDENTITY_MAX];
};

struct walk {
	const struct root *root;
	const struct goal *goal;
	struct plan *plan;
	struct cpuset_exempt exempt;
	char mount[PATH_MAX];
	struct set *sets;
	unsigned int n, cap;
};

static void walk_done(struct walk *walk)
{
	for (unsigned int i = 0; i < walk->n; i++)
		free(walk->sets[i].path);
	free(walk->sets);
	cpuset_exempt_done(&walk->exempt);
}

/* Nobody may be on CPUs that a foreign owner keeps for itself. */
static int check_owner(const struct walk *walk, const char *path)
{
	unsigned long long is_exclusive = 0;
	auto_free char *name = strdup(path + 1);
	int err;

	if (!name)
		return -ENOMEM;
	str_sanitize(name);
	if (str_starts(path, "/kubepods"))
		return plan_refuse(walk->plan, "kubelet manages this host's cpusets (%s)", name);
	if (streq(name, CPUSET_HOST))
		return plan_refuse(walk->plan, "there is a cpuset %s that no journal knows of",
				   name);
	err = fs_read_u64(walk->root, &is_exclusive, "%s%s/cpuset.cpu_exclusive", walk->mount,
			  path);
	if (!err && is_exclusive)
		return plan_refuse(walk->plan,
				   "the cpuset %s keeps its CPUs for itself: cset or another tool "
				   "has shielded them",
				   name);
	return err == -ENOENT ? 0 : err;
}

static void object_of(const struct walk *walk, const struct set *set, char ret[OBJECT_MAX])
{
	(void)snprintf(ret, OBJECT_MAX, "%s%s/cpuset.cpus", walk->mount, set->path);
}

/* 0, 1: it does not take part, or -errno. @parent: what its parent will have. */
static int read_set(const struct walk *walk, const struct cpuset *parent, struct set *set)
{
	char object[OBJECT_MAX];
	auto_free char *line = NULL;
	struct cpuset orig, online;
	int err;

	object_of(walk, set, object);
	err = fs_read_line(walk->root, &line, "%s", object);
	err = err ?: cpuset_parse(line, &set->now);
	err = err ?: cpuset_read_identity(walk->root, walk->mount, set->path, set->identity);
	err = err ?: plan_orig_cpus(walk->plan, object, set->identity, &set->now, &orig);
	if (err || cpuset_is_empty(&orig)) /* empty: nobody can be in it */
		return err && err != -ENOENT && err != -ENODEV ? err : 1;
	set->want = orig;
	cpuset_subtract(&set->want, &walk->goal->guest);
	online = set->want;
	cpuset_and(&online, &walk->goal->online);
	if (cpuset_is_empty(&online))
		set->want = *parent; /* within the parent, whatever the host has beside it */
	return 0;
}

static int add_set(struct walk *walk, const struct cpuset *parent, const char *path)
{
	struct set set = { .path = NULL };
	int err;

	if (cpuset_exempt_has(&walk->exempt, path))
		return 0;
	if (walk->n == walk->cap) {
		unsigned int more = walk->cap ? walk->cap * 2 : 16;
		struct set *grown = reallocarray(walk->sets, more, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		walk->sets = grown;
		walk->cap = more;
	}
	set.path = strdup(path);
	if (!set.path)
		return -ENOMEM;
	err = read_set(walk, parent, &set);
	if (err) {
		free(set.path);
		return err == 1 ? 0 : err;
	}
	walk->sets[walk->n++] = set;
	return 0;
}

/* The cpusets below @path, "" for all; files are told from them by what is missing in them. */
static int add_below(struct walk *walk, const struct cpuset *parent, const char *path)
{
	auto_knob_dir struct knob_dir dir = { .names = NULL };
	int err = knob_dir_read(walk->root, &dir, "%s%s", walk->mount, path);

	for (unsigned int i = 0; i < dir.n && !err; i++) {
		auto_free char *below = NULL;

		if (fs_exists(walk->root, "%s%s/%s/cpuset.cpus", walk->mount, path, dir.names[i]) ==
		    0)
			continue;
		if (asprintf(&below, "%s/%s", path, dir.names[i]) < 0)
			return -ENOMEM;
		if (streq(below, "/" CPUSET_HOST) &&
		    plan_recorded(walk->plan, walk->plan->knob, CPUSET_HOST_OBJECT))
			continue;
		err = *path ? 0 : check_owner(walk, below);
		err = err ?: add_set(walk, parent, below);
	}
	return err;
}

static int append(const struct walk *walk, const struct set *set)
{
	char object[OBJECT_MAX], name[NAME_MAX + 16];
	const struct plan_change change = {
		.object = object, .identity = set->identity, .name = name, .why = WHY
	};

	object_of(walk, set, object);
	(void)snprintf(name, sizeof(name), "cpuset %.*s", NAME_MAX, set->path + 1);
	str_sanitize(name);
	return plan_change_cpus(walk->plan, &change, &set->now, &set->want);
}

static int tree_v1(const struct root *root, struct cpuset_tree *ret)
{
	ret->tasks = "tasks";
	ret->has_mems = true;
	return cpuset_v1_mount(root, ret->mount);
}

static int plan_host(const struct walk *walk)
{
	struct cpuset_tree tree;
	struct plan_change change = {
		.object = CPUSET_HOST_OBJECT,
		.name = "cpuset " CPUSET_HOST,
		.why = "tasks of the root cpuset: moved to one of the host's CPUs"
	};
	auto_free char *now = NULL, *want = cpuset_format(&walk->goal->host);
	int err = want ? tree_v1(walk->root, &tree) : -ENOMEM;

	err = err ?: cpuset_host_read(walk->root, &tree, &now);

	if (err)
		return err;
	change.now = now;
	change.want = want;
	return plan_change(walk->plan, &change);
}

static int plan_sets(const struct root *root, const struct goal *goal, struct plan *plan)
{
	struct walk walk = { .root = root, .goal = goal, .plan = plan };
	int err = cpuset_v1_mount(root, walk.mount);

	err = err ?: cpuset_exempt_read(root, goal, false, &walk.exempt);
	err = err ?: add_below(&walk, &goal->host, "");
	for (unsigned int i = 0; i < walk.n && !err; i++) {
		struct cpuset want = walk.sets[i].want; /* the list may move */
		auto_free char *path = strdup(walk.sets[i].path);

		err = path ? add_below(&walk, &want, path) : -ENOMEM;
	}
	for (unsigned int i = walk.n; i > 0 && !err; i--)
		err = append(&walk, &walk.sets[i - 1]);
	err = err ?: plan_host(&walk);
	walk_done(&walk);
	return err;
}

static int plan_v1(const struct root *root, const struct goal *goal, const char *note,
		   struct plan *plan)
{
	int err = plan_sets(root, goal, plan);

	(void)note;
	return err ?: cpuset_tasks_plan(root, goal, plan);
}

static int probe(const struct root *root, const char **ret_why)
{
	char mount[PATH_MAX];
	int err = cpuset_v1_mount(root, mount);

	if (err == -EXDEV)
		*ret_why = "only a part of the host's cpusets is to be seen here";
	else if (err)
		*ret_why = "no cpuset hierarchy of cgroup v1 is mounted";
	return err;
}

static bool is_host(const struct plan_step *step)
{
	return streq(step->object, CPUSET_HOST_OBJECT);
}

static int read_host(const struct root *root, const struct plan_step *step, char **ret)
{
	struct cpuset_tree tree;
	int err = tree_v1(root, &tree);

	(void)step;
	return err ?: cpuset_host_read(root, &tree, ret);
}

static int write_host(const struct root *root, const struct plan_step *step, const char *value)
{
	struct cpuset_tree tree;
	int err = fs_root_is_live(root) ? tree_v1(root, &tree) : -EOPNOTSUPP;

	(void)step;
	return err ?: cpuset_host_write(root, &tree, value);
}

static int shell_host(const struct plan_step *step, const char *value, struct str *to)
{
	static const struct cpuset_tree tree = { .mount = "sys/fs/cgroup/cpuset",
						 .tasks = "tasks",
						 .has_mems = true };

	(void)step;
	return cpuset_host_shell(&tree, value, to);
}

const struct cpuset_way cpuset_way_v1 = {
	.probe = probe,
	.plan = plan_v1,
	.has = is_host,
	.identify = cpuset_identify_none,
	.read = read_host,
	.write = write_host,
	.shell = shell_host,
};
