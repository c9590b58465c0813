/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/knob_cpuset: the way of cgroup v1 on a recorded tree: which cpusets are narrowed, in which
 * order, and when there can be no shield. That tasks move is tried on the machine itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "isolate.h"
#include "isolate/knob.h"
#include "machines.h"
#include "test.h"

#define SETS "sys/fs/cgroup/cpuset/"

static void put_set(const char *path, const char *cpus)
{
	char file[128];

	(void)snprintf(file, sizeof(file), SETS "%scpuset.cpus", path);
	machines_put(test_tmpdir(), file, cpus);
	(void)snprintf(file, sizeof(file), SETS "%scpuset.cpu_exclusive", path);
	machines_put(test_tmpdir(), file, "0\n");
}

static struct root machine(void)
{
	struct root root;

	machines_put(test_tmpdir(), "proc/self/mountinfo",
		     "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
		     "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
		     "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n");
	machines_put(test_tmpdir(), "proc/sys/kernel/osrelease", "6.18.1\n");
	put_set("", "0-5\n");
	put_set("docker/", "2-5\n");
	put_set("docker/abc/", "2-3\n");
	put_set("docker/new/", "\n");
	put_set("machine.slice/", "0-5\n");
	put_set("machine.slice/qemu/vcpu0/", "2\n");
	put_set("quiet/", "0-1\n");
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	return root;
}

TEST(knob_cpuset__narrows_children_before_parents_and_no_vm)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, SETS "docker/abc/cpuset.cpus: 2-3 -> 4-5\n" SETS
			       "docker/cpuset.cpus: 2-5 -> 4-5\n"
			       "cgroup/lull-host:  -> 0-1,4-5\n");
	CHECK_STREQ(plan.steps[0].name, "cpuset docker/abc");
	isolate_there_and_back(&root, &plan.steps[0]);
}

/* Also where its cpuset has the guest's CPUs alone, and would be given others. */
TEST(knob_cpuset__leaves_the_thread_that_it_is_for)
{
	auto_root struct root root = machine();
	struct layer layer = { .victims = { 51 }, .n_victims = 1 };
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	machines_put(test_tmpdir(), "proc/51/status", "Tgid:\t50\nCpus_allowed_list:\t2\n");
	machines_put(test_tmpdir(), "proc/51/cpuset", "/docker/abc\n");
	CHECK_EQ(cpuset_parse("2-3", &layer.guest), 0);
	isolate_plan_vm(&root, "cpuset", &layer, "0-5", &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, "cgroup/lull-host:  -> 0-1,4-5\n");
}

TEST(knob_cpuset__tells_a_cpuset_by_its_inode)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *identity = NULL;

	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &plan);
	CHECK_EQ(plan.steps[0].knob->ops->identify(&root, &plan.steps[0], &identity), 0);
	CHECK_STREQ(identity, plan.steps[0].identity);
	CHECK(strlen(identity) > 0);
}

static int refuse(const struct root *root, const struct journal *journal, struct plan *plan)
{
	struct layer layer = { .knobs = UINT64_MAX }, *layers[] = { &layer };
	const struct knob *knob = knob_find("cpuset");
	struct cpuset online;
	struct goal goal;
	int err;

	CHECK_EQ(cpuset_parse("2-3", &layer.guest), 0);
	CHECK_EQ(cpuset_parse("0-5", &online), 0);
	CHECK_EQ(goal_init(&goal, layers, 1, knob_number(knob), &online), 0);
	plan->knob = knob;
	plan->journal = journal;
	err = knob->ops->plan(root, &goal, plan);
	goal_done(&goal);
	return err;
}

TEST(knob_cpuset__refuses_where_another_owner_has_cpus)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };

	machines_put(test_tmpdir(), SETS "quiet/cpuset.cpu_exclusive", "1\n");
	CHECK_EQ(refuse(&root, NULL, &plan), -EBUSY);
	CHECK_STREQ(plan.refusal,
		    "the cpuset quiet keeps its CPUs for itself: cset or another tool "
		    "has shielded them");
}

TEST(knob_cpuset__refuses_beside_kubelet)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };

	put_set("kubepods/", "0-5\n");
	CHECK_EQ(refuse(&root, NULL, &plan), -EBUSY);
	CHECK_STREQ(plan.refusal, "kubelet manages this host's cpusets (kubepods)");
}

