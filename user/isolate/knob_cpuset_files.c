/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_files: the way of cgroup v2 where no partition can be had: cpuset.cpus of the cgroups beside
 * the VMs', as far up as they are. Where they have not got the controller, it is given to them, and
 * taken away again. What is below them stays within them by itself, and so does what is born there. The
 * tasks of the root cgroup, which has no such file, are moved to a cgroup of our own.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "isolate/knob.h"
#include "isolate/knob_cpuset_p.h"
#include "isolate/knob_dir.h"

#define CONTROL	   "cgroup.subtree_control"
#define CONTROLLER "cpuset"
#define LEVELS_MAX 256
#define WHY	   "tasks of other cgroups: on the host's CPUs"

struct walk {
	const struct root *root;
	const struct goal *goal;
	struct plan *plan;
	struct cpuset_exempt exempt;
	struct cpuset_tree tree;
	struct cpuset possible;
	char why[sizeof(WHY) + CPUSET_NOTE_MAX + 32];
	bool needs_host;
};

static int tree_v2(const struct root *root, struct cpuset_tree *ret)
{
	ret->tasks = "cgroup.procs";
	ret->has_mems = false;
	return cpuset_v2_mount(root, ret->mount);
}

static int read_possible(const struct root *root, struct cpuset *ret)
{
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, "sys/devices/system/cpu/possible");

	if (err == -ENOENT)
		err = fs_read_line(root, &line, "sys/devices/system/cpu/online");
	return err ?: cpuset_parse(line, ret);
}

static int probe(const struct root *root, const char **ret_why)
{
	char mount[PATH_MAX];
	int err = cpuset_v2_mount(root, mount);

	if (err)
		*ret_why = "no cgroup hierarchy has the controller cpuset";
	return err;
}

/* What a cgroup is to the VMs. */
enum place { PLACE_BESIDE, PLACE_ABOVE, PLACE_WITHIN };

static enum place place_of(const struct walk *walk, const char *path)
{
	const struct cpuset_exempt *exempt = &walk->exempt;
	enum place place = PLACE_BESIDE;

	for (unsigned int i = 0; i < exempt->n; i++) {
		if (streq(exempt->paths[i], "/"))
			continue;
		if (cpuset_is_below(path, exempt->paths[i]))
			return PLACE_WITHIN;
		if (cpuset_is_below(exempt->paths[i], path))
			place = PLACE_ABOVE;
	}
	return cpuset_is_libvirt(path) ? PLACE_WITHIN : place;
}

static void name_of(char ret[NAME_MAX + 48], const char *before, const char *path)
{
	(void)snprintf(ret, NAME_MAX + 48, "%s %.*s", before, NAME_MAX,
		       *path ? path + 1 : "of the root");
	str_sanitize(ret);
}

static int plan_control(const struct walk *walk, const char *path)
{
	char object[CPUSET_OBJECT_MAX], identity[CPUSET_IDENTITY_MAX], name[NAME_MAX + 48];
	struct plan_change change = { .object = object,
				      .identity = identity,
				      .name = name,
				      .want = CONTROLLER,
				      .why = "so that cgroups there can be kept to CPUs" };
	auto_free char *line = NULL;
	int err = cpuset_read_identity(walk->root, walk->tree.mount, path, identity);

	(void)snprintf(object, sizeof(object), "%s%s/" CONTROL, walk->tree.mount, path);
	name_of(name, "controllers", path);
	err = err ?: fs_read_line(walk->root, &line, "%s", object);
	if (err)
		return err;
	change.now = cpuset_has_word(line, CONTROLLER) ? CONTROLLER : "";
	return plan_change(walk->plan, &change);
}

static int plan_group(const struct walk *walk, const char *path)
{
	char object[CPUSET_OBJECT_MAX], identity[CPUSET_IDENTITY_MAX], name[NAME_MAX + 48];
	const struct plan_change change = {
		.object = object, .identity = identity, .name = name, .why = walk->why
	};
	struct cpuset now, orig, want;
	int err = cpuset_read_identity(walk->root, walk->tree.mount, path, identity);

	(void)snprintf(object, sizeof(object), "%s%s/cpuset.cpus", walk->tree.mount, path);
	name_of(name, "cgroup", path);
	err = err ?: cpuset_read_cpus(walk->root, walk->tree.mount, path, "cpuset.cpus", &now);
	err = err ?: plan_orig_cpus(walk->plan, object, identity, &now, &orig);
	if (err)
		return err == -ENOENT ? 0 : err;
	if (cpuset_is_empty(&orig)) /* all that the one above has */
		orig = walk->possible;
	goal_keep_out(walk->goal, &orig, &want);
	return plan_change_cpus(walk->plan, &change, &now, &want);
}

