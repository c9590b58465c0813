/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/knob_cpuset_files: which files of cgroups are written, and what old kernels make of tasks then.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cgroups.h"
#include "isolate.h"
#include "isolate/knob.h"
#include "isolate/step.h"
#include "machines.h"
#include "test.h"

#define TOP CGROUPS_TOP

/* The controller first, and nothing in the way of VMs; the root's tasks have a cgroup of their own. */
TEST(knob_cpuset_files__gives_the_controller_where_nobody_has_it)
{
	auto_root struct root root = cgroups_machine("cpu\n");
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	cgroups_put_group("system.slice", NULL);
	cgroups_put_group("system.slice/db.service", NULL);
	cgroups_put_group("machine.slice", NULL);
	cgroups_put("cgroup.procs", "7\n");
	cgroups_put_task(7, 7, "/", "0-5");
	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, TOP "cgroup.subtree_control:  -> cpuset\n" TOP
			      "system.slice/cpuset.cpus:  -> 0-1,4-7\n"
			      "cgroup2/lull-host:  -> 0-1,4-7\n");
	CHECK_STREQ(plan.steps[1].why, "tasks of other cgroups: on the host's CPUs; no isolated "
				       "partition: no VM is named");
}

/* Beside a systemd that cannot be told; one that can is, and nothing is left for this way. */
TEST(knob_cpuset_files__says_that_systemd_may_undo_it)
{
	auto_root struct root root = cgroups_machine("cpu\n");
	auto_plan struct plan alone = { 0 }, beside = { 0 };

	cgroups_put_group("system.slice", NULL);
	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &alone);
	CHECK_EQ(alone.n_advice, 0);
	machines_put(test_tmpdir(), "run/systemd/system/x", "");
	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &beside);
	if (LULL_WITH_SYSTEMD) {
		CHECK_EQ(beside.n_advice, 0);
		CHECK(str_starts(beside.steps[0].object, "unit/"));
	} else {
		CHECK_EQ(beside.n_steps, alone.n_steps);
		CHECK_EQ(beside.n_advice, 1);
		CHECK_STREQ(beside.advice[0],
			    "the cgroups are systemd's, and this lull is built without "
			    "libsystemd: systemd may undo what is written to them");
	}
}

TEST(knob_cpuset_files__writes_controllers_by_their_sign)
{
	auto_root struct root root = cgroups_machine("cpu\n");
	auto_plan struct plan plan = { 0 };
	auto_free char *line = NULL, *back = NULL;
	const struct plan_step *step;

	cgroups_put_group("system.slice", NULL);
	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &plan);
	step = isolate_step(&plan, TOP "cgroup.subtree_control");
	CHECK_EQ(step->knob->ops->write(&root, step, "cpuset"), 0);
	CHECK_EQ(fs_read_line(&root, &line, TOP "cgroup.subtree_control"), 0);
	CHECK_STREQ(line, "+cpuset");
	CHECK_EQ(step->knob->ops->write(&root, step, ""), 0);
	CHECK_EQ(fs_read_line(&root, &back, TOP "cgroup.subtree_control"), 0);
	CHECK_STREQ(back, "-cpuset");
}

/* A VMM in a session: only what is beside its cgroup, level by level, is narrowed. */
TEST(knob_cpuset_files__goes_down_to_a_bare_vm)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;
	char path[128];

	cgroups_put_group("system.slice", "\n");
	cgroups_put_group("user.slice", "\n");
	cgroups_put_group("user.slice/a", NULL);
	cgroups_put_group("user.slice/b", NULL);
	cgroups_put_group("user.slice/b/qemu", NULL);
	cgroups_put_task(100, 100, "/user.slice/b/qemu", "0-5");
	cgroups_put_task(100, 101, "/user.slice/b/qemu", "2");
	machines_put(test_tmpdir(), "proc/100/comm", "qemu-system-x86\n");
	machines_put(test_tmpdir(), "proc/100/cmdline", "qemu-system-x86_64");
	(void)snprintf(path, sizeof(path), "%s/proc/100/fd", test_tmpdir());
	CHECK_EQ(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/proc/100/fd/9", test_tmpdir());
	CHECK_EQ(symlink("anon_inode:kvm-vm", path), 0);
	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, TOP "system.slice/cpuset.cpus:  -> 0-1,4-7\n" TOP
			      "user.slice/cgroup.subtree_control:  -> cpuset\n" TOP
			      "user.slice/a/cpuset.cpus:  -> 0-1,4-7\n"
			      "cgroup user.slice/b/qemu stays: a guest is in it: what else is "
			      "there stays, too\n");
}

