/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_steps: plans and shields as JSON. Keys are promises.
 */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/steps.h"
#include "report/json_put.h"
#include "report/steps.h"

#define TEXT_FLAGS (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)

/* NULL: null, as the value is not known. */
static void put_text(struct json_object *to, const char *key, const char *text, int *err)
{
	if (text)
		json_put(to, key, json_object_new_string(text), err);
	else
		json_put_null(to, key, err);
}

static void put_step(struct json_object *to, const struct step_row *row, int *err)
{
	struct json_object *step = json_object_new_object();

	put_text(step, "knob", row->knob, err);
	put_text(step, "object", row->object, err);
	put_text(step, "name", row->name, err);
	put_text(step, "old", row->old_value, err);
	put_text(step, "want", row->want, err);
	put_text(step, "now", row->now, err);
	put_text(step, "state", row->state, err);
	put_text(step, "by", row->by, err);
	put_text(step, "why", row->why, err);
	json_put(to, NULL, step, err);
}

static struct json_object *make_steps(const struct steps *steps, unsigned long long knobs, int *err)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < steps->n_rows; i++)
		if (!steps->has_shields || steps->rows[i].knob_bit & knobs)
			put_step(list, &steps->rows[i], err);
	return list;
}

static struct json_object *make_shields(const struct steps *steps, int *err)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < steps->n_shields; i++) {
		const struct shield_row *row = &steps->shields[i];
		struct json_object *shield = json_object_new_object();

		put_text(shield, "id", row->id, err);
		put_text(shield, "name", row->name, err);
		put_text(shield, "owner", row->owner, err);
		put_text(shield, "cpus", row->cpus, err);
		if (row->age_ns)
			json_put(shield, "age_ns", json_object_new_uint64(row->age_ns), err);
		json_put(shield, "steps", make_steps(steps, row->knobs, err), err);
		json_put(list, NULL, shield, err);
	}
	return list;
}

/* null: it was not looked. */
static void put_arrivals(struct json_object *to, const struct arrivals *arrivals, int *err)
{
	struct json_object *list = json_object_new_array(), *object = json_object_new_object();

	for (unsigned int i = 0; i < arrivals->n_rows; i++) {
		const struct arrival_row *row = &arrivals->rows[i];
		struct json_object *arrival = json_object_new_object();

		put_text(arrival, "name", row->name, err);
		json_put(arrival, "cpu", json_object_new_int(row->cpu), err);
		json_put(arrival, "count", json_object_new_uint64(row->count), err);
		json_put(list, NULL, arrival, err);
	}
	json_put(object, "looked_ns", json_object_new_uint64(arrivals->looked_ns), err);
	json_put(object, "lines", list, err);
	if (arrivals->looked_ns) {
		json_put(to, "host_interrupts", object, err);
	} else {
		json_object_put(object);
		put_text(to, "host_interrupts", NULL, err);
	}
}

static struct json_object *make_fresh(const struct steps *steps, int *err)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < steps->n_fresh; i++)
		put_step(list, &steps->fresh[i], err);
	return list;
}

static struct json_object *make_stays(const struct steps *steps, int *err)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < steps->n_stays; i++) {
		struct json_object *stay = json_object_new_object();

		put_text(stay, "knob", steps->stays[i].knob, err);
		put_text(stay, "name", steps->stays[i].name, err);
		put_text(stay, "why", steps->stays[i].why, err);
		json_put(list, NULL, stay, err);
	}
	return list;
}

static void put_plan(struct json_object *to, const struct steps *steps, int *err)
{
	struct json_object *advice = json_object_new_array();

	put_text(to, "guest", steps->guest, err);
	put_text(to, "host", steps->host, err);
	json_put(to, "steps", make_steps(steps, ~0ULL, err), err);
	json_put(to, "stays", make_stays(steps, err), err);
	for (unsigned int i = 0; i < steps->n_advice; i++)
		json_put(advice, NULL, json_object_new_string(steps->advice[i]), err);
	json_put(to, "advice", advice, err);
}

int report_steps_json_write(const struct steps *steps, FILE *out)
{
	struct json_object *top = json_object_new_object();
	auto_free char *schema = NULL;
	const char *text;
	int err = 0;

	if (asprintf(&schema, "lull.%s/1", steps->command) < 0)
		schema = NULL;
	json_put(top, "schema", schema ? json_object_new_string(schema) : NULL, &err);
	if (steps->has_shields) {
		json_put(top, "interrupted", json_object_new_boolean(steps->is_interrupted), &err);
		put_arrivals(top, &steps->arrivals, &err);
		json_put(top, "shields", make_shields(steps, &err), &err);
		json_put(top, "new", make_fresh(steps, &err), &err);
	} else {
		put_plan(top, steps, &err);
	}
	text = err ? NULL : json_object_to_json_string_ext(top, TEXT_FLAGS);
	if (!err && !text)
		err = -ENOMEM;
	if (!err && (fputs(text, out) < 0 || fputc('\n', out) < 0))
		err = -errno;
	json_object_put(top);
	return err;
}