/* The VM's own cgroup is left as it is, and so is what else is in it. */
static int say_beside(const struct walk *walk, const char *path)
{
	char name[NAME_MAX + 48];

	if (cpuset_is_libvirt(path))
		return 0;
	name_of(name, "cgroup", path);
	return plan_stay(walk->plan, name, "a guest is in it: what else is there stays, too");
}

/* Those that are to be narrowed, or looked into, of the cgroups below @path. */
struct children {
	char **paths;
	enum place *places;
	unsigned int n;
	bool is_any_beside;
};

static void children_done(struct children *children)
{
	for (unsigned int i = 0; i < children->n; i++)
		free(children->paths[i]);
	free(children->paths);
	free(children->places);
}
#define auto_children __attribute__((cleanup(children_done)))

static int children_read(const struct walk *walk, const char *path, struct children *ret)
{
	auto_knob_dir struct knob_dir dir = { .names = NULL };
	int err = knob_dir_read(walk->root, &dir, "%s%s", walk->tree.mount, path);

	ret->paths = calloc(dir.n + 1, sizeof(*ret->paths));
	ret->places = calloc(dir.n + 1, sizeof(*ret->places));
	if (!err && (!ret->paths || !ret->places))
		err = -ENOMEM;
	for (unsigned int i = 0; i < dir.n && !err; i++) {
		char *below;

		if (!fs_exists(walk->root, "%s%s/%s/cgroup.procs", walk->tree.mount, path,
			       dir.names[i]))
			continue;
		if (asprintf(&below, "%s/%s", path, dir.names[i]) < 0)
			return -ENOMEM;
		ret->paths[ret->n] = below;
		ret->places[ret->n] = place_of(walk, below);
		ret->is_any_beside |=
			ret->places[ret->n++] == PLACE_BESIDE && !streq(below, "/" CPUSET_HOST);
	}
	return err;
}

/* One level: what is above a VM is left to @deeper, which takes its path over. */
static int plan_level(const struct walk *walk, const char *path, struct children *deeper)
{
	auto_children struct children children = { .paths = NULL };
	int err = children_read(walk, path, &children);

	if (!err && (children.is_any_beside || (!*path && walk->needs_host)))
		err = plan_control(walk, path);
	for (unsigned int i = 0; i < children.n && !err; i++) {
		const char *below = children.paths[i];

		if (streq(below, "/" CPUSET_HOST))
			continue;
		if (children.places[i] == PLACE_BESIDE)
			err = plan_group(walk, below);
		else if (children.places[i] == PLACE_WITHIN)
			err = say_beside(walk, below);
		else if (deeper->n < LEVELS_MAX)
			deeper->paths[deeper->n++] = take_ptr(children.paths[i]);
		else
			err = -ELOOP;
	}
	return err;
}

/* From the root down to the VMs. */
static int plan_levels(const struct walk *walk)
{
	auto_children struct children levels = { .paths = calloc(LEVELS_MAX, sizeof(char *)) };
	int err = levels.paths ? plan_level(walk, "", &levels) : -ENOMEM;

	for (unsigned int i = 0; i < levels.n && !err; i++)
		err = plan_level(walk, levels.paths[i], &levels);
	return err;
}

static int plan_host(const struct walk *walk)
{
	struct plan_change change = { .object = CPUSET_HOST2_OBJECT,
				      .name = "cgroup " CPUSET_HOST,
				      .why = "tasks of the root cgroup: moved to one of the host's "
					     "CPUs" };
	auto_free char *now = NULL, *want = NULL;
	struct cpuset cpus;
	int err;

	if (!walk->needs_host)
		return 0;
	goal_keep_out(walk->goal, &walk->possible, &cpus);
	want = cpuset_format(&cpus);
	err = want ? cpuset_host_read(walk->root, &walk->tree, &now) : -ENOMEM;
	if (err)
		return err;
	change.now = now;
	change.want = want;
	return plan_change(walk->plan, &change);
}

/* Where there is an init system that makes cgroups, the root has no tasks of its own. */
static int look_at_root(struct walk *walk)
{
	int is = 1;

	if (!plan_recorded(walk->plan, walk->plan->knob, CPUSET_HOST2_OBJECT))
		is = cpuset_host_is_needed(walk->root, &walk->tree, walk->goal);
	walk->needs_host = is == 1;
	return is < 0 ? is : 0;
}

/* Where systemd could be told, it is: then nothing is left for this way. */
static int say_systemd(const struct root *root, struct plan *plan)
{
	const char *why = NULL;
	int err = cpuset_way_systemd.probe(root, &why);

	if (err != -EOPNOTSUPP || !why)
		return 0;
	return plan_advise(plan, "%s: systemd may undo what is written to them", why);
}

static int plan_files(const struct root *root, const struct goal *goal, const char *note,
		      struct plan *plan)
{
	struct walk walk = { .root = root, .goal = goal, .plan = plan };
	int err = tree_v2(root, &walk.tree);

