/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/knob_cpuset: the ways of cgroup v2 on a recorded tree: an isolated partition for a VM of
 * libvirt; which way, why not the stronger one, and when there can be none.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cgroups.h"
#include "isolate.h"
#include "isolate/knob.h"
#include "isolate/step.h"
#include "machines.h"
#include "sys/vms.h"
#include "test.h"

#define TOP	CGROUPS_TOP
#define SCOPE	CGROUPS_SCOPE
#define LIBVIRT CGROUPS_LIBVIRT

static struct vcpu vcpus[] = { { .index = 0, .tid = 101 }, { .index = 1, .tid = 102 } };
static char vm_name[] = "win";
static const struct vm vm = { .pid = 100, .name = vm_name, .vcpus = vcpus, .n_vcpus = 2 };

/* Plans as apply does; what comes of it is the text, or the refusal. */
static int plan_vm(const struct root *root, const char *guest, const struct vm *of,
		   const struct journal *journal, struct plan *plan)
{
	struct layer layer = { .knobs = UINT64_MAX, .vm = of }, *layers[] = { &layer };
	const struct knob *knob = knob_find("cpuset");
	struct cpuset online;
	struct goal goal;
	int err;

	CHECK_EQ(cpuset_parse(guest, &layer.guest), 0);
	CHECK_EQ(cpuset_parse("0-5", &online), 0);
	CHECK_EQ(goal_init(&goal, layers, 1, knob_number(knob), &online), 0);
	plan->knob = knob;
	plan->journal = journal;
	err = knob->ops->plan(root, &goal, plan);
	goal_done(&goal);
	return err;
}

#define PARTITIONED                                                         \
	TOP "machine.slice/cpuset.cpus.exclusive:  -> 2-3\n" TOP SCOPE      \
	    "/cpuset.cpus.exclusive:  -> 2-3\n" TOP SCOPE                   \
	    "/libvirt/cpuset.cpus.exclusive:  -> 2-3\n" TOP LIBVIRT         \
	    "vcpu0/cpuset.cpus.partition: member -> isolated\n" TOP LIBVIRT \
	    "vcpu1/cpuset.cpus.partition: member -> isolated\n"

TEST(knob_cpuset_v2__makes_partitions_of_libvirts_vcpus)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	cgroups_put_libvirt();
	CHECK_EQ(plan_vm(&root, "2-3", &vm, NULL, &plan), 0);
	text = isolate_text(&plan);
	CHECK_STREQ(text, PARTITIONED);
	CHECK_STREQ(plan.steps[3].name, "cgroup of vCPU 0, win");
	for (unsigned int i = 0; i < plan.n_steps; i++)
		isolate_there_and_back(&root, &plan.steps[i]);
}

TEST(knob_cpuset_v2__quotes_names_in_commands)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	auto_plan struct plan plan = { 0 };
	auto_str struct str text = { 0 };

	cgroups_put_libvirt();
	CHECK_EQ(plan_vm(&root, "2-3", &vm, NULL, &plan), 0);
	CHECK_EQ(knob_add_command(&plan.steps[0], "2-3", &text), 0);
	CHECK_EQ(knob_add_command(&plan.steps[3], "isolated", &text), 0);
	CHECK_STREQ(text.s, "echo 2-3 > /sys/fs/cgroup/machine.slice/cpuset.cpus.exclusive\n"
			    "echo isolated > '/" TOP LIBVIRT "vcpu0/cpuset.cpus.partition'\n");
}

/* As a hotplug leaves it: a member once, then isolated again. */
TEST(knob_cpuset_v2__knows_a_lost_partition_by_the_verdict)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	auto_plan struct plan plan = { 0 };
	struct plan_step *step;
	auto_free char *now = NULL;

	cgroups_put_libvirt();
	CHECK_EQ(plan_vm(&root, "2-3", &vm, NULL, &plan), 0);
	step = &plan.steps[3];
	cgroups_put(LIBVIRT "vcpu0/cpuset.cpus.partition", "isolated invalid (No cpu available)\n");
	CHECK_EQ(step->knob->ops->read(&root, step, &now), 0);
	CHECK_STREQ(now, "isolated invalid (No cpu available)");
	free(step->now);
	step->now = strdup(now);
	CHECK(step->knob->ops->is_lost(&root, step));
	isolate_there_and_back(&root, step);
}

