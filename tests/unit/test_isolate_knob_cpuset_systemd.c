/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/knob_cpuset_systemd: which units are told what, in which order, and what of it is left
 * when it is put back. systemd is a process of the test's; the real one is tried in the lab.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fake_systemd.h"
#include "isolate.h"
#include "isolate/knob.h"
#include "isolate/step.h"
#include "isolate/systemd.h"
#include "machines.h"
#include "test.h"

#define GROUPS	"sys/fs/cgroup/"
#define DROP_IN "run/systemd/system.control/system.slice.d/50-AllowedCPUs.conf"
#define SYSTEM	"unit/system.slice"

static void put_group(const char *path)
{
	char file[160];

	(void)snprintf(file, sizeof(file), GROUPS "%scgroup.procs", path);
	machines_put(test_tmpdir(), file, "");
	(void)snprintf(file, sizeof(file), GROUPS "%scgroup.events", path);
	machines_put(test_tmpdir(), file, "populated 1\nfrozen 0\n");
	(void)snprintf(file, sizeof(file), GROUPS "%scpuset.cpus.effective", path);
	machines_put(test_tmpdir(), file, "0-3\n");
}

/* CPUs 0 to 3, no socket of systemd's. */
static struct root machine(void)
{
	const char *dir = test_tmpdir();
	struct root root;

	if (!LULL_WITH_SYSTEMD)
		SKIP("built without libsystemd");
	machines_put(dir, "run/systemd/system/x", "");
	machines_put(dir, "proc/self/mountinfo",
		     "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	machines_put(dir, "proc/sys/kernel/osrelease", "6.12.1\n");
	machines_put(dir, "sys/devices/system/cpu/possible", "0-3\n");
	machines_put(dir, GROUPS "cgroup.controllers", "cpuset cpu memory\n");
	put_group("");
	put_group("init.scope/");
	put_group("system.slice/");
	put_group("machine.slice/");
	CHECK_EQ(fs_root_open(&root, dir), 0);
	return root;
}

static struct root machine_that_answers(enum fake_mood mood)
{
	struct root root = machine();

	fake_systemd_start(test_tmpdir(), mood);
	machines_put(test_tmpdir(), "fake/init.scope", "\n");
	machines_put(test_tmpdir(), "fake/system.slice", "\n");
	machines_put(test_tmpdir(), "fake/user.slice", "\n");
	return root;
}

static char *text_of(const char *guest, const struct root *root)
{
	auto_plan struct plan plan = { 0 };

	isolate_plan(root, "cpuset", guest, "0-3", NULL, &plan);
	return isolate_text(&plan);
}

static void check_calls(const struct root *root, const char *want)
{
	auto_free char *calls = NULL;

	CHECK_EQ(fs_read_file(root, &calls, NULL, "fake/calls"), 0);
	CHECK_STREQ(calls, want);
}

TEST(knob_cpuset_systemd__tells_the_units_beside_the_vms)
{
	auto_root struct root root = machine_that_answers(FAKE_WELL);
	auto_free char *text = NULL;

	text = text_of("2-3", &root);
	fake_systemd_end();
	CHECK_STREQ(text, "unit/init.scope: all -> 0-1\n" SYSTEM ": all -> 0-1\n"
			  "unit/user.slice: all -> 0-1\n");
	check_calls(&root, "");
}

/* A machine that is only files; also with a lull that could not talk to it. */
TEST(knob_cpuset_systemd__plans_on_a_recorded_machine)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	machines_put(test_tmpdir(), GROUPS "init.scope/cpuset.cpus", "0-2\n");
	machines_put(test_tmpdir(), GROUPS "system.slice/cpuset.cpus", "0-3\n");
	machines_put(test_tmpdir(), DROP_IN, "");
	isolate_plan(&root, "cpuset", "2-3", "0-3", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, "unit/init.scope: 0-2 by its unit file -> 0-1\n" SYSTEM ": 0-3 -> 0-1\n");
	CHECK_EQ(plan.n_advice, 1);
	CHECK_EQ(plan.steps[1].knob->ops->write(&root, &plan.steps[1], "0-1"), -EOPNOTSUPP);
}

/* The plan of the one unit system.slice, written, and put back. */
static void there_and_back(const struct root *root)
{
	auto_plan struct plan plan = { 0 };

	isolate_plan(root, "cpuset", "2-3", "0-3", NULL, &plan);
	isolate_there_and_back(root, isolate_step(&plan, SYSTEM));
}

