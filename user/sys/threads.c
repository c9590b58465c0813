/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * threads: the files of /proc/PID that describe processes and threads. A thread may end between
 * any two reads; that is -ENOENT and no failure. Finds no virtual machines; see vms.
 */
#include "sys/threads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"

#define PF_KTHREAD	  0x00200000 /* <linux/sched.h>, in field 9; the same since 2.6.27 */
#define PF_NO_SETAFFINITY 0x04000000 /* the same since 3.10 */

/* A file of procfs that was opened before its task ended reads -ESRCH. */
static int gone(int err)
{
	return err == -ESRCH ? -ENOENT : err;
}

/* Cuts the next blank-separated word off *@p; NULL at the end. */
static char *next_word(char **p)
{
	char *word = *p + strspn(*p, " \t\n"), *end = word + strcspn(word, " \t\n");

	if (!*word)
		return NULL;
	*p = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

/* Fields are numbered from 1, as in proc(5); those of which somebody asks. */
static bool take_field(struct thread_stat *stat, unsigned int field, uint64_t value)
{
	switch (field) {
	case 4:
		stat->ppid = (pid_t)value;
		return true;
	case 9:
		stat->is_kernel = value & PF_KTHREAD;
		stat->is_bound = value & PF_NO_SETAFFINITY;
		return true;
	case 22:
		stat->start_ticks = value;
		return true;
	case 39:
		stat->cpu = (int)value;
		return true;
	case 40:
		stat->rt_priority = (unsigned int)value;
		return true;
	case 41:
		stat->policy = (unsigned int)value;
		return true;
	case 43:
		stat->guest_ticks = value;
		return true;
	default:
		return false;
	}
}

/* @rest begins with field 3. Only what is asked for has to be a number: some may be negative. */
static int parse_stat_fields(char *rest, struct thread_stat *stat)
{
	struct thread_stat ignored;
	uint64_t value;
	char *word;

	for (unsigned int field = 3; field <= 43; field++) {
		word = next_word(&rest);
		if (!word)
			return -EINVAL;
		if (field == 3)
			stat->state = *word;
		else if (!parse_u64(word, &value))
			(void)take_field(stat, field, value);
		else if (take_field(&ignored, field, 0))
			return -EINVAL;
	}
	return 0;
}

int threads_read_stat(const struct root *root, pid_t pid, pid_t tid, struct thread_stat *ret)
{
	struct thread_stat stat = { .tid = tid };
	auto_free char *text = NULL;
	char *open, *close;
	int err;

	err = fs_read_file(root, &text, NULL, "proc/%d/task/%d/stat", (int)pid, (int)tid);
	if (err)
		return gone(err);
	/* What follows the comm holds no parenthesis, what is in it may. */
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || close < open)
		return -EINVAL;
	str_copy(stat.comm, sizeof(stat.comm), open + 1, (size_t)(close - open - 1));
	str_sanitize(stat.comm);
	err = parse_stat_fields(close + 1, &stat);
	if (err)
		return err;
	*ret = stat;
	return 0;
}

static int by_tid(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

int threads_list(const struct root *root, pid_t pid, pid_t **ret, unsigned int *ret_n)
{
	auto_closedir DIR *dir = NULL;
	auto_free pid_t *tids = NULL;
	const struct dirent *entry;
	unsigned int n = 0, cap = 0;
	uint32_t tid;
	int err;

	err = fs_opendir(root, &dir, "proc/%d/task", (int)pid);
	if (err)
		return gone(err);
	while ((entry = readdir(dir))) {
		if (parse_u32(entry->d_name, &tid))
			continue;
		if (n == cap) {
			pid_t *grown;

			cap = cap ? 2 * cap : 64;
			grown = realloc(tids, cap * sizeof(*tids));
			if (!grown)
				return -ENOMEM;
			tids = grown;
		}
		tids[n++] = (pid_t)tid;
	}
	if (!n)
		return -ENOENT;
	qsort(tids, n, sizeof(*tids), by_tid);
	*ret = take_ptr(tids);
	*ret_n = n;
	return 0;
}

/* The value of "Key:\tvalue" in the text of a status file, allocated. */
static int find_status(const char *text, const char *key, char **ret)
{
	size_t key_len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, key_len) != 0 || line[key_len] != ':')
			continue;
		line += key_len + 1;
		line += strspn(line, " \t");
		*ret = strndup(line, strcspn(line, "\n"));
		return *ret ? 0 : -ENOMEM;
	}
	return -EINVAL;
}

static int read_status(const struct root *root, pid_t tid, const char *key, char **ret)
{
	auto_free char *text = NULL;
	int err;

	err = fs_read_file(root, &text, NULL, "proc/%d/status", (int)tid);
	return err ? gone(err) : find_status(text, key, ret);
}

int threads_tgid(const struct root *root, pid_t tid, pid_t *ret)
{
	auto_free char *value = NULL;
	uint32_t tgid;
	int err;

	err = read_status(root, tid, "Tgid", &value);
	if (!err)
		err = parse_u32(value, &tgid);
	if (!err)
		*ret = (pid_t)tgid;
	return err;
}

