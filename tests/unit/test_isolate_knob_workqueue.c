/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/knob_workqueue, knob_watchdog: masks of kernel work and of the lockup watchdog.
 */
#include "base/cleanup.h"
#include "isolate.h"
#include "isolate/knob.h"
#include "machines.h"
#include "test.h"

#define QUEUES "sys/devices/virtual/workqueue/"

/* nvme-wq is bound to CPUs and has no mask. */
static struct root machine(void)
{
	struct root root;

	machines_put(test_tmpdir(), QUEUES "cpumask", "f\n");
	machines_put(test_tmpdir(), QUEUES "writeback/cpumask", "0000000f\n");
	machines_put(test_tmpdir(), QUEUES "blkcg_punt_bio/cpumask", "3\n");
	machines_put(test_tmpdir(), QUEUES "nvme-wq/max_active", "0\n");
	machines_put(test_tmpdir(), "proc/sys/kernel/watchdog_cpumask", "0-3\n");
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	return root;
}

TEST(knob_workqueue__plans_the_mask_of_all_and_of_each)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	isolate_plan(&root, "workqueue", "2-3", "0-3", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, QUEUES "cpumask: 0-3 -> 0-1\n" QUEUES "writeback/cpumask: 0-3 -> 0-1\n");
	CHECK_STREQ(isolate_step(&plan, QUEUES "writeback/cpumask")->name, "workqueue writeback");
}

TEST(knob_workqueue__writes_masks)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;
	const struct plan_step *step;

	isolate_plan(&root, "workqueue", "2-3", "0-3", NULL, &plan);
	step = isolate_step(&plan, QUEUES "cpumask");
	CHECK_EQ(step->knob->ops->write(&root, step, step->next), 0);
	CHECK_EQ(fs_read_file(&root, &text, NULL, QUEUES "cpumask"), 0);
	CHECK_STREQ(text, "3\n");
	isolate_there_and_back(&root, step);
}

/* From 6.8 on an isolated partition is taken out of what cpumask reads. */
TEST(knob_workqueue__goes_by_what_was_requested)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *now = NULL;
	const struct plan_step *step;

	machines_put(test_tmpdir(), QUEUES "cpumask", "1\n");
	machines_put(test_tmpdir(), QUEUES "cpumask_requested", "f\n");
	isolate_plan(&root, "workqueue", "2-3", "0-3", NULL, &plan);
	step = isolate_step(&plan, QUEUES "cpumask");
	CHECK_STREQ(step->orig, "0-3");
	CHECK_STREQ(step->next, "0-1");
	CHECK_EQ(step->knob->ops->read(&root, step, &now), 0);
	CHECK_STREQ(now, "0-3");
}

TEST(knob_watchdog__leaves_the_guests_cpus_out)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	isolate_plan(&root, "watchdog", "1,3", "0-3", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, "proc/sys/kernel/watchdog_cpumask: 0-3 -> 0,2\n");
	isolate_there_and_back(&root, isolate_step(&plan, "proc/sys/kernel/watchdog_cpumask"));
}

TEST(knob_watchdog__is_not_everywhere)
{
	auto_plan struct plan plan = { 0 };
	auto_root struct root root = { .fd = -1 };

	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	isolate_plan(&root, "watchdog", "1,3", "0-3", NULL, &plan);
	isolate_plan(&root, "workqueue", "1,3", "0-3", NULL, &plan);
	CHECK_EQ(plan.n_steps + plan.n_stays, 0);
}
