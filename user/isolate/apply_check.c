/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply_check: how it stands with what is in force. Writes to no setting of the host.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "isolate/apply_p.h"
#include "isolate/knob.h"
#include "sys/threads.h"

int apply_check(struct apply *a)
{
	struct step_reset reset = { .known = a->online };

	cpuset_or(&reset.known, &a->journal.online);
	reset.has_happened = a->slept || a->online_changed;
	plan_done(&a->plan);
	for (unsigned int i = 0; i < a->journal.n_steps; i++) {
		struct plan_step step;

		if (step_is_untouched(&a->journal.steps[i]))
			continue;
		if (plan_step_copy(&a->journal.steps[i], &step))
			return -ENOMEM;
		step_check(a->config.root, &step, &reset);
		if (plan_take_step(&a->plan, &step)) {
			plan_step_done(&step);
			return -ENOMEM;
		}
	}
	return 0;
}

int apply_claim(struct apply *a, const char *object)
{
	for (unsigned int i = 0; i < a->journal.n_steps; i++) {
		struct plan_step *step = &a->journal.steps[i];
		char *now = NULL;
		int err;

		if (!streq(step->object, object))
			continue;
		err = step->knob->ops->read(a->config.root, step, &now);
		if (err)
			return err;
		free(step->prev);
		step->prev = now;
		return 0;
	}
	return -ENOENT;
}

bool apply_owner_is_alive(const struct root *root, const struct owner *owner)
{
	struct thread_stat stat;
	int err;

	if (owner->kind == OWNER_NOBODY)
		return true;
	err = threads_read_stat(root, owner->pid, owner->pid, &stat);
	if (err == -ENOENT || err == -ESRCH)
		return false;
	/* What cannot be read is taken for alive: its shield stays rather than goes by mistake. */
	return err ||
	       (stat.start_ticks == owner->start_ticks && stat.state != 'Z' && stat.state != 'X');
}

void apply_count(const struct plan *plan, struct apply_tally *ret)
{
	*ret = (struct apply_tally){ 0 };
	for (unsigned int i = 0; i < plan->n_steps; i++)
		switch (plan->steps[i].state) {
		case STEP_PLANNED:
			break;
		case STEP_HELD:
			ret->held += !step_is_untouched(&plan->steps[i]);
			break;
		case STEP_PENDING:
			ret->pending++;
			break;
		case STEP_DRIFTED:
			ret->drifted++;
			break;
		case STEP_GONE:
			ret->gone++;
			break;
		case STEP_REFUSED:
			ret->refused++;
			break;
		case STEP_FAILED:
			ret->failed++;
			break;
		}
}