TEST(knob_cpuset_v2__makes_a_lost_partition_again)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	const struct step_reset reset = { .has_happened = false };
	auto_plan struct plan plan = { 0 };
	auto_free char *now = NULL;
	struct plan_step *step;

	cgroups_put_libvirt();
	CHECK_EQ(plan_vm(&root, "2-3", &vm, NULL, &plan), 0);
	step = &plan.steps[3];
	CHECK_EQ(step_apply(&root, step, &reset), 0);
	CHECK_EQ(step->state, STEP_HELD);
	cgroups_put(LIBVIRT "vcpu0/cpuset.cpus.partition", "isolated invalid (No cpu available)\n");
	step_check(&root, step, &reset);
	CHECK_EQ(step->state, STEP_DRIFTED);
	CHECK_STREQ(step->by, STEP_LOST);
	CHECK_EQ(step_apply(&root, step, &reset), 0);
	CHECK_EQ(step->state, STEP_HELD);
	CHECK_EQ(fs_read_line(&root, &now, TOP LIBVIRT "vcpu0/cpuset.cpus.partition"), 0);
	CHECK_STREQ(now, "isolated");
	cgroups_put(LIBVIRT "vcpu0/cpuset.cpus.partition", "root\n"); /* somebody's */
	CHECK_EQ(step_apply(&root, step, &reset), 0);
	CHECK_EQ(step->state, STEP_DRIFTED);
}

static void put_kthread(const char *cpus)
{
	char text[64];

	machines_put(
		test_tmpdir(), "proc/60/task/60/stat",
		"60 (kswapd0) S 2 0 0 0 -1 2097152 0 0 0 0 0 0 0 0 20 0 1 0 30 0 0 0 0 0 0 0 0 "
		"0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n");
	(void)snprintf(text, sizeof(text), "Tgid:\t60\nCpus_allowed_list:\t%s\n", cpus);
	machines_put(test_tmpdir(), "proc/60/status", text);
}

/* What the kernel moves by itself is only remembered; one that has a step keeps it until all is lifted. */
TEST(knob_kthreads__leaves_partitions_to_the_kernel)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	struct layer layer = { .vm = &vm };
	auto_plan struct plan plan = { 0 }, late = { 0 }, known = { 0 }, files = { 0 };
	auto_journal struct journal journal = { .seq = 0 };

	cgroups_put_libvirt();
	CHECK_EQ(cpuset_parse("2-3", &layer.guest), 0);
	put_kthread("0-5");
	isolate_plan_vm(&root, "kthreads", &layer, "0-5", &plan);
	CHECK(step_is_untouched(isolate_step(&plan, "task/60")));
	layer.vm = NULL;
	isolate_plan_vm(&root, "kthreads", &layer, "0-5", &files);
	CHECK_STREQ(isolate_step(&files, "task/60")->next, "0-1,4-5");
	layer.vm = &vm;
	isolate_remember(&journal, "kthreads", "task/60", "0-5", "0-1,4-5");
	free(journal.steps[0].identity);
	journal.steps[0].identity = strdup("30");
	known.journal = &journal;
	isolate_plan_vm(&root, "kthreads", &layer, "0-5", &known);
	CHECK_STREQ(isolate_step(&known, "task/60")->next, "0-1,4-5");
	cgroups_put("cpuset.cpus.effective", "0-1,4-5\n");
	put_kthread("0-1,4-5");
	isolate_plan_vm(&root, "kthreads", &layer, "0-5", &late);
	CHECK_STREQ(isolate_step(&late, "task/60")->orig, "0-5");
}

/* The kernel cuts masks to what partitions leave: that is as wanted, and no change of somebody's. */
TEST(knob_kthreads__knows_what_a_partition_cuts)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	char object[] = "task/60", cut[] = "0-1,4-5", whole[] = "0-5", narrow[] = "0";
	struct plan_step step = { .object = object, .orig = whole, .prev = whole, .now = cut };
	const struct knob *knob = knob_find("kthreads");

	cgroups_put("cpuset.cpus.effective", "0-1,4-5\n");
	step.next = whole;
	CHECK(knob->ops->is_same(&root, &step));
	CHECK(!knob->ops->is_lost(&root, &step)); /* nothing is to be written */
	step.next = narrow;
	CHECK(!knob->ops->is_same(&root, &step));
	CHECK(knob->ops->is_lost(&root, &step));
	step.now = narrow;
	CHECK(!knob->ops->is_lost(&root, &step));
}

/* Each sentence is the note of the way that is taken then. */
static void check_note(const char *note)
{
	auto_root struct root root;
	auto_plan struct plan plan = { 0 };
	char why[256];

	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	CHECK_EQ(plan_vm(&root, "2-3", &vm, NULL, &plan), 0);
	(void)snprintf(why, sizeof(why),
		       "tasks of other cgroups: on the host's CPUs; no isolated partition: %s",
		       note);
	CHECK_EQ(plan.n_steps, 1);
	CHECK_STREQ(plan.steps[0].object, TOP "system.slice/cpuset.cpus");
	CHECK_STREQ(plan.steps[0].next, "0-1,4-7");
	CHECK_STREQ(plan.steps[0].why, why);
}