	(void)snprintf(walk.why, sizeof(walk.why), "%s%s%s", WHY,
		       *note ? "; no isolated partition: " : "", note);
	err = err ?: cpuset_check_owners(root, goal, plan);
	err = err ?: read_possible(root, &walk.possible);
	err = err ?: cpuset_exempt_read(root, goal, true, &walk.exempt);
	err = err ?: look_at_root(&walk);
	err = err ?: plan_levels(&walk);
	err = err ?: plan_host(&walk);
	err = err ?: cpuset_tasks_plan_v2(root, goal, plan);
	err = err ?: say_systemd(root, plan);
	cpuset_exempt_done(&walk.exempt);
	return err;
}

static bool is_host(const struct plan_step *step)
{
	return streq(step->object, CPUSET_HOST2_OBJECT);
}

static bool is_control(const struct plan_step *step)
{
	return str_ends(step->object, "/" CONTROL);
}

static bool is_mine(const struct plan_step *step)
{
	return is_host(step) || is_control(step) ||
	       (step->identity && str_ends(step->object, "/cpuset.cpus") &&
		str_starts(step->identity, CPUSET_V2));
}

static int identify(const struct root *root, const struct plan_step *step, char **ret)
{
	return is_host(step) ? cpuset_identify_none(root, step, ret)
			     : cpuset_identify_group(root, step, ret);
}

static int read_control(const struct root *root, const struct plan_step *step, char **ret)
{
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, "%s", step->object);
	char *value;

	if (err)
		return err;
	value = strdup(cpuset_has_word(line, CONTROLLER) ? CONTROLLER : "");
	if (!value)
		return -ENOMEM;
	*ret = value;
	return 0;
}

static int read_value(const struct root *root, const struct plan_step *step, char **ret)
{
	struct cpuset_tree tree;
	int err;

	if (is_control(step))
		return read_control(root, step, ret);
	if (!is_host(step))
		return knob_file_read_list(root, step, ret);
	err = tree_v2(root, &tree);
	return err ?: cpuset_host_read(root, &tree, ret);
}

/* 6.12 does not take an empty list for a cgroup with tasks, 7.3 does; all CPUs mean the same. */
static int write_list(const struct root *root, const struct plan_step *step, const char *value)
{
	int err = knob_file_write_list(root, step, value);
	auto_free char *all = NULL;
	struct cpuset possible;

	if (err != -ENOSPC || *value)
		return err;
	err = read_possible(root, &possible);
	all = err ? NULL : cpuset_format(&possible);
	if (!all)
		return err ?: -ENOMEM;
	return knob_file_write_list(root, step, all);
}

static int write_value(const struct root *root, const struct plan_step *step, const char *value)
{
	struct cpuset_tree tree;
	int err;

	if (is_control(step))
		return knob_file_write_text(root, step, *value ? "+" CONTROLLER : "-" CONTROLLER);
	if (!is_host(step))
		return write_list(root, step, value);
	err = fs_root_is_live(root) ? tree_v2(root, &tree) : -EOPNOTSUPP;
	return err ?: cpuset_host_write(root, &tree, value);
}

/* Does a cgroup below hand the controller on? Then somebody needs it by now, and it cannot go. */
static bool is_used_below(const struct root *root, const struct plan_step *step)
{
	int len = (int)(strlen(step->object) - strlen("/" CONTROL));
	auto_knob_dir struct knob_dir dir = { .names = NULL };
	bool is_used = false;

	if (knob_dir_read(root, &dir, "%.*s", len, step->object))
		return false;
	for (unsigned int i = 0; i < dir.n && !is_used; i++) {
		auto_free char *line = NULL;

		is_used = !fs_read_line(root, &line, "%.*s/%s/" CONTROL, len, step->object,
					dir.names[i]) &&
			  cpuset_has_word(line, CONTROLLER);
	}
	return is_used;
}

/* What stands for an empty value that cannot be had again. */
static bool is_same(const struct root *root, const struct plan_step *step)
{
	struct cpuset now, possible;

	if (*step->next || is_host(step))
		return false;
	if (is_control(step))
		return is_used_below(root, step);
	if (cpuset_parse(step->now, &now) || read_possible(root, &possible))
		return false;
	cpuset_subtract(&possible, &now);
	return cpuset_is_empty(&possible);
}

static int shell(const struct plan_step *step, const char *value, struct str *to)
{
	static const struct cpuset_tree tree = { .mount = "sys/fs/cgroup",
						 .tasks = "cgroup.procs" };

	if (is_control(step))
		return cpuset_add_echo(*value ? "+" CONTROLLER : "-" CONTROLLER, step->object, to);
	return is_host(step) ? cpuset_host_shell(&tree, value, to)
			     : cpuset_add_echo(value, step->object, to);
}

const struct cpuset_way cpuset_way_files = {
	.probe = probe,
	.plan = plan_files,
	.has = is_mine,
	.identify = identify,
	.read = read_value,
	.write = write_value,
	.shell = shell,
	.is_same = is_same,
};