TEST(knob_cpuset_systemd__allows_all_cpus_before_it_empties_the_setting)
{
	auto_root struct root root = machine_that_answers(FAKE_WELL);
	auto_free char *cpus = NULL;

	there_and_back(&root);
	fake_systemd_end();
	check_calls(&root, "system.slice 0-1\nsystem.slice 0-3\nsystem.slice \n");
	CHECK_EQ(fs_read_line(&root, &cpus, GROUPS "system.slice/cpuset.cpus.effective"), 0);
	CHECK_STREQ(cpus, "0-3");
	CHECK(!fs_exists(&root, "run/systemd/system.control"));
}

TEST(knob_cpuset_systemd__leaves_what_a_unit_file_says)
{
	auto_root struct root root = machine_that_answers(FAKE_WELL);

	machines_put(test_tmpdir(), "fake/system.slice", "0-2\n");
	machines_put(test_tmpdir(), GROUPS "system.slice/cpuset.cpus.effective", "0-2\n");
	there_and_back(&root);
	fake_systemd_end();
	check_calls(&root, "system.slice 0-1\nsystem.slice 0-2\n");
	CHECK(!fs_exists(&root, "run/systemd/system.control"));
}

TEST(knob_cpuset_systemd__leaves_the_drop_in_of_somebody_else)
{
	auto_root struct root root = machine_that_answers(FAKE_WELL);
	auto_free char *line = NULL;

	machines_put(test_tmpdir(), "fake/system.slice", "0-2\n");
	machines_put(test_tmpdir(), DROP_IN, "0-2\n");
	there_and_back(&root);
	fake_systemd_end();
	check_calls(&root, "system.slice 0-1\nsystem.slice 0-2\n");
	CHECK_EQ(fs_read_line(&root, &line, DROP_IN), 0);
	CHECK_STREQ(line, "0-2");
}

TEST(knob_cpuset_systemd__leaves_other_drop_ins_of_the_unit)
{
	auto_root struct root root = machine_that_answers(FAKE_WELL);

	machines_put(test_tmpdir(), "run/systemd/system.control/system.slice.d/50-CPUWeight.conf",
		     "x\n");
	there_and_back(&root);
	fake_systemd_end();
	CHECK(!fs_exists(&root, DROP_IN));
	CHECK(fs_exists(&root, "run/systemd/system.control/system.slice.d/50-CPUWeight.conf"));
}

/* What is read as the value that we have made 0-1 of "all". */
static void check_setting(const struct root *root, const char *next, const char *want)
{
	char object[] = SYSTEM, orig[] = "all", prev[] = "0-1";
	auto_free char *value = NULL, *wanted = strdup(next);
	const struct plan_step step = { .knob = knob_find("cpuset"),
					.object = object,
					.orig = orig,
					.prev = prev,
					.next = wanted };

	CHECK_EQ(step.knob->ops->read(root, &step, &value), 0);
	CHECK_STREQ(value, want);
}

/* While it is @cpus, by a drop-in. */
static void check_read(const struct root *root, const char *cpus, const char *next,
		       const char *want)
{
	machines_put(test_tmpdir(), "fake/system.slice", cpus);
	machines_put(test_tmpdir(), DROP_IN, "x\n");
	check_setting(root, next, want);
}

TEST(knob_cpuset_systemd__goes_on_where_a_killed_one_was)
{
	auto_root struct root root = machine_that_answers(FAKE_WELL);

	check_read(&root, "0-3\n", "all", "0-1");
	check_read(&root, "\n", "all", "0-1");
	check_read(&root, "0-2\n", "all", "0-2");
	check_read(&root, "0-3\n", "0-1", "0-3");
	check_read(&root, "\n", "0-1", "all by a drop-in");
	CHECK_EQ(unlinkat(root.fd, DROP_IN, 0), 0);
	check_setting(&root, "all", "0-1");
	CHECK_EQ(unlinkat(root.fd, "run/systemd/system.control/system.slice.d", AT_REMOVEDIR), 0);
	check_setting(&root, "all", "0-1");
	CHECK_EQ(unlinkat(root.fd, "run/systemd/system.control", AT_REMOVEDIR), 0);
	check_setting(&root, "all", "all");
	fake_systemd_end();
}

static int write_to(const struct root *root, const char *unit)
{
	auto_free char *object = strdup(unit);
	const struct plan_step step = { .knob = knob_find("cpuset"), .object = object };

	return step.knob->ops->write(root, &step, "0-1");
}

