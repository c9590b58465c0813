/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step: compare and write. Which errors pass by themselves follows what others have learnt about
 * interrupts: EAGAIN, EBUSY and ENOMEM may be gone at the next try, the rest stays.
 */
#include "isolate/step.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "isolate/knob.h"

#define TRIES_MAX 3

bool step_is_untouched(const struct plan_step *step)
{
	return streq(step->orig, step->prev) && streq(step->prev, step->next);
}

static bool means_gone(int err)
{
	return err == -ENOENT || err == -ESRCH || err == -ENODEV;
}

static void fail(struct plan_step *step, int err)
{
	step->state = means_gone(err) ? STEP_GONE : STEP_FAILED;
	step->err = err;
}

static void take_value(char **to, char **value)
{
	free(*to);
	*to = take_ptr(*value);
}

/* Is the object still the one that was meant? 1, 0, or -errno. */
static int is_same(const struct root *root, const struct plan_step *step)
{
	auto_free char *identity = NULL;
	int err;

	if (!step->knob->ops->identify)
		return 1;
	err = step->knob->ops->identify(root, step, &identity);
	return err ?: streq(identity, step->identity);
}

/* Reads the value into step->now. When that is not possible the step's state says why. */
static bool look(const struct root *root, struct plan_step *step)
{
	auto_free char *value = NULL;
	int err = is_same(root, step);

	if (!err)
		err = -ENOENT;
	else if (err > 0)
		err = step->knob->ops->read(root, step, &value);
	if (err) {
		fail(step, err);
		return false;
	}
	take_value(&step->now, &value);
	return true;
}

/*
 * A set of CPUs that is neither ours nor the original, after CPUs went offline or the system slept:
 * kernels put all the CPUs in that were online then (seen: 7 on 6.12, 1 on 6.1, of f).
 */
static bool is_reset(const struct plan_step *step, const struct step_reset *reset)
{
	struct cpuset now;

	if (!reset->has_happened || !step->knob->ops->is_reset_by_kernel ||
	    cpuset_parse(step->now, &now))
		return false;
	cpuset_subtract(&now, &reset->known);
	return cpuset_is_empty(&now);
}

/* Accepted, and still as it was before: its owner has not come to it yet. */
static bool is_awaited(const struct plan_step *step)
{
	return step->knob->ops->is_late &&
	       (streq(step->now, step->prev) || streq(step->now, step->orig));
}

static bool is_as_wanted(const struct root *root, const struct plan_step *step)
{
	const struct knob_ops *ops = step->knob->ops;

	return streq(step->now, step->next) || (ops->is_same && ops->is_same(root, step));
}

static bool is_lost(const struct root *root, const struct plan_step *step)
{
	const struct knob_ops *ops = step->knob->ops;

	return ops->is_lost && ops->is_lost(root, step);
}

/* Is @inner a set of CPUs, not empty, within @outer? */
static bool is_within(const char *inner, const char *outer)
{
	struct cpuset cpus, around;

	if (cpuset_parse(inner, &cpus) || cpuset_parse(outer, &around) || cpuset_is_empty(&cpus))
		return false;
	cpuset_subtract(&cpus, &around);
	return cpuset_is_empty(&cpus);
}

/* Not as it was written, and yet as good: no CPU is in it that is not wanted. */
static bool serves(const struct plan_step *step)
{
	return step->knob->ops->is_good_in_part && !streq(step->next, step->orig) &&
	       !streq(step->now, step->prev) && is_within(step->now, step->next);
}

bool step_is_nested(const struct plan_step *step)
{
	return step->knob->ops->is_nested && step->knob->ops->is_nested(step);
}

unsigned int step_count_nested(const struct plan *plan, const unsigned int *order, unsigned int at)
{
	unsigned int n = 0;

	if (at && step_is_nested(&plan->steps[order[at - 1]]))
		return 0;
	while (at + n < plan->n_steps && step_is_nested(&plan->steps[order[at + n]]))
		n++;
	return n;
}

int step_format_wide(const struct plan_step *step, char **ret)
{
	struct cpuset both, prev, next;

	*ret = NULL;
	if (!step_is_nested(step) || cpuset_parse(step->prev, &prev) ||
	    cpuset_parse(step->next, &next))
		return 0;
	both = prev;
	cpuset_or(&both, &next);
	return cpuset_is_equal(&both, &prev) ? 0 : knob_format_cpus(&both, ret);
}

/* A run was killed between widening and narrowing. */
static bool is_wide(const struct plan_step *step)
{
	auto_free char *wide = NULL;

	return !step_format_wide(step, &wide) && wide && streq(step->now, wide);
}

/* Nobody else has made it what it is: it may be written. */
static bool is_ours(const struct root *root, const struct plan_step *step,
		    const struct step_reset *reset)
{
	return streq(step->now, step->prev) || is_reset(step, reset) || is_awaited(step) ||
	       (reset->has_balancer && step->knob->ops->is_good_in_part &&
		is_within(step->now, step->prev)) ||
	       is_wide(step) || is_lost(root, step);
}

static int set_prev(struct plan_step *step, const char *value)
{
	char *prev = strdup(value);

	if (!prev)
		return -ENOMEM;
	take_value(&step->prev, &prev);
	return 0;
}

