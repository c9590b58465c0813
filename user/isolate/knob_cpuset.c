/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpuset: keeps the host's tasks off the guests' CPUs by the cgroup controller of that name, so that
 * what is started later stays off too. This is the way of cgroup v1: cpusets beside the VMs' are
 * narrowed, and the tasks of the root cpuset, which cannot be, are moved to one of our own. Cpusets
 * of VMs are never touched: libvirt could not pin the next vCPU.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "isolate/knob.h"
#include "isolate/knob_cpuset_p.h"
#include "isolate/knob_task.h"

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

static int plan_cpuset(const struct root *root, const struct goal *goal, struct plan *plan)
{
	int err;

	if (!goal->n_layers) /* the journal knows them all */
		return 0;
	err = cpuset_v1_plan(root, goal, plan);
	return err ?: cpuset_tasks_plan(root, goal, plan);
}

/* A cgroup is told from a later one of the same name by its inode. */
static int identify(const struct root *root, const struct plan_step *step, char **ret)
{
	char *identity = NULL;
	auto_close int fd = -1;
	struct stat st;
	int len;

	if (knob_task_is(step))
		return knob_task_identify(root, step, ret);
	if (is_host(step)) {
		len = asprintf(&identity, "%s", "");
	} else {
		fd = fs_open(root, O_PATH, "%.*s",
			     (int)(strlen(step->object) - sizeof("/cpuset.cpus") + 1),
			     step->object);
		if (fd < 0)
			return fd;
		if (fstat(fd, &st))
			return -errno;
		len = asprintf(&identity, "%llu", (unsigned long long)st.st_ino);
	}
	if (len < 0)
		return -ENOMEM;
	*ret = identity;
	return 0;
}

static int read_value(const struct root *root, const struct plan_step *step, char **ret)
{
	if (knob_task_is(step))
		return knob_task_read(root, step, ret);
	return is_host(step) ? cpuset_host_read(root, ret) : knob_file_read_list(root, step, ret);
}

static int write_value(const struct root *root, const struct plan_step *step, const char *value)
{
	if (knob_task_is(step))
		return knob_task_write(root, step, value);
	return is_host(step) ? cpuset_host_write(root, value)
			     : knob_file_write_list(root, step, value);
}

static int shell(const struct plan_step *step, const char *value, struct str *to)
{
	if (knob_task_is(step))
		return knob_task_shell(step, value, to);
	if (!is_host(step))
		return str_addf(to, "echo %s > /%s\n", value, step->object);
	if (*value)
		return str_addf(to,
				"cd /sys/fs/cgroup/cpuset && mkdir -p " CPUSET_HOST
				" && cat cpuset.mems > " CPUSET_HOST
				"/cpuset.mems && echo %s > " CPUSET_HOST "/cpuset.cpus\n"
				"while read -r t; do echo $t > " CPUSET_HOST
				"/tasks; done < tasks 2>/dev/null\n",
				value);
	return str_add(
		to,
		"cd /sys/fs/cgroup/cpuset && while read -r t; do echo $t > tasks; done < " CPUSET_HOST
		"/tasks; rmdir " CPUSET_HOST "\n");
}

const struct knob_ops knob_cpuset = {
	.probe = probe,
	.plan = plan_cpuset,
	.identify = identify,
	.read = read_value,
	.write = write_value,
	.shell = shell,
	.is_reset_by_kernel = true,
};
