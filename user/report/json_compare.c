/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_compare: a comparison as one document. Shares are fractions of 1, times whole nanoseconds.
 */
#include "report/json_compare.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>

#include "base/cleanup.h"
#include "model/comparison.h"
#include "report/compare.h"
#include "report/json_value.h"

static const char *const units[] = {
	[FIGURE_SHARE] = "share",
	[FIGURE_NS] = "ns",
	[FIGURE_PER_MINUTE] = "per_minute",
	[FIGURE_PER_SECOND] = "per_second",
};

/* Nanoseconds are whole; what is no number stays so. */
static double in_unit(double value, enum figure_unit unit)
{
	return unit == FIGURE_NS ? round(value) : value;
}

static int add_figure(struct json_object *figures, const struct comparison *comparison,
		      const struct comparison_figure *figure)
{
	struct json_object *item = json_value_item(figures);
	struct stats_effect effect = figure->effect;
	int err = json_value_text(item, "name", figure->name);

	effect.effect = in_unit(effect.effect, figure->unit);
	effect.low = in_unit(effect.low, figure->unit);
	effect.high = in_unit(effect.high, figure->unit);
	if (!err && figure->cause >= 0)
		err = json_value_text(item, "cause", comparison->causes[figure->cause].name);
	err = err ?: json_value_text(item, "unit", units[figure->unit]);
	err = err ?: json_value_number(item, "a", in_unit(figure->a, figure->unit));
	err = err ?: json_value_number(item, "b", in_unit(figure->b, figure->unit));
	err = err ?: json_value_effect(item, &effect);
	err = err ?: json_value_number(item, "p", effect.has_interval ? figure->p : NAN);
	err = err
		      ?: json_value_number(item, "detectable",
					   in_unit(effect.detectable, figure->unit));
	if (!err && figure->bound_a > 0)
		err = json_value_number(item, "bound_a", figure->bound_a);
	if (!err && figure->bound_b > 0)
		err = json_value_number(item, "bound_b", figure->bound_b);
	return err ?: json_value_text(item, "verdict", verdict_word(figure->verdict));
}

static int add_cause(struct json_object *causes, const struct comparison_cause *cause)
{
	static const char *const fates[] = {
		[CAUSE_WENT] = "went", [CAUSE_STAYED] = "stayed", [CAUSE_CAME] = "came"
	};
	struct json_object *item = json_value_item(causes);
	int err = json_value_text(item, "name", cause->name);

	err = err ?: json_value_text(item, "row", cause->row);
	err = err ?: json_value_text(item, "fate", fates[cause->fate]);
	err = err ?: json_value_number(item, "share_a", cause->share_a);
	err = err ?: json_value_number(item, "share_b", cause->share_b);
	err = err ?: json_value_number(item, "rate_a", cause->rate_a);
	return err ?: json_value_number(item, "rate_b", cause->rate_b);
}

int json_compare_fill(struct json_object *document, const struct comparison *comparison)
{
	struct json_object *list;
	int err = json_value_text(document, "verdict", verdict_word(comparison->verdict));

	err = err ?: json_value_bool(document, "comparable", !comparison->is_refused);
	list = json_value_list(document, "reasons");
	for (unsigned int i = 0; i < comparison->n_reasons && !err; i++)
		err = json_value_add_text(list, comparison->reasons[i]);
	err = err ?: json_value_bool(document, "paired", comparison->is_paired);
	err = err ?: json_value_u64(document, "rounds_a", comparison->n_a);
	err = err ?: json_value_u64(document, "rounds_b", comparison->n_b);
	err = err ?: json_value_u64(document, "pairs_left_out", comparison->n_left_out);
	err = err ?: json_value_u64(document, "time_a_ns", comparison->time_a_ns);
	err = err ?: json_value_u64(document, "time_b_ns", comparison->time_b_ns);
	list = json_value_list(document, "figures");
	for (unsigned int i = 0; i < comparison->n_figures && !err; i++)
		err = add_figure(list, comparison, &comparison->figures[i]);
	list = json_value_list(document, "causes");
	for (unsigned int i = 0; i < comparison->n_causes && !err; i++)
		err = add_cause(list, &comparison->causes[i]);
	return err;
}

int report_compare_json(const struct comparison *comparison, const char *schema, FILE *out)
{
	struct json_object *document = json_object_new_object();
	int err = document ? json_value_text(document, "schema", schema) : -ENOMEM;

	err = err ?: json_compare_fill(document, comparison);
	err = err ?: json_value_write(document, out);
	json_object_put(document);
	return err;
}
