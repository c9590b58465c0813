/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_group: where the cpuset hierarchies are mounted, which cgroups are VMs', and what stands in
 * the files of one. Reads only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "isolate/journal.h"
#include "isolate/knob.h"
#include "isolate/knob_cpuset_p.h"
#include "sys/threads.h"
#include "sys/vms.h"

/* "31 23 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset": 1 when it is that. */
static int match_mount(char *line, const char *type, const char *option, char ret[PATH_MAX])
{
	char *words[5], *save = NULL, *is, *options, *dash = strstr(line, " - ");

	if (!dash)
		return 0;
	*dash = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		words[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!words[i])
			return 0;
	}
	is = strtok_r(dash + 3, " ", &save);
	if (!is || !streq(is, type) || !strtok_r(NULL, " ", &save))
		return 0;
	options = strtok_r(NULL, " ", &save);
	for (char *o = options ? strtok_r(options, ",", &save) : NULL; o;
	     o = strtok_r(NULL, ",", &save)) {
		if (option && !streq(o, option))
			continue;
		if (!streq(words[3], "/"))
			return -EXDEV;
		str_copy(ret, PATH_MAX, words[4] + 1, strlen(words[4] + 1));
		return 1;
	}
	return 0;
}

static int find_mount(const struct root *root, const char *type, const char *option,
		      char ret[PATH_MAX])
{
	auto_free char *text = NULL;
	int found, err = fs_read_file(root, &text, NULL, "proc/self/mountinfo");

	for (char *line = text; !err && line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		found = match_mount(line, type, option, ret);
		if (found)
			return found < 0 ? found : 0;
		line = end;
	}
	return err ?: -ENOENT;
}

int cpuset_v1_mount(const struct root *root, char ret[PATH_MAX])
{
	return find_mount(root, "cgroup", "cpuset", ret);
}

int cpuset_v2_mount(const struct root *root, char ret[PATH_MAX])
{
	char mount[PATH_MAX];
	auto_free char *line = NULL;
	int err = find_mount(root, "cgroup2", NULL, mount);

	err = err ?: fs_read_line(root, &line, "%s/cgroup.controllers", mount);
	if (err)
		return err;
	if (!cpuset_has_word(line, "cpuset"))
		return -ENOENT;
	if (fs_exists(root, "%s/cgroup.type", mount)) /* the real root has none */
		return -EXDEV;
	memcpy(ret, mount, sizeof(mount));
	return 0;
}

bool cpuset_has_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = line; (at = strstr(at, word)); at += len)
		if ((at == line || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
			return true;
	return false;
}

int cpuset_group_of(const struct root *root, pid_t pid, pid_t tid, char **ret)
{
	auto_free char *text = NULL;
	char *save = NULL, *path;
	int err = fs_read_file(root, &text, NULL, "proc/%d/task/%d/cgroup", (int)pid, (int)tid);

	for (char *line = err ? NULL : strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!str_starts(line, "0::/"))
			continue;
		path = strdup(line + 3);
		if (!path)
			return -ENOMEM;
		*ret = path;
		return 0;
	}
	return err ?: -ENOENT;
}

int cpuset_read_cpus(const struct root *root, const char *mount, const char *path, const char *file,
		     struct cpuset *ret)
{
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, "%s%s/%s", mount, path, file);

	if (err && err != -ENOENT && err != -ENODEV && err != -ENOTDIR)
		return err;
	return cpuset_parse(err ? "" : line, ret);
}

int cpuset_read_identity(const struct root *root, const char *mount, const char *path,
			 char ret[CPUSET_IDENTITY_MAX])
{
	bool is_v2 = fs_exists(root, "%s%s/cgroup.controllers", mount, path);
	struct stat st;
	int err = fs_stat(root, &st, "%s%s", mount, path);

	if (err)
		return err;
	(void)snprintf(ret, CPUSET_IDENTITY_MAX, "%s%llu", is_v2 ? CPUSET_V2 : "",
		       (unsigned long long)st.st_ino);
	return 0;
}