/* The thread that is measured is no task of the host: it would lose the CPU that it is to have. */
TEST(knob_cpuset_files__goes_round_the_thread_that_it_is_for)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	struct layer layer = { .victims = { 100 }, .n_victims = 1 };
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	machines_put(test_tmpdir(), "proc/sys/kernel/osrelease", "6.1.0-49-amd64\n");
	cgroups_put_group("system.slice", "\n");
	cgroups_put_group("user.slice", "\n");
	cgroups_put_group("user.slice/a", NULL);
	cgroups_put_group("user.slice/b", NULL);
	cgroups_put_task(100, 100, "/user.slice/b", "2");
	CHECK_EQ(cpuset_parse("2-3", &layer.guest), 0);
	isolate_plan_vm(&root, "cpuset", &layer, "0-5", &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text,
		    TOP "system.slice/cpuset.cpus:  -> 0-1,4-7\n" TOP
			"user.slice/cgroup.subtree_control:  -> cpuset\n" TOP
			"user.slice/a/cpuset.cpus:  -> 0-1,4-7\n"
			"task/100: 2 -> 2\n"
			"cgroup user.slice/b stays: a guest is in it: what else is there stays, "
			"too\n");
}

TEST(knob_cpuset_files__goes_round_each_thread_that_it_is_for)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	struct layer layer = { .victims = { 100, 200 }, .n_victims = 2 };
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	machines_put(test_tmpdir(), "proc/sys/kernel/osrelease", "6.1.0-49-amd64\n");
	cgroups_put_group("a.slice", "\n");
	cgroups_put_group("b.slice", "\n");
	cgroups_put_group("c.slice", "\n");
	cgroups_put_task(100, 100, "/b.slice", "2");
	cgroups_put_task(200, 200, "/c.slice", "3");
	CHECK_EQ(cpuset_parse("2-3", &layer.guest), 0);
	isolate_plan_vm(&root, "cpuset", &layer, "0-5", &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, TOP "a.slice/cpuset.cpus:  -> 0-1,4-7\n"
			      "task/100: 2 -> 2\n"
			      "task/200: 3 -> 3\n"
			      "cgroup b.slice stays: a guest is in it: what else is there stays, "
			      "too\n"
			      "cgroup c.slice stays: a guest is in it: what else is there stays, "
			      "too\n");
}

/* All CPUs mean the same as none, and somebody else's use of the controller keeps it. */
TEST(knob_cpuset_files__takes_all_cpus_for_an_empty_list)
{
	auto_root struct root root = cgroups_machine("cpu\n");
	auto_plan struct plan plan = { 0 };
	struct plan_step *step;

	cgroups_put_group("system.slice", "\n");
	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &plan);
	step = isolate_step(&plan, TOP "system.slice/cpuset.cpus");
	step->next[0] = '\0';
	free(step->now);
	step->now = strdup("0-7");
	CHECK(step->knob->ops->is_same(&root, step));
	step->now[2] = '6';
	CHECK(!step->knob->ops->is_same(&root, step));
	step = isolate_step(&plan, TOP "cgroup.subtree_control");
	step->next[0] = '\0';
	CHECK(!step->knob->ops->is_same(&root, step));
	cgroups_put_group("machine.slice", "\n");
	cgroups_put("machine.slice/cgroup.subtree_control", "cpu cpuset\n");
	CHECK(step->knob->ops->is_same(&root, step));
}