/* It reads back as wanted. */
static int arrive(const struct root *root, struct plan_step *step)
{
	int err = set_prev(step, step->next);

	if (err)
		return err;
	err = step->knob->ops->settle ? step->knob->ops->settle(root, step) : 0;
	step->state = err == -EINPROGRESS ? STEP_PENDING : STEP_HELD;
	step->err = 0;
	if (err && err != -EINPROGRESS)
		fail(step, err);
	return 0;
}

static int write_value(const struct root *root, const struct plan_step *step, const char *value)
{
	int err = 0;

	for (int i = 0; i < TRIES_MAX; i++) {
		err = step->knob->ops->write(root, step, value);
		if (err != -EAGAIN && err != -EBUSY && err != -ENOMEM && err != -EINTR)
			break;
	}
	return err;
}

/* The write failed: gone meanwhile, refused for good, or a failure. */
static void write_failed(const struct root *root, struct plan_step *step, int err)
{
	const struct knob_ops *ops = step->knob->ops;
	int same = is_same(root, step);

	if (!same || means_gone(same)) {
		fail(step, -ENOENT);
	} else { /* it is there, whatever the error says */
		step->state = STEP_FAILED;
		step->err = err;
	}
	if (step->state == STEP_FAILED && streq(step->prev, step->orig) &&
	    ((ops->refusal && ops->refusal(err)) || (err == -EOPNOTSUPP && !fs_root_is_live(root))))
		step->state = STEP_REFUSED;
}

/*
 * What cannot be looked at after the write counts as written: then it will be put back. What the
 * kernel took and made something else of is ours to put back as well.
 */
static int write_and_look(const struct root *root, struct plan_step *step)
{
	int err = write_value(root, step, step->next);

	if (!look(root, step))
		return set_prev(step, step->next);
	if (is_as_wanted(root, step))
		return arrive(root, step);
	if (!err && is_awaited(step)) {
		step->state = STEP_PENDING;
		return set_prev(step, step->next);
	}
	if (err) {
		write_failed(root, step, err);
		return 0;
	}
	fail(step, -EXDEV);
	return set_prev(step, step->now);
}

int step_widen(const struct root *root, struct plan_step *step, const struct step_reset *reset)
{
	auto_free char *wide = NULL;
	int err = step_format_wide(step, &wide);

	if (err || !wide || step_is_untouched(step) || !look(root, step))
		return err;
	if (streq(step->now, step->next) || !is_ours(root, step, reset))
		return 0;
	if (!streq(step->now, wide) && write_value(root, step, wide))
		return 0; /* step_apply() will say so */
	return set_prev(step, wide);
}

enum verdict { IS_THERE, IS_TO_BE_WRITTEN, IS_SOMEBODYS };

/* What is to be done with a value that was read. */
static enum verdict compare(const struct root *root, const struct plan_step *step,
			    const struct step_reset *reset)
{
	/* What was written last may still come, so that nothing seems to be left to do. */
	if (is_as_wanted(root, step) &&
	    (!step->knob->ops->is_late || streq(step->prev, step->next)))
		return IS_THERE;
	if (serves(step) && !is_reset(step, reset))
		return IS_THERE;
	return is_ours(root, step, reset) ? IS_TO_BE_WRITTEN : IS_SOMEBODYS;
}

/* Nothing is, or was, to be written of it, and the kernel has left it alone. */
static bool is_left_alone(const struct root *root, const struct plan_step *step)
{
	return step_is_untouched(step) && (streq(step->now, step->next) || !is_lost(root, step));
}

int step_apply(const struct root *root, struct plan_step *step, const struct step_reset *reset)
{
	step->state = STEP_HELD;
	if ((step_is_untouched(step) && !step->knob->ops->is_lost) || !look(root, step) ||
	    is_left_alone(root, step))
		return 0;
	switch (compare(root, step, reset)) {
	case IS_THERE:
		return arrive(root, step);
	case IS_TO_BE_WRITTEN:
		return write_and_look(root, step);
	case IS_SOMEBODYS:
		break;
	}
	step->state = STEP_DRIFTED;
	return 0;
}

void step_foresee(const struct root *root, struct plan_step *step, const struct step_reset *reset)
{
	step->state = STEP_HELD;
	if (step_is_untouched(step) || !look(root, step))
		return;
	switch (compare(root, step, reset)) {
	case IS_THERE:
		break;
	case IS_TO_BE_WRITTEN:
		step->state = STEP_PLANNED;
		break;
	case IS_SOMEBODYS:
		step->state = STEP_DRIFTED;
		break;
	}
}

void step_check(const struct root *root, struct plan_step *step, const struct step_reset *reset)
{
	int err;

	step->state = STEP_HELD;
	step->err = 0;
	if (step_is_untouched(step) || !look(root, step))
		return;
	if (is_as_wanted(root, step) || serves(step)) {
		err = step->knob->ops->settle ? step->knob->ops->settle(root, step) : 0;
		step->state = err == -EINPROGRESS ? STEP_PENDING : STEP_HELD;
	} else if (streq(step->prev, step->next) && is_awaited(step)) {
		step->state = STEP_PENDING;
	} else if (streq(step->now, step->prev) || is_wide(step)) {
		step->state = STEP_FAILED;
	} else {
		step->state = STEP_DRIFTED;
		/* no memory: then it is not said */
		if (is_reset(step, reset) && !step->by)
			step->by = strdup(STEP_BY_KERNEL);
		else if (is_lost(root, step) && !step->by)
			step->by = strdup(STEP_LOST);
	}
}