TEST(knob_cpuset_v2__says_why_there_is_no_partition)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");

	(void)root;
	cgroups_put_libvirt();
	cgroups_put(LIBVIRT "emulator/cpuset.cpus", "0-3\n");
	check_note("emulator of the VM may run on the guest's CPUs (emulatorpin)");
	cgroups_put(LIBVIRT "emulator/cpuset.cpus", "0-1\n");
	cgroups_put(LIBVIRT "vcpu1/cpuset.cpus", "2-3\n");
	check_note("vCPU 1 is not pinned to one CPU by its cgroup (vcpupin)");
	cgroups_put(LIBVIRT "vcpu1/cpuset.cpus", "2\n");
	check_note("vCPU 1 shares its CPU with another");
	cgroups_put(LIBVIRT "vcpu1/cpuset.cpus", "3\n");
	cgroups_put(LIBVIRT "vcpu1/cgroup.threads", "102\n103\n");
	check_note("vCPU 1 has no cgroup of its own, as libvirt makes them");
}

/* Kernels before 6.7: the file is not there. */
TEST(knob_cpuset_v2__narrows_cgroups_where_the_kernel_is_too_old)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	char path[256];

	(void)root;
	cgroups_put_libvirt();
	(void)snprintf(path, sizeof(path), "%s/" TOP LIBVIRT "vcpu0/cpuset.cpus.exclusive",
		       test_tmpdir());
	CHECK_EQ(unlink(path), 0);
	check_note("this kernel has no remote partitions; those from 6.7 on do");
}

static void check_refusal(const struct root *root, const char *want)
{
	auto_plan struct plan plan = { 0 };

	CHECK_EQ(plan_vm(root, "2-3", &vm, NULL, &plan), -EBUSY);
	CHECK_STREQ(plan.refusal, want);
}

TEST(knob_cpuset_v2__refuses_beside_another_owner)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");

	cgroups_put_libvirt();
	cgroups_put("cpuset.cpus.effective", "0-2,4-5\n");
	check_refusal(&root, "CPU 3 is in a cpuset partition that is not lull's "
			     "(cpuset.cpus.partition of some cgroup)");
	cgroups_put("cpuset.cpus.effective", "0-5\n");
	cgroups_put(LIBVIRT "vcpu1/cpuset.cpus.partition", "root\n");
	check_refusal(&root, "the cgroup of vCPU 1, win is a partition already (root), and not by "
			     "lull");
	cgroups_put_group("lull-host", "0-1\n");
	check_refusal(&root, "there is a cgroup lull-host that no journal knows of");
	cgroups_put_group("kubepods.slice", "\n");
	check_refusal(&root, "kubelet manages this host's cpusets (kubepods.slice)");
}

/* In force: the partition's CPUs are missing from the root, and it is ours. */
TEST(knob_cpuset_v2__knows_its_own_partition_by_the_journal)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	auto_plan struct plan plan = { 0 }, first = { 0 };
	auto_journal struct journal journal = { .seq = 0 };

	cgroups_put_libvirt();
	CHECK_EQ(plan_vm(&root, "2-3", &vm, NULL, &first), 0);
	for (unsigned int i = 0; i < first.n_steps; i++) {
		const struct plan_step *step = &first.steps[i];

		CHECK_EQ(step->knob->ops->write(&root, step, step->next), 0);
		isolate_remember(&journal, "cpuset", step->object, step->orig, step->next);
		free(journal.steps[i].identity);
		journal.steps[i].identity = strdup(step->identity);
	}
	cgroups_put("cpuset.cpus.effective", "0-1,4-5\n");
	CHECK_EQ(plan_vm(&root, "2-3", &vm, &journal, &plan), 0);
	CHECK_EQ(plan.n_steps, 5);
	CHECK_STREQ(plan.steps[0].orig, "");
	CHECK_STREQ(plan.steps[0].next, "2-3");
	CHECK_STREQ(plan.steps[4].orig, "member");
	CHECK_STREQ(plan.steps[4].now, "isolated");
}

TEST(knob_cpuset_v2__sees_no_more_than_a_container_has)
{
	auto_root struct root root = cgroups_machine("cpuset cpu\n");
	const char *why = "";

	CHECK_EQ(knob_find("cpuset")->ops->probe(&root, &why), 0);
	cgroups_put("cgroup.type", "domain\n");
	CHECK_EQ(knob_find("cpuset")->ops->probe(&root, &why), -EXDEV);
	CHECK_STREQ(why, "only a part of the host's cgroups is to be seen here");
}

/* cpuset is v1's where both are mounted. */
TEST(knob_cpuset_v2__leaves_hybrid_hosts_to_v1)
{
	auto_root struct root root = cgroups_machine("cpu\n");
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	machines_put(test_tmpdir(), "proc/self/mountinfo",
		     "34 31 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
		     "35 31 0:32 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n");
	cgroups_put("unified/cgroup.controllers", "\n");
	cgroups_put("cpuset/cpuset.cpus", "0-5\n");
	cgroups_put("cpuset/docker/cpuset.cpus", "0-5\n");
	isolate_plan(&root, "cpuset", "2-3", "0-5", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, TOP "cpuset/docker/cpuset.cpus: 0-5 -> 0-1,4-5\n"
			      "cgroup/lull-host:  -> 0-1,4-5\n");
}