TEST(knob_cpuset_systemd__fails_where_systemd_refuses)
{
	auto_root struct root root = machine_that_answers(FAKE_DENIES);

	CHECK_EQ(write_to(&root, SYSTEM), -EACCES);
	fake_systemd_end();
	CHECK(!fs_exists(&root, DROP_IN));
}

TEST(systemd_open__waits_for_an_answer_only_so_long)
{
	auto_root struct root root = machine_that_answers(FAKE_SILENT);
	auto_systemd struct systemd *systemd = NULL;

	CHECK_EQ(systemd_open(&root, 100000, &systemd), -ETIMEDOUT);
	fake_systemd_end();
	CHECK(!systemd);
}

TEST(knob_cpuset_systemd__takes_a_unit_that_is_not_known_for_gone)
{
	auto_root struct root root = machine_that_answers(FAKE_WELL);
	const struct step_reset reset = { .has_happened = false };
	char object[] = "unit/old.scope", empty[] = "", orig[] = "all", prev[] = "0-1";
	struct plan_step step = { .knob = knob_find("cpuset"),
				  .object = object,
				  .identity = empty,
				  .orig = orig,
				  .prev = prev,
				  .next = orig };

	CHECK_EQ(step_apply(&root, &step, &reset), 0);
	fake_systemd_end();
	CHECK_EQ(step.state, STEP_GONE);
	check_calls(&root, "");
}

TEST(knob_cpuset_systemd__is_pending_until_the_cgroup_follows)
{
	auto_root struct root root = machine();
	char object[] = SYSTEM, next[] = "0-1", all[] = "all";
	struct plan_step step = { .knob = knob_find("cpuset"), .object = object, .next = next };

	CHECK_EQ(step.knob->ops->settle(&root, &step), -EINPROGRESS);
	machines_put(test_tmpdir(), GROUPS "system.slice/cpuset.cpus.effective", "0-1\n");
	CHECK_EQ(step.knob->ops->settle(&root, &step), 0);
	step.next = all;
	CHECK_EQ(step.knob->ops->settle(&root, &step), -EINPROGRESS);
}

static void check_shell(const char *object, const char *value, const char *want)
{
	auto_free char *copy = strdup(object);
	const struct plan_step step = { .knob = knob_find("cpuset"), .object = copy };
	auto_str struct str text = { .s = NULL };

	CHECK_EQ(knob_add_command(&step, value, &text), 0);
	CHECK_STREQ(text.s, want);
}

TEST(knob_cpuset_systemd__has_commands_for_it)
{
	check_shell(SYSTEM, "0-1",
		    "systemctl set-property --runtime system.slice AllowedCPUs=0-1\n");
	check_shell("unit/user.slice/user-1000.slice/user@1000.service", "0-2 by its unit file",
		    "systemctl set-property --runtime user@1000.service AllowedCPUs=0-2\n"
		    "rm -f /run/systemd/system.control/user@1000.service.d/50-AllowedCPUs.conf"
		    " /run/systemd/transient/user@1000.service.d/50-AllowedCPUs.conf\n");
	check_shell("unit/a\\x2db.slice", "all",
		    "systemctl set-property --runtime 'a\\x2db.slice' "
		    "AllowedCPUs=\"$(cat /sys/devices/system/cpu/possible)\"\n"
		    "systemctl set-property --runtime 'a\\x2db.slice' AllowedCPUs=\n"
		    "rm -f /run/systemd/system.control/'a\\x2db.slice'.d/50-AllowedCPUs.conf"
		    " /run/systemd/transient/'a\\x2db.slice'.d/50-AllowedCPUs.conf\n");
}

/* A process of one thread in @group, on @cpus; @vcpu: it is a VM's, too. */
static void put_process(int pid, const char *group, const char *cpus, bool is_vm)
{
	char path[PATH_MAX], text[256];

	(void)snprintf(path, sizeof(path), "proc/%d/task/%d/cgroup", pid, pid);
	(void)snprintf(text, sizeof(text), "0::/%s\n", group);
	machines_put(test_tmpdir(), path, text);
	(void)snprintf(text, sizeof(text), "Tgid:\t%d\nCpus_allowed_list:\t%s\n", pid, cpus);
	(void)snprintf(path, sizeof(path), "proc/%d/status", pid);
	machines_put(test_tmpdir(), path, text);
	(void)snprintf(text, sizeof(text),
		       "%d (work) S 1 0 0 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 7%d 0 0 0 0 0 0 0 "
		       "0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n",
		       pid, pid);
	(void)snprintf(path, sizeof(path), "proc/%d/task/%d/stat", pid, pid);
	machines_put(test_tmpdir(), path, text);
	if (!is_vm)
		return;
	(void)snprintf(path, sizeof(path), "proc/%d/fd/x", pid);
	machines_put(test_tmpdir(), path, "");
	(void)snprintf(path, sizeof(path), "%s/proc/%d/fd/8", test_tmpdir(), pid);
	CHECK_EQ(symlink("anon_inode:kvm-vm", path), 0);
}

