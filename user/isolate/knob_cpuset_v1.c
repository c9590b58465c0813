/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_v1: the way of cgroup v1. Cpusets beside the VMs' are narrowed, and the tasks of the root
 * cpuset, which cannot be, are moved to one of our own. Children are planned before their parents, since
 * a child must stay within its parent; putting back runs the other way.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "isolate/knob_cpuset_p.h"
#include "isolate/knob_dir.h"
#include "sys/vms.h"

#define OBJECT_MAX 8192
#define WHY	   "tasks of other cpusets: on the host's CPUs"

/* "31 23 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset": 1 when it is that. */
static int match_mount(char *line, char ret[PATH_MAX])
{
	char *words[5], *save = NULL, *type, *options, *dash = strstr(line, " - ");

	if (!dash)
		return 0;
	*dash = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		words[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!words[i])
			return 0;
	}
	type = strtok_r(dash + 3, " ", &save);
	if (!type || !streq(type, "cgroup") || !strtok_r(NULL, " ", &save))
		return 0;
	options = strtok_r(NULL, " ", &save);
	for (char *o = options ? strtok_r(options, ",", &save) : NULL; o;
	     o = strtok_r(NULL, ",", &save)) {
		if (!streq(o, "cpuset"))
			continue;
		if (!streq(words[3], "/"))
			return -EXDEV;
		str_copy(ret, PATH_MAX, words[4] + 1, strlen(words[4] + 1));
		return 1;
	}
	return 0;
}

int cpuset_v1_mount(const struct root *root, char ret[PATH_MAX])
{
	auto_free char *text = NULL;
	int found, err = fs_read_file(root, &text, NULL, "proc/self/mountinfo");

	for (char *line = text; !err && line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		found = match_mount(line, ret);
		if (found)
			return found < 0 ? found : 0;
		line = end;
	}
	return err ?: -ENOENT;
}

void cpuset_exempt_done(struct cpuset_exempt *exempt)
{
	for (unsigned int i = 0; i < exempt->n; i++)
		free(exempt->paths[i]);
	free(exempt->paths);
	*exempt = (struct cpuset_exempt){ .paths = NULL };
}

/* The path of a process's cpuset ("/machine.slice/x.scope/emulator"), from proc/PID/cpuset. */
static int exempt_add(const struct root *root, pid_t pid, struct cpuset_exempt *exempt)
{
	auto_free char *path = NULL;
	char **grown;
	int err = fs_read_line(root, &path, "proc/%d/cpuset", (int)pid);

	if (err)
		return err == -ENOENT || err == -ESRCH ? 0 : err;
	grown = reallocarray(exempt->paths, exempt->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	exempt->paths = grown;
	exempt->paths[exempt->n++] = take_ptr(path);
	return 0;
}

int cpuset_exempt_read(const struct root *root, struct cpuset_exempt *ret)
{
	auto_exempt struct cpuset_exempt exempt = { .paths = NULL };
	struct vm_list vms = { .n = 0 };
	int err = vms_find(root, NULL, 0, &vms);

	for (unsigned int i = 0; i < vms.n && !err; i++) {
		err = exempt_add(root, vms.vms[i].pid, &exempt);
		for (unsigned int k = 0; k < vms.vms[i].n_vcpus && !err; k++)
			err = exempt_add(root, vms.vms[i].vcpus[k].tid, &exempt);
	}
	vms_done(&vms);
	if (err)
		return err;
	*ret = exempt;
	exempt = (struct cpuset_exempt){ .paths = NULL };
	return 0;
}

/* Is @path @of, or below it? */
static bool is_below(const char *path, const char *of)
{
	size_t len = strlen(of);

	return !strncmp(path, of, len) && (path[len] == '\0' || path[len] == '/');
}

bool cpuset_exempt_has(const struct cpuset_exempt *exempt, const char *path)
{
	/* libvirt's, also for the VM that is started next. */
	static const char *const libvirt[] = { "/machine", "/machine.slice", "/libvirt" };

	for (size_t i = 0; i < ARRAY_SIZE(libvirt); i++)
		if (is_below(path, libvirt[i]))
			return true;
	for (unsigned int i = 0; i < exempt->n; i++)
		if (!streq(exempt->paths[i], "/") &&
		    (is_below(exempt->paths[i], path) || is_below(path, exempt->paths[i])))
			return true;
	return false;
}

/* One cpuset; those below it come later in the list. */
struct set {
	char *path; /* below the mount: "/docker/abc" */
	struct cpuset now, want;
	char identity[32];
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

static int read_inode(const struct walk *walk, struct set *set)
{
	auto_close int fd = fs_open(walk->root, O_PATH, "%s%s", walk->mount, set->path);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	(void)snprintf(set->identity, sizeof(set->identity), "%llu", (unsigned long long)st.st_ino);
	return 0;
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
	err = err ?: read_inode(walk, set);
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

static int plan_host(const struct walk *walk)
{
	struct plan_change change = {
		.object = CPUSET_HOST_OBJECT,
		.name = "cpuset " CPUSET_HOST,
		.why = "tasks of the root cpuset: moved to one of the host's CPUs"
	};
	auto_free char *now = NULL, *want = cpuset_format(&walk->goal->host);
	int err = want ? cpuset_host_read(walk->root, &now) : -ENOMEM;

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

	err = err ?: cpuset_exempt_read(root, &walk.exempt);
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

/* It comes and goes by ourselves. */
static int identify_host(const struct root *root, const struct plan_step *step, char **ret)
{
	char *identity = strdup("");

	(void)root;
	(void)step;
	if (!identity)
		return -ENOMEM;
	*ret = identity;
	return 0;
}

static int read_host(const struct root *root, const struct plan_step *step, char **ret)
{
	(void)step;
	return cpuset_host_read(root, ret);
}

static int write_host(const struct root *root, const struct plan_step *step, const char *value)
{
	(void)step;
	return cpuset_host_write(root, value);
}

/* Kernel threads have no command line, and stay; tasks are born while others are moved. */
static int shell_host(const struct plan_step *step, const char *value, struct str *to)
{
	(void)step;
	if (*value)
		return str_addf(
			to,
			"(cd /sys/fs/cgroup/cpuset && mkdir -p " CPUSET_HOST
			" && cat cpuset.mems > " CPUSET_HOST
			"/cpuset.mems && echo %s > " CPUSET_HOST "/cpuset.cpus\n"
			"while read -r t; do [ -s /proc/$t/cmdline ] && echo $t > " CPUSET_HOST
			"/tasks; done < tasks) 2>/dev/null\n",
			value);
	return str_add(
		to, "(cd /sys/fs/cgroup/cpuset && for i in 1 2 3 4 5 6 7 8 9; do [ -d " CPUSET_HOST
		    " ] || break\n"
		    "while read -r t; do echo $t > tasks; done < " CPUSET_HOST
		    "/tasks; rmdir " CPUSET_HOST " || sleep 0.1; done) 2>/dev/null\n");
}

const struct cpuset_way cpuset_way_v1 = {
	.probe = probe,
	.plan = plan_v1,
	.has = is_host,
	.identify = identify_host,
	.read = read_host,
	.write = write_host,
	.shell = shell_host,
};
