/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/knob_kthreads: which kernel threads are planned to leave CPUs 2-3 of four.
 */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "isolate.h"
#include "isolate/knob.h"
#include "machines.h"
#include "test.h"

#define KTHREAD 0x00208040U
#define BOUND	(KTHREAD | 0x04000000U)

static void put_task(unsigned int pid, const char *comm, unsigned int flags, const char *cpus)
{
	char path[64], text[256];

	(void)snprintf(path, sizeof(path), "proc/%u/task/%u/stat", pid, pid);
	(void)snprintf(
		text, sizeof(text),
		"%u (%s) S 2 0 0 0 -1 %u 0 0 0 0 0 0 0 0 20 0 1 0 %u 0 0 0 0 0 0 0 0 0 0 0 0 "
		"0 0 0 17 0 0 0 0 0 0\n",
		pid, comm, flags, pid * 10);
	machines_put(test_tmpdir(), path, text);
	(void)snprintf(path, sizeof(path), "proc/%u/status", pid);
	(void)snprintf(text, sizeof(text), "Name:\tx\nCpus_allowed_list:\t%s\n", cpus);
	machines_put(test_tmpdir(), path, text);
}

static struct root machine(void)
{
	struct root root;

	put_task(1, "init", 0x400100, "0-3");
	put_task(2, "kthreadd", KTHREAD, "0-3");
	put_task(9, "rcu_preempt", KTHREAD, "0-3");
	put_task(10, "ksoftirqd/3", BOUND, "3");
	put_task(11, "kworker/u8:0", BOUND, "0-3");
	put_task(12, "irq/24-nvme0q1", KTHREAD, "2");
	put_task(13, "irq/25-ahci", KTHREAD, "0");
	put_task(14, "kswapd1", KTHREAD, "2-3");
	put_task(15, "kcompactd0", KTHREAD, "0-1");
	put_task(16, "kworker/u9:1", KTHREAD, "0-3"); /* just born: not bound yet */
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	return root;
}

TEST(knob_kthreads__moves_those_that_are_bound_to_no_cpu)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	isolate_plan(&root, "kthreads", "2-3", "0-3", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, "task/9: 0-3 -> 0-1\n"
			  "task/14: 2-3 -> 0-1\n"
			  "irq/24-nvme0q1 stays: the thread of an interrupt: follows its line\n"
			  "1 kernel thread of these CPUs stays: each CPU has its own (ksoftirqd, "
			  "migration, kworker)\n");
	CHECK_STREQ(isolate_step(&plan, "task/9")->name, "kernel thread rcu_preempt (9)");
	CHECK_STREQ(isolate_step(&plan, "task/9")->identity, "90");
}

TEST(knob_kthreads__names_cannot_hurt_a_terminal)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };

	put_task(9, "a\033[2J", KTHREAD, "0-3");
	isolate_plan(&root, "kthreads", "2-3", "0-3", NULL, &plan);
	CHECK_STREQ(isolate_step(&plan, "task/9")->name, "kernel thread a?[2J (9)");
}

/* A thread of the same number is another one: what it has now is its original. */
TEST(knob_kthreads__tells_a_thread_by_its_start)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_journal struct journal journal = { .seq = 0 };

	isolate_remember(&journal, "kthreads", "task/15", "0-3", "0-1");
	isolate_plan(&root, "kthreads", "2-3", "0-3", &journal, &plan);
	CHECK_EQ(plan.n_steps, 2);
}

TEST(knob_kthreads__plans_nothing_without_a_shield)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };

	isolate_plan(&root, "kthreads", NULL, "0-3", NULL, &plan);
	CHECK_EQ(plan.n_steps + plan.n_stays, 0);
}

TEST(knob_kthreads__reads_a_recorded_thread_and_writes_none)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *value = NULL, *identity = NULL;
	const struct plan_step *step;

	isolate_plan(&root, "kthreads", "2-3", "0-3", NULL, &plan);
	step = isolate_step(&plan, "task/14");
	CHECK_EQ(step->knob->ops->read(&root, step, &value), 0);
	CHECK_STREQ(value, "2-3");
	CHECK_EQ(step->knob->ops->identify(&root, step, &identity), 0);
	CHECK_STREQ(identity, "140");
	CHECK_EQ(step->knob->ops->write(&root, step, "0-1"), -EOPNOTSUPP);
}
