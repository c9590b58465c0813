/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_systemd: the way of a host where systemd owns the tree of cgroup v2. It is told which
 * CPUs a unit's tasks may have (AllowedCPUs), until reboot: what others write to its files it may
 * write over at any time. The object is the unit's cgroup, "unit/system.slice"; which units there are
 * is in knob_cpuset_units.c.
 *
 * A setting that is emptied leaves the tasks where they are, so all CPUs are allowed first. Then the
 * drop-in below /run goes, as if it had never been; what the administrator has set stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "isolate/knob.h"
#include "isolate/knob_cpuset_p.h"
#include "isolate/knob_cpuset_units.h"
#include "isolate/knob_dir.h"
#include "isolate/systemd.h"

#define LOOKS_MAX 20	      /* each takes an answer of systemd's */
#define LIMIT_US  25000000ULL /* D-Bus' own; a daemon-reload takes seconds on a large host */
#define FILE_NAME "50-AllowedCPUs.conf"
#define CONTROL	  "run/systemd/system.control"

/* Where systemd puts drop-ins until reboot; the second is for init.scope and what else has no file. */
static const char *const dirs[] = { CONTROL, "run/systemd/transient" };

/* ---- values: "all", "0-3", and with these behind */

#define IS_ALL	   "all"
#define BY_FILE	   " by its unit file" /* there is no drop-in below /run */
#define BY_DROP_IN " by a drop-in"     /* there is one, and it sets no CPUs */

int cpuset_unit_parse(const char *value, struct cpuset_setting *ret)
{
	struct cpuset_setting setting = { .has_drop_in = true };
	auto_free char *list = NULL;
	int err = 0;

	if (streq(value, IS_ALL)) {
		setting.has_drop_in = false;
	} else if (!streq(value, IS_ALL BY_DROP_IN)) {
		setting.has_drop_in = !str_ends(value, BY_FILE);
		list = strdup(value);
		if (!list)
			return -ENOMEM;
		if (!setting.has_drop_in)
			list[strlen(list) - strlen(BY_FILE)] = '\0';
		err = cpuset_parse(list, &setting.cpus);
	}
	if (!err)
		*ret = setting;
	return err;
}

int cpuset_unit_format(const struct cpuset_setting *setting, char **ret)
{
	bool is_all = cpuset_is_empty(&setting->cpus);
	const char *behind = is_all == setting->has_drop_in ? is_all ? BY_DROP_IN : BY_FILE : "";
	auto_free char *list = is_all ? strdup(IS_ALL) : cpuset_format(&setting->cpus);
	char *value;

	if (!list || asprintf(&value, "%s%s", list, behind) < 0)
		return -ENOMEM;
	*ret = value;
	return 0;
}

/* ---- units */

static const char *group_of(const char *object)
{
	return object + sizeof(CPUSET_UNIT_PREFIX) - 1;
}

static const char *unit_of(const char *object)
{
	return strrchr(object, '/') + 1;
}

static bool is_unit(const struct plan_step *step)
{
	return str_starts(step->object, CPUSET_UNIT_PREFIX);
}

static int read_list(const struct root *root, const char *file, struct cpuset *ret)
{
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, "%s", file);

	return err ?: cpuset_parse(line, ret);
}

/* What a recorded machine has of it. */
static int read_recorded(const struct root *root, const char *object, struct cpuset *ret)
{
	auto_free char *file = NULL;
	int err;

	if (asprintf(&file, CPUSET_GROUPS "/%s/cpuset.cpus", group_of(object)) < 0)
		return -ENOMEM;
	err = read_list(root, file, ret);
	if (err == -ENOENT) {
		cpuset_clear(ret);
		err = 0;
	}
	return err;
}

int cpuset_unit_read(const struct root *root, struct systemd *systemd, const char *object,
		     struct cpuset_setting *ret)
{
	struct cpuset_setting setting = { .has_drop_in = false };
	const char *unit = unit_of(object);
	int err = systemd ? systemd_read_cpus(systemd, unit, &setting.cpus)
			  : read_recorded(root, object, &setting.cpus);

	for (size_t i = 0; i < ARRAY_SIZE(dirs) && !err; i++)
		if (fs_exists(root, "%s/%s.d/" FILE_NAME, dirs[i], unit))
			setting.has_drop_in = true;
	if (!err)
		*ret = setting;
	return err;
}

