/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate: what the tests of knobs share: a goal, a plan of one knob, its steps.
 */
#ifndef LULL_TEST_ISOLATE_H
#define LULL_TEST_ISOLATE_H

#include "base/fs.h"
#include "isolate/goal.h"
#include "isolate/journal.h"
#include "isolate/plan.h"

#define auto_plan    __attribute__((cleanup(plan_done)))
#define auto_journal __attribute__((cleanup(journal_done)))

/*
 * Plans the knob @name at @root for one layer on the CPUs @guest (NULL: no layer) of the CPUs
 * @online. @journal may be NULL.
 */
void isolate_plan(const struct root *root, const char *name, const char *guest, const char *online,
		  const struct journal *journal, struct plan *ret);
void isolate_plan_vm(const struct root *root, const char *name, const struct layer *layer,
		     const char *online, struct plan *ret);
/* Adds a step to @journal: @object was @orig, and we have made it @prev. */
void isolate_remember(struct journal *journal, const char *name, const char *object,
		      const char *orig, const char *prev);
/* The step for @object; fails the test without one. */
struct plan_step *isolate_step(const struct plan *plan, const char *object);
/* "object: now -> next" of all steps and "name stays: why" of all stays, a line each. */
char *isolate_text(const struct plan *plan);
/* Writes next, reads back, checks it; then the same with orig. */
void isolate_there_and_back(const struct root *root, const struct plan_step *step);

#endif
