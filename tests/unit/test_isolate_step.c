/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/step: one interrupt, or one cpuset in another: what is written, and how it stands, when
 * something else has written meanwhile.
 */
#include "isolate/step.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "isolate.h"
#include "isolate/apply.h"
#include "isolate/knob.h"
#include "machines.h"
#include "test.h"

#define IRQ "proc/irq/24/smp_affinity_list"

static const struct step_reset no_reset, balancer = { .has_balancer = true };

/* Line 24, which was @orig, became @prev and shall be @next, is @now. */
static struct root line(struct journal *journal, const char *orig, const char *prev,
			const char *next, const char *now)
{
	struct root root;

	machines_put(test_tmpdir(), IRQ, now);
	machines_put(test_tmpdir(), "proc/irq/default_smp_affinity", "f\n");
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	isolate_remember(journal, "irq", IRQ, orig, prev);
	free(journal->steps[0].next);
	journal->steps[0].next = strdup(next);
	return root;
}

static enum step_state checked(const char *orig, const char *prev, const char *next,
			       const char *now, const struct step_reset *reset)
{
	auto_journal struct journal journal = { .boot_id = "" };
	auto_root struct root root = line(&journal, orig, prev, next, now);

	step_check(&root, &journal.steps[0], reset);
	return journal.steps[0].state;
}

static enum step_state applied(const char *orig, const char *prev, const char *next,
			       const char *now, const struct step_reset *reset, char **ret_value)
{
	auto_journal struct journal journal = { .boot_id = "" };
	auto_root struct root root = line(&journal, orig, prev, next, now);

	CHECK_EQ(step_apply(&root, &journal.steps[0], reset), 0);
	CHECK_EQ(fs_read_line(&root, ret_value, IRQ), 0);
	return journal.steps[0].state;
}

#define CHECK_APPLIED(orig, prev, next, now, reset, want_state, want)                        \
	do {                                                                                 \
		auto_free char *value_ = NULL;                                               \
		CHECK_EQ(applied(orig, prev, next, now, reset, &value_), (int)(want_state)); \
		CHECK_STREQ(value_, want);                                                   \
	} while (0)

/* irqbalance picks one CPU out of those that it finds. */
TEST(step_check__a_line_on_a_part_of_its_cpus_is_held)
{
	CHECK_EQ(checked("0-3", "0-1", "0-1", "1\n", &no_reset), STEP_HELD);
	CHECK_EQ(checked("0-3", "0-1", "0-1", "0-2\n", &no_reset), STEP_DRIFTED);
	CHECK_EQ(checked("0-3", "0-1", "0-1", "3\n", &no_reset), STEP_DRIFTED);
}

/* As it was under the shield is within what it shall be again, and still not it. */
TEST(step_check__a_part_will_not_do_for_the_original)
{
	CHECK_EQ(checked("0-3", "0-1", "0-3", "0-1\n", &no_reset), STEP_FAILED);
	CHECK_EQ(checked("0-3", "0-1", "0-3", "1\n", &no_reset), STEP_DRIFTED);
}

TEST(step_apply__leaves_a_line_on_a_part_of_its_cpus)
{
	CHECK_APPLIED("0-3", "0-1", "0-1", "1\n", &no_reset, STEP_HELD, "1");
	CHECK_APPLIED("0-3", "0", "0-1", "0\n", &no_reset, STEP_HELD, "0-1"); /* ours: it grows */
}

TEST(step_apply__what_a_balancer_chose_for_us_is_put_back)
{
	CHECK_APPLIED("0-3", "0-1", "0-3", "1\n", &balancer, STEP_HELD, "0-3");
	CHECK_APPLIED("0-3", "0-1", "0-3", "1\n", &no_reset, STEP_DRIFTED, "1");
	CHECK_APPLIED("0-3", "0-1", "0-3", "2\n", &balancer, STEP_DRIFTED, "2");
}

TEST(step_check__says_that_the_kernel_did_it)
{
	auto_journal struct journal journal = { .boot_id = "" };
	auto_root struct root root = line(&journal, "0-3", "2", "2", "0-2\n");
	struct step_reset reset = { .has_happened = true };

	CHECK_EQ(cpuset_parse("0-3", &reset.known), 0);
	step_check(&root, &journal.steps[0], &reset);
	CHECK_EQ(journal.steps[0].state, STEP_DRIFTED);
	CHECK_STREQ(journal.steps[0].by, STEP_BY_KERNEL);
}

