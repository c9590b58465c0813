/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate: plans one knob, without the engine around it.
 */
#include "isolate.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "isolate/knob.h"
#include "test.h"

void isolate_plan_vm(const struct root *root, const char *name, const struct layer *layer,
		     const char *online, struct plan *ret)
{
	const struct knob *knob = knob_find(name);
	struct layer copy = layer ? *layer : (struct layer){ .id = NULL }, *layers[] = { &copy };
	struct cpuset cpus;
	struct goal goal;

	CHECK(knob != NULL);
	CHECK_EQ(cpuset_parse(online, &cpus), 0);
	copy.knobs = UINT64_MAX;
	CHECK_EQ(goal_init(&goal, layers, layer ? 1 : 0, knob_number(knob), &cpus), 0);
	ret->knob = knob;
	CHECK_EQ(knob->ops->plan(root, &goal, ret), 0);
	goal_done(&goal);
}

void isolate_plan(const struct root *root, const char *name, const char *guest, const char *online,
		  const struct journal *journal, struct plan *ret)
{
	struct layer layer = { .id = NULL };

	ret->journal = journal;
	if (guest)
		CHECK_EQ(cpuset_parse(guest, &layer.guest), 0);
	isolate_plan_vm(root, name, guest ? &layer : NULL, online, ret);
}

void isolate_remember(struct journal *journal, const char *name, const char *object,
		      const char *orig, const char *prev)
{
	struct plan_step step = { .knob = knob_find(name),
				  .object = strdup(object),
				  .identity = strdup(""),
				  .name = strdup(object),
				  .why = strdup(""),
				  .orig = strdup(orig),
				  .prev = strdup(prev),
				  .next = strdup(prev) };

	journal->steps =
		reallocarray(journal->steps, journal->n_steps + 1, sizeof(*journal->steps));
	CHECK(step.knob && journal->steps);
	journal->steps[journal->n_steps++] = step;
}

struct plan_step *isolate_step(const struct plan *plan, const char *object)
{
	for (unsigned int i = 0; i < plan->n_steps; i++)
		if (streq(plan->steps[i].object, object))
			return &plan->steps[i];
	CHECK_STREQ("no step", object);
	return NULL;
}

char *isolate_text(const struct plan *plan)
{
	struct str text = { 0 };

	CHECK_EQ(str_add(&text, ""), 0);
	for (unsigned int i = 0; i < plan->n_steps; i++)
		CHECK_EQ(str_addf(&text, "%s: %s -> %s\n", plan->steps[i].object,
				  plan->steps[i].now, plan->steps[i].next),
			 0);
	for (unsigned int i = 0; i < plan->n_stays; i++)
		CHECK_EQ(str_addf(&text, "%s stays: %s\n", plan->stays[i].name, plan->stays[i].why),
			 0);
	return text.s;
}

static void write_and_check(const struct root *root, const struct plan_step *step,
			    const char *value)
{
	auto_free char *back = NULL;

	CHECK_EQ(step->knob->ops->write(root, step, value), 0);
	CHECK_EQ(step->knob->ops->read(root, step, &back), 0);
	CHECK_STREQ(back, value);
}

void isolate_there_and_back(const struct root *root, const struct plan_step *step)
{
	write_and_check(root, step, step->next);
	write_and_check(root, step, step->orig);
}