int cpuset_identify_group(const struct root *root, const struct plan_step *step, char **ret)
{
	char identity[CPUSET_IDENTITY_MAX];
	const char *end = strrchr(step->object, '/');
	auto_free char *path = strndup(step->object, end ? (size_t)(end - step->object) : 0);
	int err = path ? cpuset_read_identity(root, path, "", identity) : -ENOMEM;
	char *copy;

	if (err)
		return err;
	copy = strdup(identity);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

int cpuset_identify_none(const struct root *root, const struct plan_step *step, char **ret)
{
	char *identity = strdup("");

	(void)root;
	(void)step;
	if (!identity)
		return -ENOMEM;
	*ret = identity;
	return 0;
}

int cpuset_add_echo(const char *value, const char *object, struct str *to)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-@:/";
	auto_free char *path = NULL;
	int err = str_addf(to, "echo %s > ", value);

	if (err || asprintf(&path, "/%s", object) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	err = path[strspn(path, plain)] ? str_add_word(to, path) : str_add(to, path);
	return err ?: str_add(to, "\n");
}

void cpuset_exempt_done(struct cpuset_exempt *exempt)
{
	for (unsigned int i = 0; i < exempt->n; i++)
		free(exempt->paths[i]);
	free(exempt->paths);
	*exempt = (struct cpuset_exempt){ .paths = NULL };
}

/* The path of a thread's cgroup ("/machine.slice/x.scope/emulator"), in the hierarchy that counts. */
static int exempt_add(const struct root *root, bool is_v2, pid_t pid, pid_t tid,
		      struct cpuset_exempt *exempt)
{
	auto_free char *path = NULL;
	char **grown;
	int err = is_v2 ? cpuset_group_of(root, pid, tid, &path)
			: fs_read_line(root, &path, "proc/%d/cpuset", (int)tid);

	if (err)
		return err == -ENOENT || err == -ESRCH ? 0 : err;
	grown = reallocarray(exempt->paths, exempt->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	exempt->paths = grown;
	exempt->paths[exempt->n++] = take_ptr(path);
	return 0;
}

/* A thread that a shield was made for; ENOENT and ESRCH: it ended meanwhile. */
static int exempt_add_victim(const struct root *root, bool is_v2, pid_t tid,
			     struct cpuset_exempt *exempt)
{
	pid_t tgid;
	int err = threads_tgid(root, tid, &tgid);

	err = err ?: exempt_add(root, is_v2, tgid, tid, exempt);
	return err == -ENOENT || err == -ESRCH ? 0 : err;
}

static int exempt_add_victims(const struct root *root, const struct goal *goal, bool is_v2,
			      struct cpuset_exempt *exempt)
{
	int err = 0;

	for (unsigned int i = 0; i < goal->n_layers; i++)
		for (unsigned int k = 0; k < goal->layers[i]->n_victims && !err; k++)
			err = exempt_add_victim(root, is_v2, goal->layers[i]->victims[k], exempt);
	return err;
}

int cpuset_exempt_read(const struct root *root, const struct goal *goal, bool is_v2,
		       struct cpuset_exempt *ret)
{
	auto_exempt struct cpuset_exempt exempt = { .paths = NULL };
	struct vm_list vms = { .n = 0 };
	int err = vms_find(root, NULL, 0, &vms);

	err = err ?: exempt_add_victims(root, goal, is_v2, &exempt);
	exempt.n_victims = exempt.n;
	for (unsigned int i = 0; i < vms.n && !err; i++) {
		err = exempt_add(root, is_v2, vms.vms[i].pid, vms.vms[i].pid, &exempt);
		for (unsigned int k = 0; k < vms.vms[i].n_vcpus && !err; k++)
			err = exempt_add(root, is_v2, vms.vms[i].pid, vms.vms[i].vcpus[k].tid,
					 &exempt);
	}
	vms_done(&vms);
	if (err)
		return err;
	*ret = exempt;
	exempt = (struct cpuset_exempt){ .paths = NULL };
	return 0;
}

bool cpuset_is_below(const char *path, const char *of)
{
	size_t len = strlen(of);

	return !strncmp(path, of, len) && (path[len] == '\0' || path[len] == '/');
}

bool cpuset_is_libvirt(const char *path)
{
	static const char *const libvirt[] = { "/machine", "/machine.slice", "/libvirt" };

	for (size_t i = 0; i < ARRAY_SIZE(libvirt); i++)
		if (cpuset_is_below(path, libvirt[i]))
			return true;
	return false;
}

bool cpuset_exempt_has(const struct cpuset_exempt *exempt, const char *path)
{
	if (cpuset_is_libvirt(path))
		return true;
	for (unsigned int i = 0; i < exempt->n; i++)
		if (!streq(exempt->paths[i], "/") && (cpuset_is_below(exempt->paths[i], path) ||
						      cpuset_is_below(path, exempt->paths[i])))
			return true;
	return false;
}

/* The CPUs of the partitions that lull has made, by the journal. */
static int read_own(const struct root *root, const struct plan *plan, struct cpuset *ret)
{
	const struct journal *journal = plan->journal;
	struct cpuset own = { 0 };

	for (unsigned int i = 0; journal && i < journal->n_steps; i++) {
		const struct plan_step *step = &journal->steps[i];
		size_t len = strlen(step->object);
		auto_free char *group = NULL;
		struct cpuset cpus;
		int err;

		if (step->knob != plan->knob || !str_ends(step->object, "/" CPUSET_PARTITION))
			continue;
		group = strndup(step->object, len - strlen("/" CPUSET_PARTITION));
		if (!group)
			return -ENOMEM;
		err = cpuset_read_cpus(root, group, "", "cpuset.cpus", &cpus);
		if (err)
			return err;
		cpuset_or(&own, &cpus);
	}
	*ret = own;
	return 0;
}

/* The root has the CPUs that no partition has. */
static int check_partitions(const struct root *root, const char *mount, const struct goal *goal,
			    struct plan *plan)
{
	struct cpuset free_cpus, own, taken = goal->guest;
	auto_free char *list = NULL;
	int err = cpuset_read_cpus(root, mount, "", "cpuset.cpus.effective", &free_cpus);

	err = err ?: read_own(root, plan, &own);
	if (err || cpuset_is_empty(&free_cpus))
		return err;
	cpuset_and(&taken, &goal->online);
	cpuset_subtract(&taken, &free_cpus);
	cpuset_subtract(&taken, &own);
	if (cpuset_is_empty(&taken))
		return 0;
	list = cpuset_format(&taken);
	return plan_refuse(plan,
			   "CPU %s is in a cpuset partition that is not lull's "
			   "(cpuset.cpus.partition of some cgroup)",
			   list ? list : "?");
}

int cpuset_check_owners(const struct root *root, const struct goal *goal, struct plan *plan)
{
	static const char *const kubelet[] = { "kubepods", "kubepods.slice" };
	char mount[PATH_MAX];
	int err = cpuset_v2_mount(root, mount);

	for (size_t i = 0; i < ARRAY_SIZE(kubelet) && !err; i++)
		if (fs_exists(root, "%s/%s", mount, kubelet[i]))
			err = plan_refuse(plan, "kubelet manages this host's cpusets (%s)",
					  kubelet[i]);
	if (!err && fs_exists(root, "%s/" CPUSET_HOST, mount) &&
	    !plan_recorded(plan, plan->knob, CPUSET_HOST2_OBJECT))
		err = plan_refuse(plan, "there is a cgroup %s that no journal knows of",
				  CPUSET_HOST);
	return err ?: check_partitions(root, mount, goal, plan);
}