TEST(step_foresee__writes_nothing)
{
	auto_journal struct journal journal = { .boot_id = "" };
	auto_root struct root root = line(&journal, "0-3", "0-1", "0-3", "0-1\n");
	auto_free char *value = NULL;

	step_foresee(&root, &journal.steps[0], &no_reset);
	CHECK_EQ(journal.steps[0].state, STEP_PLANNED);
	machines_put(test_tmpdir(), IRQ, "2\n");
	step_foresee(&root, &journal.steps[0], &no_reset);
	CHECK_EQ(journal.steps[0].state, STEP_DRIFTED);
	CHECK_EQ(fs_read_line(&root, &value, IRQ), 0);
	CHECK_STREQ(value, "2");
}

/* No thread of a recorded machine can be moved: that is no failure that rolls all back. */
TEST(step_apply__what_a_recorded_machine_has_not_is_refused)
{
	auto_journal struct journal journal = { .boot_id = "" };
	struct root root;

	machines_put(test_tmpdir(), "proc/33/status", "Name:\tkswapd0\nCpus_allowed_list:\t0-3\n");
	machines_put(
		test_tmpdir(), "proc/33/stat",
		"33 (kswapd0) S 2 0 0 0 -1 2097152 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0 0 0 0 0 0 0 "
		"0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
	machines_put(
		test_tmpdir(), "proc/33/task/33/stat",
		"33 (kswapd0) S 2 0 0 0 -1 2097152 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0 0 0 0 0 0 0 "
		"0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
	machines_put(test_tmpdir(), "proc/33/task/33/status",
		     "Name:\tkswapd0\nCpus_allowed_list:\t0-3\n");
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	isolate_remember(&journal, "kthreads", "task/33", "0-3", "0-3");
	free(journal.steps[0].identity);
	free(journal.steps[0].next);
	journal.steps[0].identity = strdup("77");
	journal.steps[0].next = strdup("0-1");
	CHECK_EQ(step_apply(&root, &journal.steps[0], &no_reset), 0);
	CHECK_EQ(journal.steps[0].state, STEP_REFUSED);
	CHECK_EQ(journal.steps[0].err, -EOPNOTSUPP);
	fs_root_done(&root);
}

#define OUTER "sys/fs/cgroup/cpuset/docker/cpuset.cpus"
#define INNER "sys/fs/cgroup/cpuset/docker/web/cpuset.cpus"

/* The inner one first, as they are planned. */
static struct root nested(struct plan *plan)
{
	static const char *const objects[] = { INNER, OUTER };
	struct root root;

	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		struct plan_step step = { .knob = knob_find("cpuset"),
					  .object = strdup(objects[i]),
					  .name = strdup(objects[i]),
					  .orig = strdup("2-3"),
					  .prev = strdup("2-3"),
					  .next = strdup("0-1") };

		machines_put(test_tmpdir(), objects[i], "2-3\n");
		CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
		CHECK_EQ(step.knob->ops->identify(&root, &step, &step.identity), 0);
		if (!i)
			fs_root_done(&root);
		CHECK_EQ(plan_take_step(plan, &step), 0);
	}
	return root;
}

TEST(step_widen__is_what_it_was_and_will_be)
{
	auto_plan struct plan plan = { .journal = NULL };
	auto_root struct root root = nested(&plan);
	auto_free char *wide = NULL, *narrow = NULL;

	CHECK_EQ(step_widen(&root, &plan.steps[0], &no_reset), 0);
	CHECK_EQ(fs_read_line(&root, &wide, INNER), 0);
	CHECK_STREQ(wide, "0-3");
	CHECK_EQ(step_apply(&root, &plan.steps[0], &no_reset), 0);
	CHECK_EQ(plan.steps[0].state, STEP_HELD);
	CHECK_EQ(fs_read_line(&root, &narrow, INNER), 0);
	CHECK_STREQ(narrow, "0-1");
}

/* Killed in between, with prev and next on disk: it is known, and narrowed. */
TEST(step_apply__takes_the_wide_value_for_its_own)
{
	auto_plan struct plan plan = { .journal = NULL };
	auto_root struct root root = nested(&plan);
	auto_free char *narrow = NULL;

	machines_put(test_tmpdir(), OUTER, "0-3\n");
	step_check(&root, &plan.steps[1], &no_reset);
	CHECK_EQ(plan.steps[1].state, STEP_FAILED);
	CHECK_EQ(step_apply(&root, &plan.steps[1], &no_reset), 0);
	CHECK_EQ(plan.steps[1].state, STEP_HELD);
	CHECK_EQ(fs_read_line(&root, &narrow, OUTER), 0);
	CHECK_STREQ(narrow, "0-1");
}

TEST(step_widen__is_not_needed_to_narrow)
{
	auto_plan struct plan plan = { .journal = NULL };
	auto_root struct root root = nested(&plan);
	auto_free char *wide = NULL;

	(void)root;
	free(plan.steps[0].next);
	plan.steps[0].next = strdup("3");
	CHECK_EQ(step_format_wide(&plan.steps[0], &wide), 0);
	CHECK(!wide);
}

/* Narrowed from within, and so in both directions. */
TEST(apply_order__goes_through_nested_sets_from_within)
{
	auto_plan struct plan plan = { .journal = NULL };
	auto_root struct root root = nested(&plan);
	auto_free unsigned int *there = apply_order(&plan, false), *back = apply_order(&plan, true);

	(void)root;
	CHECK(there && back);
	CHECK_EQ(there[0], 0);
	CHECK_EQ(there[1], 1);
	CHECK_EQ(back[0], 0);
	CHECK_EQ(back[1], 1);
}

/* A setting that takes what it is given in ways of its own. */
static struct odd {
	char value[16];
	const char *takes; /* this, whatever is written; NULL: what is written */
	int err;	   /* of a write; what is written is taken all the same when @is_taken */
	unsigned int n_errors;
	bool is_taken;
} odd;

static int odd_read(const struct root *root, const struct plan_step *step, char **ret)
{
	(void)root;
	(void)step;
	*ret = strdup(odd.value);
	return *ret ? 0 : -ENOMEM;
}

static int odd_write(const struct root *root, const struct plan_step *step, const char *value)
{
	bool fails = odd.n_errors > 0;

	(void)root;
	(void)step;
	odd.n_errors -= fails;
	if (!fails || odd.is_taken)
		(void)snprintf(odd.value, sizeof(odd.value), "%s", odd.takes ? odd.takes : value);
	return fails ? odd.err : 0;
}

static const struct knob_ops odd_ops = { .read = odd_read, .write = odd_write };
static const struct knob odd_knob = { .name = "odd", .help = "", .ops = &odd_ops };

/* It was 0-3 and shall be 0-1. */
static void write_odd(const struct odd *how, struct plan_step *step)
{
	const struct root root = { .fd = -1, .path = "/" };

	odd = *how;
	(void)snprintf(odd.value, sizeof(odd.value), "0-3");
	*step = (struct plan_step){ .knob = &odd_knob,
				    .object = strdup("odd"),
				    .orig = strdup("0-3"),
				    .prev = strdup("0-3"),
				    .next = strdup("0-1") };
	CHECK_EQ(step_apply(&root, step, &no_reset), 0);
}

#define auto_step __attribute__((cleanup(plan_step_done)))

TEST(step_apply__what_the_kernel_made_something_else_of_failed_and_is_ours)
{
	auto_step struct plan_step step;

	write_odd(&(struct odd){ .takes = "0" }, &step);
	CHECK_EQ(step.state, STEP_FAILED);
	CHECK_EQ(step.err, -EXDEV);
	CHECK_STREQ(step.prev, "0"); /* so that it is put back */
}

TEST(step_apply__an_error_that_passes_is_tried_again)
{
	auto_step struct plan_step step;

	write_odd(&(struct odd){ .err = -EBUSY, .n_errors = 2 }, &step);
	CHECK_EQ(step.state, STEP_HELD);
	CHECK_STREQ(odd.value, "0-1");
}

TEST(step_apply__an_error_that_does_not_pass_fails)
{
	auto_step struct plan_step step;

	write_odd(&(struct odd){ .err = -EBUSY, .n_errors = 100 }, &step);
	CHECK_EQ(step.state, STEP_FAILED);
	CHECK_EQ(step.err, -EBUSY);
	CHECK_STREQ(step.prev, "0-3");
}

/* What counts is what is read. */
TEST(step_apply__what_was_taken_with_an_error_holds)
{
	auto_step struct plan_step step;

	write_odd(&(struct odd){ .err = -EIO, .n_errors = 1, .is_taken = true }, &step);
	CHECK_EQ(step.state, STEP_HELD);
	CHECK_STREQ(step.prev, "0-1");
}
