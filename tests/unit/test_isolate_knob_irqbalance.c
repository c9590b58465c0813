/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/knob_irqbalance: on a recorded machine, which has no socket that answers, and what the
 * engine makes of a knob whose owner takes its time. The real one is tried as root.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "isolate.h"
#include "isolate/knob.h"
#include "isolate/step.h"
#include "machines.h"
#include "test.h"

#define VALUE "value"

static struct root machine(void)
{
	struct root root;

	machines_put(
		test_tmpdir(), "proc/700/task/700/stat",
		"700 (irqbalance) S 1 0 0 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 7000 0 0 0 0 0 0 0 "
		"0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n");
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	return root;
}

TEST(knob_irqbalance__plans_nothing_where_it_does_not_run)
{
	auto_root struct root root = { .fd = -1 };
	auto_plan struct plan plan = { 0 };

	machines_put(test_tmpdir(), "proc/version", "x\n");
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	isolate_plan(&root, "irqbalance", "2-3", "0-3", NULL, &plan);
	CHECK_EQ(plan.n_steps + plan.n_stays, 0);
}

TEST(knob_irqbalance__is_said_to_stay_on_a_recorded_machine)
{
	auto_root struct root root = machine();
	auto_plan struct plan plan = { 0 };
	auto_free char *text = NULL;

	isolate_plan(&root, "irqbalance", "2-3", "0-3", NULL, &plan);
	text = isolate_text(&plan);
	CHECK_STREQ(text, "irqbalance stays: does not answer: a recorded machine\n");
}

/* A file that takes writes and does not change: an owner that has not come to it yet. */
static int read_file(const struct root *root, const struct plan_step *step, char **ret)
{
	(void)step;
	return fs_read_line(root, ret, VALUE);
}

static int n_written; /* since the last check_late() began */

static int accept_write(const struct root *root, const struct plan_step *step, const char *value)
{
	(void)root;
	(void)step;
	(void)value;
	n_written++;
	return 0;
}

static const struct knob_ops late_ops = { .read = read_file,
					  .write = accept_write,
					  .is_late = true };

static void check_late(const char *now, const char *prev, const char *next, enum step_state want)
{
	const struct knob knob = { .name = "late", .ops = &late_ops };
	const struct step_reset reset = { .has_happened = false };
	auto_root struct root root = { .fd = -1 };
	char object[] = "x", empty[] = "", orig[] = "3";
	struct plan_step step = { .knob = &knob,
				  .object = object,
				  .identity = empty,
				  .orig = orig,
				  .prev = strdup(prev),
				  .next = strdup(next) };

	n_written = 0;
	machines_put(test_tmpdir(), VALUE, now);
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	CHECK_EQ(step_apply(&root, &step, &reset), 0);
	CHECK_EQ(step.state, want);
	if (want == STEP_PENDING || want == STEP_HELD) {
		CHECK_STREQ(step.prev, next);
		step_check(&root, &step, &reset);
		CHECK_EQ(step.state, want);
	}
	free(step.prev);
	free(step.next);
	free(step.now);
}

TEST(step_apply__awaits_an_owner_that_takes_its_time)
{
	check_late("3\n", "3", "2-3", STEP_PENDING);
	CHECK_EQ(n_written, 1);
}

/* Put back while the first value is still to come: it has to be told again. */
TEST(step_apply__takes_back_what_is_still_to_come)
{
	check_late("3\n", "2-3", "3", STEP_HELD);
	CHECK_EQ(n_written, 1);
}

TEST(step_apply__leaves_a_late_value_of_somebody_else_alone)
{
	check_late("7\n", "2-3", "3", STEP_DRIFTED);
	CHECK_EQ(n_written, 0);
}
