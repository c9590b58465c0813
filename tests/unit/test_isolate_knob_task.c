/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/knob_task: the affinity of a child of the test, there and back.
 */
#include "isolate/knob_task.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "isolate/knob.h"
#include "machines.h"
#include "test.h"

static pid_t start_child(void)
{
	pid_t test = getpid(), pid = fork();

	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a check that fails ends the test at once */
	while (getppid() == test)
		(void)pause();
	_exit(1);
}

static void end_child(pid_t pid)
{
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

static void check_write(const struct root *root, const struct plan_step *step, const char *value)
{
	auto_free char *now = NULL;

	CHECK_EQ(knob_task_write(root, step, value), 0);
	CHECK_EQ(knob_task_read(root, step, &now), 0);
	CHECK_STREQ(now, value);
}

TEST(knob_task__sets_the_cpus_of_a_thread_and_puts_them_back)
{
	auto_root struct root root = { .fd = -1 };
	auto_free char *orig = NULL;
	char object[32], one[16];
	struct plan_step step = { .object = object };
	struct cpuset cpus;
	pid_t pid = start_child();

	CHECK_EQ(fs_root_open(&root, "/"), 0);
	(void)snprintf(object, sizeof(object), "task/%d", (int)pid);
	CHECK_EQ(knob_task_read(&root, &step, &orig), 0);
	CHECK_EQ(cpuset_parse(orig, &cpus), 0);
	(void)snprintf(one, sizeof(one), "%d", cpuset_next(&cpus, 0));
	check_write(&root, &step, one);
	check_write(&root, &step, orig);
	end_child(pid);
}

TEST(knob_task__a_thread_that_ended_is_gone)
{
	auto_root struct root root = { .fd = -1 };
	auto_free char *text = NULL;
	char object[32];
	struct plan_step step = { .object = object };
	pid_t pid = start_child();

	CHECK_EQ(fs_root_open(&root, "/"), 0);
	(void)snprintf(object, sizeof(object), "task/%d", (int)pid);
	end_child(pid);
	CHECK_EQ(knob_task_identify(&root, &step, &text), -ENOENT);
	CHECK_EQ(knob_task_read(&root, &step, &text), -ENOENT);
	CHECK_EQ(knob_task_write(&root, &step, "0"), -ESRCH);
}

TEST(knob_task__shows_the_command)
{
	auto_str struct str text = { 0 };
	char object[] = "task/77";
	const struct plan_step step = { .object = object };

	CHECK_EQ(knob_task_shell(&step, "0-1", &text), 0);
	CHECK_STREQ(text.s, "taskset -pc 0-1 77\n");
}
