/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_units: which units of systemd's are kept off the guests' CPUs. All at the top of the tree
 * but machine.slice, where VMs are. Where a VM runs in another slice, the units beside it in there
 * are, and that one stays: what it holds could not have the guests' CPUs any more.
 */
#include "isolate/knob_cpuset_units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "isolate/journal.h"
#include "isolate/knob_cpuset_p.h"
#include "isolate/knob_dir.h"
#include "isolate/systemd.h"

#define WHY "units of systemd, with what they start later: on the host's CPUs"

struct walk {
	const struct root *root;
	const struct goal *goal;
	struct plan *plan;
	const char *note;
	struct systemd *systemd;
	struct cpuset_exempt exempt;
	char **slices; /* paths of those to look into */
	unsigned int n_slices;
};

static void walk_done(struct walk *walk)
{
	for (unsigned int i = 0; i < walk->n_slices; i++)
		free(walk->slices[i]);
	free(walk->slices);
	cpuset_exempt_done(&walk->exempt);
}

static int push(struct walk *walk, const char *path)
{
	char **grown = reallocarray(walk->slices, walk->n_slices + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	walk->slices = grown;
	grown[walk->n_slices] = strdup(path);
	if (!grown[walk->n_slices])
		return -ENOMEM;
	walk->n_slices++;
	return 0;
}

/* Who runs in the cgroup @path, or below it, and has to stay there; NULL: nobody. */
static const char *guest_in(const struct walk *walk, const char *path)
{
	for (unsigned int i = 0; i < walk->exempt.n; i++)
		if (cpuset_is_below(walk->exempt.paths[i], path))
			return i < walk->exempt.n_victims ? "the thread of a shield"
							  : "a virtual machine";
	return NULL;
}

static bool is_slice(const char *path)
{
	return str_ends(path, ".slice");
}

static bool has_setting(const char *path)
{
	return is_slice(path) || str_ends(path, ".scope") || str_ends(path, ".service");
}

static bool is_populated(const struct walk *walk, const char *path)
{
	auto_free char *text = NULL;

	return !fs_read_file(walk->root, &text, NULL, CPUSET_GROUPS "%s/cgroup.events", path) &&
	       strstr(text, "populated 1");
}

/* @guest: who is in it; NULL: it is no unit. */
static int stay(const struct walk *walk, const char *path, const char *guest)
{
	auto_free char *name = strdup(path + 1);

	if (!name)
		return -ENOMEM;
	str_sanitize(name);
	return plan_stay(walk->plan, name, "%s%s", guest ?: "no unit with tasks of systemd's",
			 guest ? " runs in it" : "");
}

/* What it should be by what it was: of all that is online, if it was not set. */
static int want_of(const struct walk *walk, const char *orig, char **ret)
{
	struct cpuset_setting was, want = { .has_drop_in = true };
	struct cpuset common;
	int err = cpuset_unit_parse(orig, &was);

	if (err)
		return err;
	if (cpuset_is_empty(&was.cpus))
		was.cpus = walk->goal->online;
	common = was.cpus;
	cpuset_and(&common, &walk->goal->guest);
	if (cpuset_is_empty(&common)) {
		*ret = strdup(orig);
		return *ret ? 0 : -ENOMEM;
	}
	goal_keep_out(walk->goal, &was.cpus, &want.cpus);
	return cpuset_unit_format(&want, ret);
}

static int advise(const struct walk *walk, const char *name, const char *orig)
{
	struct cpuset_setting was;
	int err = cpuset_unit_parse(orig, &was);

	if (err || was.has_drop_in || cpuset_is_empty(&was.cpus))
		return err;
	return plan_advise(walk->plan,
			   "a unit file says which CPUs %s may have: systemctl daemon-reload "
			   "gives them back to it, until lull shields again",
			   name);
}

static int plan_unit(const struct walk *walk, const char *path)
{
	auto_free char *object = NULL, *name = NULL, *now = NULL, *want = NULL, *why = NULL;
	struct plan_change change = { .identity = "" };
	struct cpuset_setting setting;
	const char *orig;
	int err;

	if (asprintf(&object, CPUSET_UNIT_PREFIX "%s", path + 1) < 0 ||
	    asprintf(&name, "AllowedCPUs of %s", strrchr(path, '/') + 1) < 0 ||
	    asprintf(&why, "%s%s%s%s", WHY, *walk->note ? " (" : "", walk->note,
		     *walk->note ? ")" : "") < 0)
		return -ENOMEM;
	str_sanitize(name);
	err = cpuset_unit_read(walk->root, walk->systemd, object, &setting);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = cpuset_unit_format(&setting, &now);
	if (err)
		return err;
	orig = plan_orig(walk->plan, object, "", now);
	err = want_of(walk, orig, &want);
	if (err)
		return err;
	change.object = object;
	change.name = name;
	change.now = now;
	change.want = want;
	change.why = why;
	err = plan_change(walk->plan, &change);
	return err || streq(want, orig) ? err : advise(walk, strrchr(path, '/') + 1, orig);
}

/* What is started in there later has the CPUs of the slice, which are not narrowed. */
static int look_into(struct walk *walk, const char *path, const char *guest)
{
	bool is_top = !strchr(path + 1, '/');
	auto_free char *name = strdup(path + 1);
	int err = name ? push(walk, path) : -ENOMEM;

	if (err || !is_top)
		return err;
	str_sanitize(name);
	return plan_advise(walk->plan,
			   "units that start later in %s may use the guest's CPUs, since %s runs "
			   "in it: start that in %s",
			   name, guest,
			   str_ends(guest, "machine") ? "machine.slice" : "a slice of its own");
}

static int plan_group(struct walk *walk, const char *path)
{
	const char *guest = guest_in(walk, path);

	if (streq(path, "/machine.slice"))
		return 0;
	if (guest && is_slice(path))
		return look_into(walk, path, guest);
	if (guest)
		return stay(walk, path, guest);
	if (has_setting(path))
		return is_slice(path) || is_populated(walk, path) ? plan_unit(walk, path) : 0;
	return is_populated(walk, path) ? stay(walk, path, NULL) : 0;
}

static int plan_below(struct walk *walk, const char *path)
{
	auto_knob_dir struct knob_dir dir = { .names = NULL };
	int err = knob_dir_read(walk->root, &dir, CPUSET_GROUPS "%s", path);

	for (unsigned int i = 0; i < dir.n && !err; i++) {
		auto_free char *below = NULL;

		if (!fs_exists(walk->root, CPUSET_GROUPS "%s/%s/cgroup.procs", path, dir.names[i]))
			continue;
		if (asprintf(&below, "%s/%s", path, dir.names[i]) < 0)
			return -ENOMEM;
		err = plan_group(walk, below);
	}
	return err;
}

/* From the top down into the slices that have a VM. */
static int plan_all(struct walk *walk)
{
	int err = push(walk, "");

	for (unsigned int i = 0; i < walk->n_slices && !err; i++) {
		auto_free char *path = strdup(walk->slices[i]); /* the list may move */

		err = path ? plan_below(walk, path) : -ENOMEM;
	}
	return err;
}

/* Those that have no cgroup before somebody logs in. */
static int plan_absent(const struct walk *walk)
{
	static const char *const paths[] = { "/system.slice", "/user.slice" };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(paths) && !err; i++)
		if (!fs_exists(walk->root, CPUSET_GROUPS "%s/cgroup.procs", paths[i]))
			err = plan_unit(walk, paths[i]);
	return err;
}

bool cpuset_units_are_changed(const struct plan *plan)
{
	const struct journal *journal = plan->journal;

	for (unsigned int i = 0; journal && i < journal->n_steps; i++)
		if (str_starts(journal->steps[i].object, CPUSET_UNIT_PREFIX))
			return true;
	return false;
}

int cpuset_units_plan(const struct root *root, const struct goal *goal, const char *note,
		      struct plan *plan)
{
	auto_systemd struct systemd *systemd = NULL;
	struct walk walk = { .root = root, .goal = goal, .plan = plan, .note = note };
	int err = cpuset_unit_connect(root, &systemd);

	walk.systemd = systemd;
	err = err ?: cpuset_check_owners(root, goal, plan);
	err = err ?: cpuset_exempt_read(root, goal, true, &walk.exempt);
	err = err ?: plan_all(&walk);
	if (!err && systemd)
		err = plan_absent(&walk);
	err = err ?: cpuset_tasks_plan_v2(root, goal, plan);
	walk_done(&walk);
	return err;
}