TEST(knob_cpuset__takes_its_own_cpuset_for_its_own_by_the_journal_alone)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 }, known = { 0 };
	auto_journal struct journal journal = { .seq = 0 };

	put_set("lull-host/", "0-1,4-5\n");
	CHECK_EQ(refuse(&root, NULL, &plan), -EBUSY);
	CHECK_STREQ(plan.refusal, "there is a cpuset lull-host that no journal knows of");
	isolate_remember(&journal, "cpuset", "cgroup/lull-host", "", "0-1,4-5");
	CHECK_EQ(refuse(&root, &journal, &known), 0);
	CHECK_STREQ(isolate_step(&known, "cgroup/lull-host")->orig, "");
	CHECK_STREQ(isolate_step(&known, "cgroup/lull-host")->next, "0-1,4-5");
}

TEST(knob_cpuset__says_why_it_is_not_there)
{
	auto_root struct root root = machine();
	const char *why = "";

	CHECK_EQ(knob_find("cpuset")->ops->probe(&root, &why), 0);
	machines_put(test_tmpdir(), "proc/self/mountinfo",
		     "34 31 0:31 /pod /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n");
	CHECK_EQ(knob_find("cpuset")->ops->probe(&root, &why), -EXDEV);
	CHECK_STREQ(why, "only a part of the host's cpusets is to be seen here");
	machines_put(test_tmpdir(), "proc/self/mountinfo",
		     "34 31 0:31 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	CHECK_EQ(knob_find("cpuset")->ops->probe(&root, &why), -ENOENT);
	CHECK_STREQ(why, "no cgroup hierarchy has the controller cpuset");
}

/* Before 6.2 the kernel forgets: its own CPUs are set again afterwards. */
TEST(knob_cpuset__remembers_affinities_for_old_kernels)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };

	machines_put(test_tmpdir(), "proc/sys/kernel/osrelease", "6.1.0-49-amd64\n");
	machines_put(
		test_tmpdir(), "proc/7/task/7/stat",
		"7 (db) S 1 0 0 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 70 0 0 0 0 0 0 0 0 0 0 0 0 "
		"0 0 0 17 0 0 0 0 0 0\n");
	machines_put(test_tmpdir(), "proc/7/status", "Tgid:\t7\nCpus_allowed_list:\t1-2\n");
	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &plan);
	CHECK_STREQ(isolate_step(&plan, "task/7")->next, "1");
	CHECK_STREQ(isolate_step(&plan, "task/7")->orig, "1-2");
	CHECK_STREQ(isolate_step(&plan, "task/7")->name, "task db (7)");
}

/* @inside stands between what it begins and ends with; NULL: these two meet. */
static void check_shell(const char *name, const char *value, const char *begin, const char *inside,
			const char *end)
{
	auto_free char *object = strdup(name);
	const struct plan_step step = { .knob = knob_find("cpuset"), .object = object };
	auto_str struct str text = { .s = NULL };

	CHECK_EQ(knob_add_command(&step, value, &text), 0);
	CHECK(str_starts(text.s, begin));
	CHECK(str_ends(text.s, end));
	CHECK(inside ? strstr(text.s, inside) != NULL : text.len == strlen(begin) + strlen(end));
}

#define MOVE                                                                                   \
	"while read -r t; do [ -e /proc/$t/exe ] && ! ls -l /proc/$t/fd | grep -q :kvm-vm && " \
	"awk -v h=0-1 '"
#define BACK(tasks)                                                                                      \
	"for i in 1 2 3 4 5 6 7 8 9; do [ -d lull-host ] || break\nwhile read -r t; do echo $t > " tasks \
	"; done < lull-host/" tasks "; rmdir lull-host || sleep 0.1; done) 2>/dev/null\n"

/* Files in /proc have no size: what is asked of them is the program. A VM stays on its CPUs. */
TEST(knob_cpuset__has_commands_that_move_tasks_but_no_vm)
{
	static const char v1[] = "cgroup/lull-host", v2[] = "cgroup2/lull-host";

	check_shell(v1, "0-1",
		    "(cd /sys/fs/cgroup/cpuset && mkdir -p lull-host && cat cpuset.mems > "
		    "lull-host/cpuset.mems && echo 0-1 > lull-host/cpuset.cpus\n" MOVE,
		    "' /proc/$t/status && ",
		    "echo $t > lull-host/tasks; done < tasks) 2>/dev/null\n");
	check_shell(v1, "", "(cd /sys/fs/cgroup/cpuset && ", NULL, BACK("tasks"));
	check_shell(v2, "0-1",
		    "(cd /sys/fs/cgroup && mkdir -p lull-host && echo 0-1 > lull-host/cpuset.cpus"
		    "\n" MOVE,
		    "' /proc/$t/task/*/status && ",
		    "echo $t > lull-host/cgroup.procs; done < cgroup.procs) 2>/dev/null\n");
	check_shell(v2, "", "(cd /sys/fs/cgroup && ", NULL, BACK("cgroup.procs"));
}