/* Before 6.2 all forget: also a task that stays where it is, and a vCPU. */
TEST(knob_cpuset_files__remembers_affinities_for_old_kernels)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	auto_plan struct plan plan = { 0 };

	machines_put(test_tmpdir(), "proc/sys/kernel/osrelease", "6.1.0-49-amd64\n");
	cgroups_put_group("system.slice", "\n");
	cgroups_put_task(7, 7, "/system.slice", "1-2");
	cgroups_put_task(8, 8, "/system.slice", "1");
	cgroups_put_task(9, 9, "/system.slice", "0-5");
	cgroups_put_task(10, 10, "/system.slice", "2");
	cgroups_put_task(11, 11, "/user.slice", "0-3"); /* its cgroup's */
	cgroups_put_group("user.slice", "\n");
	cgroups_put("user.slice/cpuset.cpus.effective", "0-3\n");
	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &plan);
	CHECK_EQ(plan.n_steps, 5);
	CHECK_STREQ(isolate_step(&plan, "task/7")->next, "1");
	CHECK_STREQ(isolate_step(&plan, "task/8")->next, "1");
	CHECK(isolate_step(&plan, "task/8")->is_remembered);
	CHECK_STREQ(isolate_step(&plan, "task/10")->next, "0-1,4-5");
	CHECK_STREQ(isolate_step(&plan, "task/10")->orig, "2");
}

TEST(knob_cpuset_files__tells_what_an_old_kernel_forgot)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	char object[] = "task/8", forgotten[] = "0-1,4-5", other[] = "0";
	struct plan_step step = { .object = object, .now = forgotten };
	const struct knob *knob = knob_find("cpuset");

	machines_put(test_tmpdir(), "proc/sys/kernel/osrelease", "6.1.0-49-amd64\n");
	cgroups_put_task(8, 8, "/system.slice/db.service", "0-1,4-5");
	cgroups_put_group("system.slice", "0-1,4-7\n");
	cgroups_put("system.slice/cpuset.cpus.effective", "0-1,4-5\n");
	CHECK(knob->ops->is_lost(&root, &step));
	step.now = other;
	CHECK(!knob->ops->is_lost(&root, &step));
	step.now = forgotten;
	machines_put(test_tmpdir(), "proc/sys/kernel/osrelease", "6.2.0\n");
	CHECK(!knob->ops->is_lost(&root, &step));
}

/* Nothing is to change about it, but the kernel has. */
TEST(knob_cpuset_files__writes_what_an_old_kernel_forgot_again)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	const struct step_reset reset = { .has_happened = false };
	auto_plan struct plan plan = { 0 };
	struct plan_step *step;

	machines_put(test_tmpdir(), "proc/sys/kernel/osrelease", "6.1.0-49-amd64\n");
	cgroups_put_group("system.slice", "\n");
	cgroups_put("system.slice/cpuset.cpus.effective", "0-1,4-5\n");
	cgroups_put_task(8, 8, "/system.slice", "1");
	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &plan);
	step = isolate_step(&plan, "task/8");
	CHECK_EQ(step_apply(&root, step, &reset), 0);
	CHECK_EQ(step->state, STEP_HELD);
	cgroups_put_task(8, 8, "/system.slice", "0");
	CHECK_EQ(step_apply(&root, step, &reset), 0);
	CHECK_EQ(step->state, STEP_HELD); /* its owner's */
	cgroups_put_task(8, 8, "/system.slice", "0-1,4-5");
	CHECK_EQ(step_apply(&root, step, &reset), 0);
	CHECK_EQ(step->state, STEP_REFUSED); /* written, which a recorded machine refuses */
	CHECK_EQ(step->err, -EOPNOTSUPP);
}