int cpuset_unit_connect(const struct root *root, struct systemd **ret)
{
	int err = systemd_open(root, LIMIT_US, ret);

	return err == -ENOENT ? fs_root_is_live(root) ? -ENOTCONN : 0 : err;
}

/* A directory that is there and has nothing in it. */
static bool is_empty_dir(const struct root *root, const char *dir, const char *name)
{
	auto_knob_dir struct knob_dir entries = { .names = NULL };

	return fs_exists(root, "%s%s", dir, name) &&
	       !knob_dir_read(root, &entries, "%s%s", dir, name) && !entries.n;
}

/* Is something of the drop-in left that goes with it? */
static bool is_left(const struct root *root, const char *unit, bool has_drop_in)
{
	bool is = has_drop_in || is_empty_dir(root, CONTROL, "");

	for (size_t i = 0; i < ARRAY_SIZE(dirs) && !is; i++) {
		auto_free char *name = NULL;

		is = asprintf(&name, "/%s.d", unit) >= 0 && is_empty_dir(root, dirs[i], name);
	}
	return is;
}

/*
 * Putting back takes several calls. A run that was killed between them has left all CPUs, or what
 * was to be, but still with something of the drop-in: then nothing is done yet.
 */
static int is_half_way(const struct root *root, const struct plan_step *step,
		       const struct cpuset_setting *now)
{
	struct cpuset_setting orig;
	struct cpuset all;
	int err;

	if (!streq(step->next, step->orig) || streq(step->prev, step->orig))
		return 0;
	err = cpuset_unit_parse(step->orig, &orig);
	err = err ?: read_list(root, CPUSET_POSSIBLE, &all);
	if (err || orig.has_drop_in || !is_left(root, unit_of(step->object), now->has_drop_in))
		return err;
	return cpuset_is_equal(&now->cpus, &all) || cpuset_is_equal(&now->cpus, &orig.cpus);
}

static int read_value(const struct root *root, const struct plan_step *step, char **ret)
{
	auto_systemd struct systemd *systemd = NULL;
	struct cpuset_setting now;
	int err = cpuset_unit_connect(root, &systemd);

	err = err ?: cpuset_unit_read(root, systemd, step->object, &now);
	err = err ?: is_half_way(root, step, &now);
	if (err <= 0)
		return err ?: cpuset_unit_format(&now, ret);
	*ret = strdup(step->prev);
	return *ret ? 0 : -ENOMEM;
}

/* ---- telling */

/* What the cgroup at @group has in effect, and what of @cpus (empty: all) its parent leaves to it. */
static int read_effective(const struct root *root, const char *group, const struct cpuset *cpus,
			  struct cpuset *ret, struct cpuset *ret_due)
{
	const char *slash = strrchr(group, '/');
	auto_free char *own = NULL, *parent = NULL;
	struct cpuset due;
	int err;

	if (asprintf(&own, CPUSET_GROUPS "/%s/cpuset.cpus.effective", group) < 0 ||
	    asprintf(&parent, CPUSET_GROUPS "/%.*s/cpuset.cpus.effective",
		     slash ? (int)(slash - group) : 0, group) < 0)
		return -ENOMEM;
	err = read_list(root, parent, ret_due);
	err = err ?: read_list(root, own, ret);
	if (err)
		return err;
	due = *cpus;
	cpuset_and(&due, ret_due);
	if (!cpuset_is_empty(&due))
		*ret_due = due;
	return 0;
}

/* 0: the unit's tasks may have what of @cpus there is. -EAGAIN: not yet. */
static int look(const struct root *root, const char *object, const struct cpuset *cpus)
{
	struct cpuset now, due;
	int err = read_effective(root, group_of(object), cpus, &now, &due);

	if (err) /* there is no such cgroup now, or none has a cpuset any more */
		return err == -ENOENT || err == -ENODEV ? 0 : err;
	return cpuset_is_equal(&now, &due) ? 0 : -EAGAIN;
}

/* systemd writes its files when it has nothing else to do, which it has not when it answers again. */
static int tell(const struct root *root, struct systemd *systemd, const char *object,
		const struct cpuset *cpus)
{
	struct cpuset said;
	int err = systemd_write_cpus(systemd, unit_of(object), cpus);

	for (int i = 0; i < LOOKS_MAX && !err; i++) {
		err = systemd_read_cpus(systemd, unit_of(object), &said);
		err = err ?: look(root, object, cpus);
		if (err != -EAGAIN)
			return err;
		err = 0;
	}
	return err ?: -EAGAIN;
}