int threads_read_affinity(const struct root *root, pid_t tid, struct cpuset *ret)
{
	auto_free char *value = NULL;
	int err;

	err = read_status(root, tid, "Cpus_allowed_list", &value);
	return err ? err : cpuset_parse(value, ret);
}

int threads_read_task_affinity(const struct root *root, pid_t pid, pid_t tid, struct cpuset *ret)
{
	auto_free char *text = NULL, *value = NULL;
	int err;

	err = fs_read_file(root, &text, NULL, "proc/%d/task/%d/status", (int)pid, (int)tid);
	if (err)
		return gone(err);
	err = find_status(text, "Cpus_allowed_list", &value);
	return err ? err : cpuset_parse(value, ret);
}

int threads_read_schedstat(const struct root *root, pid_t tid, uint64_t *ret_run_ns,
			   uint64_t *ret_wait_ns, uint64_t *ret_slices)
{
	auto_free char *line = NULL;
	uint64_t values[3];
	char *p, *word;
	int err;

	err = fs_read_line(root, &line, "proc/%d/schedstat", (int)tid);
	if (err)
		return gone(err);
	p = line;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		word = next_word(&p);
		if (!word || parse_u64(word, &values[i]))
			return -EINVAL;
	}
	*ret_run_ns = values[0];
	*ret_wait_ns = values[1];
	*ret_slices = values[2];
	return 0;
}

int threads_read_cmdline(const struct root *root, pid_t pid, char ***ret_argv, unsigned int *ret_n)
{
	auto_free char *text = NULL;
	size_t len, n = 0, at = 0;
	char **argv, *copy;
	int err;

	err = fs_read_file(root, &text, &len, "proc/%d/cmdline", (int)pid);
	if (err)
		return gone(err);
	/* A process that rewrote its arguments may have left out the last NUL. */
	for (size_t i = 0; i < len; i++)
		n += text[i] == '\0' || i == len - 1;
	argv = malloc((n + 1) * sizeof(*argv) + len + 1);
	if (!argv)
		return -ENOMEM;
	copy = (char *)(argv + n + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	for (size_t i = 0; i < n; i++) {
		argv[i] = copy + at;
		at += strlen(argv[i]) + 1;
	}
	argv[n] = NULL;
	*ret_argv = argv;
	*ret_n = (unsigned int)n;
	return 0;
}

/* The last element of @path that is a service or scope, else the last slice; NULL: neither. */
static char *find_unit(const char *path)
{
	static const char *const suffixes[] = { ".service", ".scope", ".socket", ".mount",
						".swap" };
	const char *unit = NULL, *slice = NULL;
	size_t unit_len = 0, slice_len = 0, len;

	for (const char *p = path; *p; p += len) {
		p += *p == '/';
		len = strcspn(p, "/");
		for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
			size_t n = strlen(suffixes[i]);

			if (len > n && memcmp(p + len - n, suffixes[i], n) == 0) {
				unit = p;
				unit_len = len;
			}
		}
		if (len > 6 && memcmp(p + len - 6, ".slice", 6) == 0) {
			slice = p;
			slice_len = len;
		}
	}
	if (unit)
		return strndup(unit, unit_len);
	return slice ? strndup(slice, slice_len) : NULL;
}

/* The path in the line of proc/PID/cgroup ("4:cpu,cpuset:/path") that has this controller. */
static char *find_cgroup(const char *text, const char *controller)
{
	const char *list, *path;
	size_t len, n = strlen(controller);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		list = strchr(line, ':');
		path = list ? strchr(list + 1, ':') : NULL;
		if (!path || memchr(line, '\n', (size_t)(path - line)))
			continue;
		for (const char *p = list + 1; p <= path; p += len + 1) {
			len = strcspn(p, ",:");
			/* name=systemd:... has its colon after the name only. */
			if (len != n || memcmp(p, controller, n) != 0)
				continue;
			return strndup(path + 1, strcspn(path + 1, "\n"));
		}
	}
	return NULL;
}

int threads_read_unit(const struct root *root, pid_t pid, char **ret)
{
	static const char *const controllers[] = { "", "name=systemd", "cpuset" };
	auto_free char *text = NULL, *first = NULL;
	char *unit = NULL;
	int err;

	err = fs_read_file(root, &text, NULL, "proc/%d/cgroup", (int)pid);
	if (err)
		return gone(err);
	for (size_t i = 0; i < ARRAY_SIZE(controllers) && !unit; i++) {
		auto_free char *path = find_cgroup(text, controllers[i]);

		if (!path)
			continue;
		if (str_ends(path, " (deleted)"))
			path[strlen(path) - strlen(" (deleted)")] = '\0';
		unit = find_unit(path);
		/* The root says nothing: with both hierarchies mounted the other one may. */
		if (!first || streq(first, "/")) {
			free(first);
			first = take_ptr(path);
		}
	}
	if (!unit)
		unit = first ? take_ptr(first) : strdup("");
	if (!unit)
		return -ENOMEM;
	str_sanitize(unit);
	*ret = unit;
	return 0;
}
