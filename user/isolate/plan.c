/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan: growing lists of what a shield does. A value that is wanted as it is and that the journal
 * does not know becomes no step: it would be one more write to undo.
 */
#include "isolate/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "isolate/journal.h"
#include "isolate/knob.h"

void plan_step_done(struct plan_step *step)
{
	free(step->object);
	free(step->identity);
	free(step->name);
	free(step->why);
	free(step->orig);
	free(step->prev);
	free(step->next);
	free(step->now);
	free(step->by);
	*step = (struct plan_step){ .knob = NULL };
}

void plan_done(struct plan *plan)
{
	if (!plan)
		return;
	for (unsigned int i = 0; i < plan->n_steps; i++)
		plan_step_done(&plan->steps[i]);
	for (unsigned int i = 0; i < plan->n_stays; i++) {
		free(plan->stays[i].name);
		free(plan->stays[i].why);
	}
	for (unsigned int i = 0; i < plan->n_advice; i++)
		free(plan->advice[i]);
	free(plan->refusal);
	free(plan->steps);
	free(plan->stays);
	free(plan->advice);
	*plan = (struct plan){ .steps = NULL };
}

/* Room for one more of @size bytes; doubles. */
static int grow(void *list, unsigned int n, unsigned int *cap, size_t size)
{
	void **items = list;
	unsigned int more = *cap ? *cap * 2 : 16;
	void *grown;

	if (n < *cap)
		return 0;
	grown = reallocarray(*items, more, size);
	if (!grown)
		return -ENOMEM;
	*items = grown;
	*cap = more;
	return 0;
}

static bool is_whole(const struct plan_step *step)
{
	return step->object && step->identity && step->name && step->why && step->orig &&
	       step->prev && step->next;
}

int plan_take_step(struct plan *plan, struct plan_step *step)
{
	if (grow(&plan->steps, plan->n_steps, &plan->cap_steps, sizeof(*step)))
		return -ENOMEM;
	plan->steps[plan->n_steps++] = *step;
	*step = (struct plan_step){ .knob = NULL };
	return 0;
}

int plan_step_copy(const struct plan_step *step, struct plan_step *ret)
{
	struct plan_step copy = *step;

	copy.object = strdup(step->object);
	copy.identity = strdup(step->identity);
	copy.name = strdup(step->name);
	copy.why = strdup(step->why ?: "");
	copy.orig = strdup(step->orig);
	copy.prev = strdup(step->prev);
	copy.next = strdup(step->next);
	copy.now = step->now ? strdup(step->now) : NULL;
	copy.by = step->by ? strdup(step->by) : NULL;
	if (!is_whole(&copy)) {
		plan_step_done(&copy);
		return -ENOMEM;
	}
	*ret = copy;
	return 0;
}

static const struct plan_step *find(const struct plan_step *steps, unsigned int n,
				    const struct knob *knob, const char *object)
{
	for (unsigned int i = 0; i < n; i++)
		if (steps[i].knob == knob && streq(steps[i].object, object))
			return &steps[i];
	return NULL;
}

const struct plan_step *plan_planned(const struct plan *plan, const struct knob *knob,
				     const char *object)
{
	return find(plan->steps, plan->n_steps, knob, object);
}

const struct plan_step *plan_recorded(const struct plan *plan, const struct knob *knob,
				      const char *object)
{
	const struct journal *journal = plan->journal;

	return journal ? find(journal->steps, journal->n_steps, knob, object) : NULL;
}

static const struct plan_step *recorded_same(const struct plan *plan, const char *object,
					     const char *identity)
{
	const struct plan_step *step = plan_recorded(plan, plan->knob, object);

	return step && streq(step->identity, identity ?: "") ? step : NULL;
}

const char *plan_orig(const struct plan *plan, const char *object, const char *identity,
		      const char *now)
{
	const struct plan_step *step = recorded_same(plan, object, identity);

	return step ? step->orig : now;
}

int plan_orig_cpus(const struct plan *plan, const char *object, const char *identity,
		   const struct cpuset *now, struct cpuset *ret)
{
	const struct plan_step *step = recorded_same(plan, object, identity);

	if (step)
		return cpuset_parse(step->orig, ret);
	*ret = *now;
	return 0;
}

int plan_change(struct plan *plan, const struct plan_change *change)
{
	const struct plan_step *known = recorded_same(plan, change->object, change->identity);
	struct plan_step step = { .knob = plan->knob };
	const char *orig = change->orig ?: known ? known->orig : change->now;

	if (!known && !change->is_remembered && streq(change->now, change->want) &&
	    streq(orig, change->want))
		return 0;
	step.object = strdup(change->object);
	step.identity = strdup(change->identity ?: "");
	step.name = strdup(change->name ?: change->object);
	step.why = strdup(change->why ?: "");
	step.is_remembered = change->is_remembered;
	step.orig = strdup(orig);
	step.prev = strdup(known ? known->prev : change->now);
	step.next = strdup(change->want);
	step.now = strdup(change->now);
	if (!is_whole(&step) || !step.now || plan_take_step(plan, &step)) {
		plan_step_done(&step);
		return -ENOMEM;
	}
	return 0;
}

int plan_change_cpus(struct plan *plan, const struct plan_change *change, const struct cpuset *now,
		     const struct cpuset *want)
{
	auto_free char *now_list = cpuset_format(now), *want_list = cpuset_format(want);
	struct plan_change full = *change;

	if (!now_list || !want_list)
		return -ENOMEM;
	full.now = now_list;
	full.want = want_list;
	return plan_change(plan, &full);
}

int plan_stay(struct plan *plan, const char *name, const char *fmt, ...)
{
	struct plan_stay stay = { .knob = plan->knob };
	va_list ap;

	if (grow(&plan->stays, plan->n_stays, &plan->cap_stays, sizeof(stay)))
		return -ENOMEM;
	va_start(ap, fmt);
	stay.why = str_vformat(fmt, ap);
	va_end(ap);
	stay.name = stay.why ? strdup(name) : NULL;
	if (!stay.name) {
		free(stay.why);
		return -ENOMEM;
	}
	plan->stays[plan->n_stays++] = stay;
	return 0;
}

int plan_advise(struct plan *plan, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (grow(&plan->advice, plan->n_advice, &plan->cap_advice, sizeof(text)))
		return -ENOMEM;
	va_start(ap, fmt);
	text = str_vformat(fmt, ap);
	va_end(ap);
	if (!text)
		return -ENOMEM;
	plan->advice[plan->n_advice++] = text;
	return 0;
}

int plan_refuse(struct plan *plan, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = str_vformat(fmt, ap);
	va_end(ap);
	if (!text)
		return -ENOMEM;
	free(plan->refusal);
	plan->refusal = text;
	return -EBUSY;
}