static int remove_at(const struct root *root, const char *dir, const char *name, int flags)
{
	auto_close int fd = fs_open(root, O_PATH | O_DIRECTORY, "%s", dir);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (!unlinkat(fd, name, flags) || errno == ENOENT || errno == ENOTEMPTY)
		return 0;
	return -errno;
}

/* And the directories that were made for it. */
static int remove_drop_in(const struct root *root, const char *unit)
{
	auto_free char *name = NULL;
	int err = asprintf(&name, "%s.d", unit) < 0 ? -ENOMEM : 0;

	for (size_t i = 0; i < ARRAY_SIZE(dirs) && !err; i++) {
		auto_free char *dir = NULL;

		if (asprintf(&dir, "%s/%s", dirs[i], name) < 0)
			return -ENOMEM;
		err = remove_at(root, dir, FILE_NAME, 0);
		err = err ?: remove_at(root, dirs[i], name, AT_REMOVEDIR);
	}
	return err ?: remove_at(root, "run/systemd", strrchr(CONTROL, '/') + 1, AT_REMOVEDIR);
}

static int write_value(const struct root *root, const struct plan_step *step, const char *value)
{
	auto_systemd struct systemd *systemd = NULL;
	struct cpuset_setting want;
	struct cpuset all;
	int err = cpuset_unit_parse(value, &want);

	err = err ?: read_list(root, CPUSET_POSSIBLE, &all);
	err = err ?: cpuset_unit_connect(root, &systemd);
	if (!err && !systemd)
		err = -EOPNOTSUPP;
	if (!err && cpuset_is_empty(&want.cpus))
		err = tell(root, systemd, step->object, &all);
	err = err ?: tell(root, systemd, step->object, &want.cpus);
	if (!err && !want.has_drop_in)
		err = remove_drop_in(root, unit_of(step->object));
	return err;
}

/* The setting says so; may its tasks really have no other CPUs? */
static int settle(const struct root *root, const struct plan_step *step)
{
	struct cpuset_setting want;
	int err = cpuset_unit_parse(step->next, &want);

	err = err ?: look(root, step->object, &want.cpus);
	return err == -EAGAIN ? -EINPROGRESS : err;
}

static int add_command(struct str *to, const char *unit, const char *cpus)
{
	int err = str_add(to, "systemctl set-property --runtime ");

	err = err ?: str_add_word(to, unit);
	return err ?: str_addf(to, " AllowedCPUs=%s\n", cpus);
}

static int shell(const struct plan_step *step, const char *value, struct str *to)
{
	const char *unit = unit_of(step->object);
	struct cpuset_setting want;
	auto_free char *list = NULL;
	int err = cpuset_unit_parse(value, &want);

	err = err ?: knob_format_cpus(&want.cpus, &list);
	if (!err && !*list)
		err = add_command(to, unit, "\"$(cat /" CPUSET_POSSIBLE ")\"");
	err = err ?: add_command(to, unit, list);
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && !err && !want.has_drop_in; i++) {
		err = str_addf(to, "%s/%s/", i ? " " : "rm -f ", dirs[i]);
		err = err ?: str_add_word(to, unit);
		err = err ?: str_addf(to, ".d/" FILE_NAME "%s", i ? "\n" : "");
	}
	return err;
}

static int probe(const struct root *root, const char **ret_why)
{
	char mount[PATH_MAX];
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, CPUSET_GROUPS "/cgroup.controllers");

	if (err)
		return err;
	if (!fs_exists(root, "run/systemd/system"))
		return -ENOENT;
	if (cpuset_v2_mount(root, mount) == -EXDEV) { /* systemd is a container's */
		*ret_why = "only a part of the host's cgroups is to be seen here";
		return -EXDEV;
	}
	if (!strstr(line, "cpuset")) {
		*ret_why = "this kernel runs without the cpuset controller";
		return -EOPNOTSUPP;
	}
#if !LULL_WITH_SYSTEMD
	*ret_why = "the cgroups are systemd's, and this lull is built without libsystemd";
	return -EOPNOTSUPP;
#else
	return 0;
#endif
}

const struct cpuset_way cpuset_way_systemd = {
	.probe = probe,
	.plan = cpuset_units_plan,
	.has = is_unit,
	.identify = cpuset_identify_none, /* it keeps its setting when its cgroup is made anew */
	.read = read_value,
	.write = write_value,
	.settle = settle,
	.shell = shell,
};
