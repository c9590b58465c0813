/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply_plan: all knobs' plans in one, and the order in which its steps are taken. Reads only.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "isolate/apply_p.h"
#include "isolate/knob.h"

static int plan_knob(struct apply *a, const struct goal *goal, struct plan *plan)
{
	const struct root *root = a->config.root;
	const struct knob_ops *ops = plan->knob->ops;
	const char *why = NULL;
	int err = ops->probe ? ops->probe(root, &why) : 0;

	if (err) /* not here: what the journal has of it is put back, or gone */
		return goal->n_layers
			       ? plan_stay(plan, plan->knob->name, "%s", why ? why : strerror(-err))
			       : 0;
	return ops->plan(root, goal, plan);
}

/* What the journal knows of @knob and the plan does not: no longer wanted. */
static int put_back_rest(const struct apply *a, const struct knob *knob, bool is_kept,
			 struct plan *plan)
{
	for (unsigned int i = 0; i < a->journal.n_steps; i++) {
		const struct plan_step *known = &a->journal.steps[i];
		const struct plan_step *planned = plan_planned(plan, knob, known->object);
		struct plan_step step;
		char *next;

		if (known->knob != knob || (planned && streq(planned->identity, known->identity)))
			continue;
		if (plan_step_copy(known, &step))
			return -ENOMEM;
		next = strdup(is_kept ? known->next : known->orig);
		if (next) {
			free(step.next);
			step.next = next;
		}
		if (!next || plan_take_step(plan, &step)) {
			plan_step_done(&step);
			return -ENOMEM;
		}
	}
	return 0;
}

static int plan_one(struct apply *a, const struct layer_list *layers, const struct knob *knob,
		    bool is_strict, struct plan *plan)
{
	struct goal goal;
	int err = goal_init(&goal, layers->v, layers->n, knob_number(knob), &a->online);
	bool is_kept = goal.n_layers > 0;

	if (err)
		return err;
	goal.vms = a->config.vms;
	plan->knob = knob;
	/* A knob that nobody chose may still have to remember what another one makes ambiguous. */
	if (layers->n || a->journal.n_steps)
		err = plan_knob(a, &goal, plan);
	goal_done(&goal);
	if (err) {
		a->bad = knob;
		if (is_strict || err == -ENOMEM)
			return err;
	}
	return put_back_rest(a, knob, err && is_kept, plan);
}

int apply_plan_all(struct apply *a, const struct layer_list *layers, bool is_strict, bool is_second,
		   struct plan *plan)
{
	unsigned int n;
	const struct knob *knobs = knob_table(&n);
	int err = 0;

	plan->journal = &a->journal;
	for (unsigned int i = 0; i < n && !err; i++)
		if (!is_second || knobs[i].ops->is_scanned_twice)
			err = plan_one(a, layers, &knobs[i], is_strict, plan);
	return err;
}

struct place {
	bool is_later; /* not among those that are put back first */
	unsigned int knob;
	bool is_task, is_nested;
	unsigned int index;
	bool is_lifting;
};

static int compare_uint(unsigned int a, unsigned int b)
{
	return (a > b) - (a < b);
}

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int sign = a->is_lifting ? -1 : 1, order = 0;

	if (a->is_lifting)
		order = compare_uint(a->is_later, b->is_later);
	order = order ?: sign * compare_uint(a->knob, b->knob);
	/* Tasks come last in both directions: their masks depend on where they may run at all. */
	order = order ?: compare_uint(a->is_task, b->is_task);
	/* Nested ones are narrowed from within in both: when they get wider, step_widen() does it. */
	order = order ?: sign * compare_uint(b->is_nested, a->is_nested);
	return order ?: (a->is_nested ? 1 : sign) * compare_uint(a->index, b->index);
}

unsigned int *apply_order(const struct plan *plan, bool is_lifting)
{
	auto_free struct place *places = calloc(plan->n_steps + 1, sizeof(*places));
	unsigned int *order = calloc(plan->n_steps + 1, sizeof(*order));

	if (!places || !order) {
		free(order);
		return NULL;
	}
	for (unsigned int i = 0; i < plan->n_steps; i++)
		places[i] = (struct place){
			.is_later = !plan->steps[i].knob->is_restored_first,
			.knob = knob_number(plan->steps[i].knob),
			.is_task = str_starts(plan->steps[i].object, "task/"),
			.is_nested = step_is_nested(&plan->steps[i]),
			.index = i,
			.is_lifting = is_lifting,
		};
	qsort(places, plan->n_steps, sizeof(*places), compare_places);
	for (unsigned int i = 0; i < plan->n_steps; i++)
		order[i] = places[i].index;
	return order;
}
