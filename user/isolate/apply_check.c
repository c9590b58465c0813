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

#define READER_WAIT_NS 2000000000ULL

/* Is it unfinished because another lull is at it just now? Then it is read when that has ended. */
static int read_finished(struct apply *a)
{
	auto_close int lock = -1;
	int err = journal_dir_await(&a->dir, READER_WAIT_NS, &lock);

	if (err && err != -EACCES) /* the lock is root's: for others it is as it looks */
		return err == -EWOULDBLOCK ? 0 : err;
	journal_done(&a->journal);
	err = apply_read_state(a);
	a->was_interrupted = !err && a->journal.state != JOURNAL_CLEAN;
	return err;
}

int apply_open_reader(struct apply *a, const struct apply_config *config)
{
	int err;

	*a = (struct apply){ .config = *config, .dir = { .fd = -1, .lock = -1 } };
	err = journal_dir_open(config->root, false, &a->dir);
	err = err == -ENOENT ? 0 : err;
	err = err ?: apply_read_state(a);
	if (!err && a->journal.state != JOURNAL_CLEAN)
		err = read_finished(a);
	if (err)
		apply_close(a);
	return err;
}

int apply_check(struct apply *a)
{
	struct step_reset reset;

	apply_read_reset(a, &reset);
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

/*
 * Is it an interrupt that belongs on a guest's CPUs, is not in the journal and not there? New ones of
 * the host start on its CPUs, and what it once refused is no news.
 */
static bool is_new(struct apply *a, const struct plan *plan, unsigned int at)
{
	const struct plan_step *step = &plan->steps[at];
	const struct plan_step *known = plan_recorded(plan, step->knob, step->object);
	struct cpuset want;

	if ((known && streq(known->identity, step->identity)) || !step->now ||
	    !step->knob->ops->is_good_in_part || streq(step->now, step->next) ||
	    cpuset_parse(step->next, &want))
		return false;
	for (unsigned int i = 0; i < a->journal.n_layers; i++) {
		struct cpuset both = a->journal.layers[i]->guest;

		cpuset_and(&both, &want);
		if (!cpuset_is_empty(&both))
			return true;
	}
	return false;
}

int apply_find_new(struct apply *a, struct plan *ret)
{
	struct plan plan = { .journal = NULL };
	struct layer_list layers = { .v = a->journal.layers, .n = a->journal.n_layers };
	int err = layers.n ? apply_plan_all(a, &layers, false, true, &plan) : 0;

	for (unsigned int i = 0; i < plan.n_steps && !err; i++)
		if (is_new(a, &plan, i))
			err = plan_take_step(ret, &plan.steps[i]);
	plan_done(&plan);
	return err;
}

/* A killed run may have got to what it intended, too. */
static bool is_intended(const struct plan *plan, const struct plan_step *step)
{
	const struct plan_step *known = plan_recorded(plan, step->knob, step->object);

	return known && step->now && streq(known->identity, step->identity) &&
	       streq(known->next, step->now);
}

int apply_plan_lift(struct apply *a, const char *id)
{
	struct layer_list layers = { .v = calloc(a->journal.n_layers + 1, sizeof(void *)) };
	struct step_reset reset;
	int err = layers.v ? 0 : -ENOMEM;

	for (unsigned int i = 0; i < a->journal.n_layers && !err; i++)
		if (id && !streq(a->journal.layers[i]->id, id))
			layers.v[layers.n++] = a->journal.layers[i];
	plan_done(&a->plan);
	a->bad = NULL;
	err = err ?: apply_plan_all(a, &layers, layers.n > 0, false, &a->plan);
	free(layers.v);
	apply_read_reset(a, &reset);
	for (unsigned int i = 0; i < a->plan.n_steps && !err; i++) {
		struct plan_step *step = &a->plan.steps[i];

		step_foresee(a->config.root, step, &reset);
		if (step->state == STEP_DRIFTED && is_intended(&a->plan, step))
			step->state = STEP_PLANNED;
	}
	return err;
}

int apply_claim(struct apply *a, const struct knob *knob, const char *object)
{
	for (unsigned int i = 0; i < a->journal.n_steps; i++) {
		struct plan_step *step = &a->journal.steps[i];
		char *now = NULL;
		int err;

		if (step->knob != knob || !streq(step->object, object))
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
