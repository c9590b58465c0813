/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_cpuset_host: the cgroup of our own that takes in the tasks of the root, which itself cannot be
 * narrowed. Left in the root: kernel threads (most refuse, and have a knob of their own), the threads
 * of VMs, and tasks that somebody has bound to CPUs of the guests, or of the host, alone.
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
#include "sys/threads.h"
#include "sys/vms.h"

#define PASSES_MAX  3 /* tasks are born in the root while others are moved out of it */
#define WAIT_MIN_NS 1000000L
#define WAIT_MAX_NS 128000000L /* doubled up to this: a quarter of a second in all */

int cpuset_host_read(const struct root *root, const struct cpuset_tree *tree, char **ret)
{
	auto_free char *line = NULL;
	struct cpuset cpus;
	int err = fs_read_line(root, &line, "%s/" CPUSET_HOST "/cpuset.cpus", tree->mount);

	if (err && err != -ENOENT && err != -ENODEV)
		return err;
	err = cpuset_parse(err ? "" : line, &cpus);
	return err ?: knob_format_cpus(&cpus, ret);
}

struct move {
	const struct root *root;
	const struct cpuset_tree *tree;
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

/* 1: belongs on the host's CPUs; 0: stays, or is gone. @ret_is_guests: bound to the guests' alone. */
static int is_task_movable(const struct move *move, pid_t tid, bool *ret_is_guests)
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
	*ret_is_guests = cpuset_is_empty(&host);
	return !cpuset_is_empty(&host) && !cpuset_is_empty(&guest);
}

/* Of v1 a thread; of v2 a process with all its threads. */
static int is_movable(const struct move *move, pid_t tid)
{
	auto_free pid_t *tids = NULL;
	bool is_guests = false;
	unsigned int n = 0;
	int err, is = 0;

	if (move->tree->has_mems)
		return is_task_movable(move, tid, &is_guests);
	err = threads_list(move->root, tid, &tids, &n);
	if (err)
		return err == -ENOENT ? 0 : err;
	for (unsigned int i = 0; i < n && is >= 0 && !is_guests; i++) {
		int one = is_task_movable(move, tids[i], &is_guests);

		is = one < 0 ? one : is | one;
	}
	return is_guests ? 0 : is;
}

static int put_task(const struct move *move, const char *tid, const char *to)
{
	int err =
		fs_write_file(move->root, tid, "%s%s/%s", move->tree->mount, to, move->tree->tasks);

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
	int err = fs_read_file(move->root, &text, NULL, "%s%s/%s", move->tree->mount, from,
			       move->tree->tasks);

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
	auto_close int fd = fs_open(move->root, O_PATH | O_DIRECTORY, "%s", move->tree->mount);
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
	int err = move->tree->has_mems
			  ? fs_read_line(move->root, &mems, "%s/cpuset.mems", move->tree->mount)
			  : 0;

	if (mems)
		err = err
			      ?: fs_write_file(move->root, mems, "%s/" CPUSET_HOST "/cpuset.mems",
					       move->tree->mount);
	return err
		       ?: fs_write_file(move->root, value, "%s/" CPUSET_HOST "/cpuset.cpus",
					move->tree->mount);
}

/*
 * A task that is about to end cannot be moved any more, and is in its cpuset until it has given its
 * memory back: -EBUSY meanwhile.
 */
static int remove_host(const struct move *move)
{
	const struct cpuset_tree *tree = move->tree;
	struct timespec wait = { .tv_nsec = WAIT_MIN_NS };
	int err;

	do {
		err = fs_exists(move->root, "%s/" CPUSET_HOST "/%s", tree->mount, tree->tasks)
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

/* What the root has beside the host's. */
static int read_guest(struct move *move)
{
	auto_free char *line = NULL;
	int err = move->tree->has_mems
			  ? fs_read_line(move->root, &line, "%s/cpuset.cpus", move->tree->mount)
			  : fs_read_line(move->root, &line, "sys/devices/system/cpu/online");

	err = err ?: cpuset_parse(line, &move->guest);
	cpuset_subtract(&move->guest, &move->host);
	return err;
}

int cpuset_host_write(const struct root *root, const struct cpuset_tree *tree, const char *value)
{
	struct move move = { .root = root, .tree = tree };
	int err;

	if (!fs_root_is_live(root))
		return -EOPNOTSUPP;
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

int cpuset_host_is_needed(const struct root *root, const struct cpuset_tree *tree,
			  const struct goal *goal)
{
	struct move move = { .root = root, .tree = tree, .host = goal->host, .guest = goal->guest };
	auto_free char *text = NULL;
	char *save = NULL;
	int err = fs_read_file(root, &text, NULL, "%s/%s", tree->mount, tree->tasks), is = 0;

	if (err)
		return err == -ENOENT ? 0 : err;
	err = vms_find(root, NULL, 0, &move.vms);
	for (char *word = err ? NULL : strtok_r(text, "\n", &save); word && !is;
	     word = strtok_r(NULL, "\n", &save)) {
		uint32_t tid;

		is = parse_u32(word, &tid) ? -EINVAL : is_movable(&move, (pid_t)tid);
	}
	vms_done(&move.vms);
	return err ?: is;
}

/* As is_movable(): exits with 0 where a thread has CPUs of the host's and others, and each has some. */
#define IS_MOVABLE                                                      \
	"awk -v h=%s '\n"                                               \
	"function set(l, a, n, p, i, r, c) {\n"                         \
	"\tn = split(l, p, \",\")\n"                                    \
	"\tfor (i = 1; i <= n; i++) {\n"                                \
	"\t\tsplit(p[i] \"-\" p[i], r, \"-\")\n"                        \
	"\t\tfor (c = r[1]; c <= r[2]; c++) a[c]\n"                     \
	"\t}\n"                                                         \
	"}\n"                                                           \
	"BEGIN { set(h, host) }\n"                                      \
	"$1 == \"Cpus_allowed_list:\" {\n"                              \
	"\tsplit(\"\", own); set($2, own); some = more = 0\n"           \
	"\tfor (cpu in own) if (cpu in host) some = 1; else more = 1\n" \
	"\tif (!some) stays = 1; else if (more) moves = 1\n"            \
	"}\n"                                                           \
	"END { exit stays || !moves }'"

/* Kernel threads have no program, and stay, as VMs do; tasks are born while others are moved. */
int cpuset_host_shell(const struct cpuset_tree *tree, const char *value, struct str *to)
{
	const char *mems = " && cat cpuset.mems > " CPUSET_HOST "/cpuset.mems";

	if (*value)
		return str_addf(to,
				"(cd /%s && mkdir -p " CPUSET_HOST "%s && echo %s > " CPUSET_HOST
				"/cpuset.cpus\n"
				"while read -r t; do [ -e /proc/$t/exe ] && ! ls -l /proc/$t/fd | "
				"grep -q :kvm-vm && " IS_MOVABLE
				" /proc/$t/%sstatus && echo $t > " CPUSET_HOST
				"/%s; done < %s) 2>/dev/null\n",
				tree->mount, tree->has_mems ? mems : "", value, value,
				tree->has_mems ? "" : "task/*/", tree->tasks, tree->tasks);
	return str_addf(to,
			"(cd /%s && for i in 1 2 3 4 5 6 7 8 9; do [ -d " CPUSET_HOST
			" ] || break\n"
			"while read -r t; do echo $t > %s; done < " CPUSET_HOST
			"/%s; rmdir " CPUSET_HOST " || sleep 0.1; done) 2>/dev/null\n",
			tree->mount, tree->tasks, tree->tasks);
}