TEST(knob_cpuset_systemd__tells_the_units_beside_a_vm_in_another_slice)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	put_group("user.slice/");
	put_group("user.slice/user-1000.slice/");
	put_group("user.slice/user-1000.slice/session-2.scope/");
	put_group("user.slice/user-1000.slice/user@1000.service/");
	put_group("docker/");
	put_process(50, "user.slice/user-1000.slice/session-2.scope", "0-3", true);
	isolate_plan(&root, "cpuset", "2-3", "0-3", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text,
		    "unit/init.scope: all -> 0-1\n" SYSTEM ": all -> 0-1\n"
		    "unit/user.slice/user-1000.slice/user@1000.service: all -> 0-1\n"
		    "docker stays: no unit with tasks of systemd's\n"
		    "user.slice/user-1000.slice/session-2.scope stays: a virtual machine runs in "
		    "it\n");
	CHECK_EQ(plan.n_advice, 1);
	CHECK(str_starts(plan.advice[0], "units that start later in user.slice may use"));
}

TEST(knob_cpuset_systemd__takes_the_thread_that_it_is_for_for_no_vm)
{
	auto_root struct root root = machine();
	struct layer layer = { .victims = { 60 }, .n_victims = 1 };
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	put_group("system.slice/a.service/");
	put_group("system.slice/b.service/");
	put_process(60, "system.slice/a.service", "2", false);
	CHECK_EQ(cpuset_parse("2-3", &layer.guest), 0);
	isolate_plan_vm(&root, "cpuset", &layer, "0-3", &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, "unit/init.scope: all -> 0-1\n"
			  "unit/system.slice/b.service: all -> 0-1\n"
			  "system.slice/a.service stays: the thread of a shield runs in it\n");
	CHECK_EQ(plan.n_advice, 1);
	CHECK_STREQ(plan.advice[0], "units that start later in system.slice may use the guest's "
				    "CPUs, since the thread of a shield runs in it: start that in "
				    "a slice of its own");
}

/* One that runs systemd: its tree has another above, and no shield fails for that. */
TEST(knob_cpuset_systemd__leaves_a_container_alone)
{
	auto_root struct root root = machine();
	const char *why = "";

	machines_put(test_tmpdir(), GROUPS "cgroup.type", "domain\n");
	CHECK_EQ(knob_find("cpuset")->ops->probe(&root, &why), -EXDEV);
	CHECK_STREQ(why, "only a part of the host's cgroups is to be seen here");
}

static void put_processes(const char *release)
{
	machines_put(test_tmpdir(), "proc/sys/kernel/osrelease", release);
	put_process(50, "machine.slice/vm.scope", "2", true);
	put_process(60, "system.slice/a.service", "0-3", false);
	put_process(61, "system.slice/a.service", "1-2", false);
	put_process(62, "system.slice", "3", false);
	put_process(63, "machine.slice", "0-2", false);
}

/* The last shield goes; a task has asked for CPUs meanwhile, of which the journal knows nothing. */
TEST(knob_cpuset_systemd__remembers_affinities_of_the_time_of_a_shield)
{
	auto_root struct root root = machine();
	auto_journal struct journal journal = { .seq = 1 };
	auto_plan struct plan none = { 0 }, plan = { 0 };
	auto_free char *text = NULL;

	put_processes("6.1.0\n");
	isolate_plan(&root, "cpuset", NULL, "0-3", NULL, &none);
	CHECK_EQ(none.n_steps, 0);
	isolate_remember(&journal, "cpuset", SYSTEM, "all", "0-1");
	isolate_plan(&root, "cpuset", NULL, "0-3", &journal, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, "task/50: 2 -> 2\ntask/61: 1-2 -> 1-2\ntask/62: 3 -> 3\n"
			  "task/63: 0-2 -> 0-2\n");
}
