/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_tasks: the cpuset that takes in the tasks of the root cpuset, and the affinities that
 * kernels before 6.2 forget meanwhile. Left in the root: kernel threads (most refuse, and have a
 * knob of their own), the threads of VMs, and tasks that somebody has bound to CPUs of the guests, or
 * of the host, alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "isolate/knob.h"
#include "isolate/knob_cpuset_p.h"
#include "isolate/knob_dir.h"
#include "isolate/knob_task.h"
#include "sys/vms.h"

#define PASSES_MAX  3 /* tasks are born in the root while others are moved out of it */
#define WAIT_MIN_NS 1000000L
#define WAIT_MAX_NS 128000000L /* doubled up to this: a quarter of a second in all */

int cpuset_host_read(const struct root *root, char **ret)
{
	char mount[PATH_MAX];
	auto_free char *line = NULL;
	struct cpuset cpus;
	int err = cpuset_v1_mount(root, mount);

	err = err ?: fs_read_line(root, &line, "%s/" CPUSET_HOST "/cpuset.cpus", mount);
	if (err && err != -ENOENT && err != -ENODEV)
		return err;
	err = cpuset_parse(err ? "" : line, &cpus);
	return err ?: knob_format_cpus(&cpus, ret);
}

struct move {
	const struct root *root;
	const char *mount;
	struct vm_list vms;
	struct cpuset host, guest; /* guest: what else the root cpuset has */
};

static bool is_of_vm(const struct move *move, pid_t tid)
{
	pid_t tgid;

	if (!move->vms.n || threads_tgid(move->root, tid, &tgid))
		return false;
	for (unsigned int i = 0; i < move->vms.n; i++)
		if (move->vms.vms[i].pid == tgid)
			return true;
	return false;
}

/* 1: belongs on the host's CPUs; 0: stays, or is gone. */
static int is_movable(const struct move *move, pid_t tid)
{
	struct thread_stat stat;
	struct cpuset cpus, host = move->host, guest = move->guest;
	int err = threads_read_stat(move->root, tid, tid, &stat);

	err = err ?: threads_read_affinity(move->root, tid, &cpus);
	if (err)
		return err == -ENOENT ? 0 : err;
	if (stat.is_kernel || is_of_vm(move, tid))
		return 0;
	cpuset_and(&host, &cpus);
	cpuset_and(&guest, &cpus);
	return !cpuset_is_empty(&host) && !cpuset_is_empty(&guest);
}

static int put_task(const struct move *move, const char *tid, const char *to)
{
	int err = fs_write_file(move->root, tid, "%s%s/tasks", move->mount, to);

	/* Gone meanwhile; or bound to its CPUs by the kernel, or by a deadline. */
	return err == -ESRCH || err == -EINVAL || err == -EBUSY ? 0 : err;
}

/* Moves all that can be from cpuset @from ("") to @to; *ret_n: how many. */
static int move_tasks(const struct move *move, const char *from, const char *to, bool is_all,
		      unsigned int *ret_n)
{
	auto_free char *text = NULL;
	unsigned int n = 0;
	char *save = NULL;
	int err = fs_read_file(move->root, &text, NULL, "%s%s/tasks", move->mount, from);

	for (char *word = err ? NULL : strtok_r(text, "\n", &save); word && !err;
	     word = strtok_r(NULL, "\n", &save)) {
		uint32_t tid;
		int is = parse_u32(word, &tid) ? -EINVAL : 1;

		if (is > 0 && !is_all)
			is = is_movable(move, (pid_t)tid);
		if (is <= 0) {
			err = is;
			continue;
		}
		err = put_task(move, word, to);
		n++;
	}
	*ret_n = n;
	return err;
}

static int move_passes(const struct move *move, const char *from, const char *to, bool is_all)
{
	unsigned int n = 1;
	int err = 0;

	for (int i = 0; i < PASSES_MAX && n && !err; i++)
		err = move_tasks(move, from, to, is_all, &n);
	return err;
}

/* Makes it, or removes it, if need be. */
static int change_dir(const struct move *move, bool is_removed)
{
	auto_close int fd = fs_open(move->root, O_PATH | O_DIRECTORY, "%s", move->mount);
	int done;

	if (fd < 0)
		return fd;
	done = is_removed ? unlinkat(fd, CPUSET_HOST, AT_REMOVEDIR)
			  : mkdirat(fd, CPUSET_HOST, 0755);
	return !done || errno == (is_removed ? ENOENT : EEXIST) ? 0 : -errno;
}

static int fill_in(const struct move *move, const char *value)
{
	auto_free char *mems = NULL;
	int err = fs_read_line(move->root, &mems, "%s/cpuset.mems", move->mount);

	err = err ?: fs_write_file(move->root, mems, "%s/" CPUSET_HOST "/cpuset.mems", move->mount);
	return err
		       ?: fs_write_file(move->root, value, "%s/" CPUSET_HOST "/cpuset.cpus",
					move->mount);
}

/*
 * A task that is about to end cannot be moved any more, and is in its cpuset until it has given its
 * memory back: -EBUSY meanwhile.
 */
static int remove_host(const struct move *move)
{
	struct timespec wait = { .tv_nsec = WAIT_MIN_NS };
	int err;

	do {
		err = fs_exists(move->root, "%s/" CPUSET_HOST "/tasks", move->mount)
			      ? move_passes(move, "/" CPUSET_HOST, "", true)
			      : 0;
		err = err ?: change_dir(move, true);
		if (err != -EBUSY || wait.tv_nsec > WAIT_MAX_NS)
			break;
		(void)nanosleep(&wait, NULL);
		wait.tv_nsec *= 2;
	} while (true);
	return err;
}

static int read_guest(struct move *move)
{
	auto_free char *line = NULL;
	int err = fs_read_line(move->root, &line, "%s/cpuset.cpus", move->mount);

	err = err ?: cpuset_parse(line, &move->guest);
	cpuset_subtract(&move->guest, &move->host);
	return err;
}

int cpuset_host_write(const struct root *root, const char *value)
{
	char mount[PATH_MAX];
	struct move move = { .root = root, .mount = mount };
	int err = fs_root_is_live(root) ? cpuset_v1_mount(root, mount) : -EOPNOTSUPP;

	if (err)
		return err;
	if (!*value)
		return remove_host(&move);
	err = cpuset_parse(value, &move.host);
	err = err ?: read_guest(&move);
	err = err ?: vms_find(root, NULL, 0, &move.vms);
	err = err ?: change_dir(&move, false);
	if (!err) {
		err = fill_in(&move, value);
		err = err ?: move_passes(&move, "", "/" CPUSET_HOST, false);
		if (err)
			(void)remove_host(&move);
	}
	vms_done(&move.vms);
	return err;
}

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

int cpuset_tasks_plan(const struct root *root, const struct goal *goal, struct plan *plan)
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
		err = threads_list(root, (pid_t)pid, &tids, &n);
		err = err == -ENOENT ? 0 : err;
		for (unsigned int k = 0; k < n && !err; k++)
			err = plan_task(root, goal, plan, tids[k]);
	}
	return err;
}
