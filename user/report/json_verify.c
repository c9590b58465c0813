/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_verify: a verification as one document: what a comparison says and, beside it, limits,
 * interrupts and how the rounds were made.
 */
#include <errno.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "model/comparison.h"
#include "model/gate.h"
#include "model/recording.h"
#include "model/verification.h"
#include "report/json_compare.h"
#include "report/json_value.h"
#include "report/limit_name.h"
#include "report/verify.h"

static const char *unit_of(const struct gate_limit *limit)
{
	switch (limit->kind) {
	case GATE_TAKEN:
	case GATE_ROW:
		return "share";
	case GATE_STALLS:
		return "count";
	default:
		return "ns";
	}
}

static int add_limit(struct json_object *limits, const struct gate_result *result)
{
	const struct gate_limit *limit = &result->limit;
	bool is_share = limit->kind == GATE_TAKEN || limit->kind == GATE_ROW;
	struct json_object *item = json_value_item(limits);
	char name[32];
	int err = json_value_text(item, "name", limit_name(limit, name, sizeof(name)));

	err = err ?: json_value_text(item, "unit", unit_of(limit));
	err = err
		      ?: is_share ? json_value_number(item, "value", result->share)
				  : json_value_u64(item, "value", result->value);
	err = err
		      ?: is_share ? json_value_number(item, "limit", limit->share)
				  : json_value_u64(item, "limit", limit->most);
	if (!err && limit->kind == GATE_QUANTILE)
		err = json_value_u64(item, "samples", result->samples);
	if (!err && result->bound > 0)
		err = json_value_number(item, "bound_per_minute", result->bound);
	return err ?: json_value_text(item, "verdict", gate_word(result->verdict));
}

static int add_limits(struct json_object *document, const struct gate *gate)
{
	struct json_object *list;
	int err = 0;

	if (gate->n)
		err = json_value_text(document, "limits_verdict", gate_word(gate->verdict));
	list = json_value_list(document, "limits");
	for (unsigned int i = 0; i < gate->n && !err; i++)
		err = add_limit(list, &gate->results[i]);
	return err;
}

static int add_irq(struct json_object *irqs, const struct moved_irq *irq)
{
	struct json_object *item = json_value_item(irqs), *fired, *at;
	int err = json_value_text(item, "name", irq->name);

	err = err ?: json_value_text(item, "cpus", irq->wanted);
	err = err ?: json_value_u64(item, "strayed", irq->strayed);
	fired = json_value_list(item, "fired");
	for (unsigned int i = 0; i < irq->n_fired && !err; i++) {
		at = json_value_item(fired);
		err = json_value_i64(at, "cpu", irq->fired[i].cpu);
		err = err ?: json_value_u64(at, "a", irq->fired[i].a);
		err = err ?: json_value_u64(at, "b", irq->fired[i].b);
	}
	return err;
}

static int add_rounds(struct json_object *document, const struct verification *found)
{
	struct json_object *list;
	int err = json_value_text(document, "order", found->order);

	err = err ?: json_value_u64(document, "seed", found->seed);
	err = err ?: json_value_u64(document, "round_ns", found->round_ns);
	err = err ?: json_value_u64(document, "steps", found->n_steps);
	err = err ?: json_value_u64(document, "steps_held", found->n_held);
	list = json_value_list(document, "interrupts");
	for (unsigned int i = 0; i < found->n_irqs && !err; i++)
		err = add_irq(list, &found->irqs[i]);
	list = json_value_list(document, "notes");
	for (unsigned int i = 0; i < found->n_notes && !err; i++)
		err = json_value_add_text(list, found->notes[i]);
	return err ?: json_value_text(document, "restored", found->restored);
}

static int fill(struct json_object *document, const struct verification *found)
{
	int err = json_value_text(document, "schema", "lull.verify/1");

	if (found->comparison)
		err = err ?: json_compare_fill(document, found->comparison);
	else
		err = err ?: json_value_text(document, "verdict", gate_word(found->gate->verdict));
	err = err ?: json_value_bool(document, "as_is", !found->comparison);
	err = err ?: json_value_bool(document, "complete", found->gate->is_complete);
	err = err ?: json_value_u64(document, "duration_ns", found->gate->duration_ns);
	err = err ?: json_value_u64(document, "stall_ns", found->gate->stall_ns);
	if (!err && found->comparison)
		err = add_rounds(document, found);
	return err ?: add_limits(document, found->gate);
}

int report_verify_json(const struct verification *found, FILE *out)
{
	struct json_object *document = json_object_new_object();
	int err = document ? fill(document, found) : -ENOMEM;

	err = err ?: json_value_write(document, out);
	json_object_put(document);
	return err;
}
