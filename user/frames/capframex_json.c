/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capframex_json: the records of CapFrameX, Runs[].CaptureData with one array a column. Several
 * runs lie end to end.
 */
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <math.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "frames/format.h"

#define NAME "CapFrameX JSON"

static struct json_object *member(struct json_object *object, const char *key, json_type type)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, type))
		return NULL;
	return value;
}

static size_t length(struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

/* Number @i of @array; NAN: there is none. */
static double number_at(struct json_object *array, size_t i)
{
	struct json_object *value = i < length(array) ? json_object_array_get_idx(array, i) : NULL;

	if (!json_object_is_type(value, json_type_double) &&
	    !json_object_is_type(value, json_type_int))
		return NAN;
	return json_object_get_double(value);
}

static int read_run(struct json_object *run, const char *process, double begin_s,
		    struct gather *gather)
{
	struct json_object *data = member(run, "CaptureData", json_type_object);
	struct json_object *ms = member(data, "MsBetweenPresents", json_type_array);
	struct json_object *at = member(data, "TimeInSeconds", json_type_array);
	struct json_object *dropped = member(data, "Dropped", json_type_array);
	struct json_object *ticks = member(data, "QPCTime", json_type_array);
	int err = 0;

	for (size_t i = 0; i < length(ms) && !err; i++) {
		double value = number_at(ms, i);

		if (i == 0 && fabs(value) < 1e-12)
			continue;
		if (!(value > 0 && value <= 3600000)) {
			gather_count_bad(gather, i + 1);
			continue;
		}
		if (i < length(dropped) &&
		    json_object_get_boolean(json_object_array_get_idx(dropped, i)))
			gather_count_not_shown(gather);
		err = gather_add(gather, process, value, begin_s + number_at(at, i));
		if (!err && begin_s <= 0) /* between runs the counter goes on, the clock does not */
			gather_add_ticks(gather, number_at(ticks, i), false);
	}
	return err;
}

/* When the last frame of a run was, for the next one to begin. */
static double end_of(struct json_object *run)
{
	struct json_object *data = member(run, "CaptureData", json_type_object);
	struct json_object *at = member(data, "TimeInSeconds", json_type_array);

	return length(at) ? number_at(at, length(at) - 1) : 0;
}

static int read_record(struct json_object *record, struct frames *ret, struct str *ret_why)
{
	struct json_object *runs = member(record, "Runs", json_type_array);
	struct json_object *info = member(record, "Info", json_type_object);
	struct json_object *process = member(info, "ProcessName", json_type_string);
	const char *name = process ? json_object_get_string(process) : "";
	auto_gather struct gather *gather = NULL;
	double begin_s = 0;
	int err = gather_new(&gather);

	if (!runs)
		return str_add(ret_why, "JSON without \"Runs\": no record of CapFrameX") ?: -EINVAL;
	for (size_t i = 0; i < length(runs) && !err; i++) {
		struct json_object *run = json_object_array_get_idx(runs, i);

		err = read_run(run, name, begin_s, gather);
		begin_s += end_of(run);
	}
	return err
		       ?: gather_finish(gather, NAME, "MsBetweenPresents", "TimeInSeconds", ret,
					ret_why);
}

static int read_text(const char *text, size_t len, struct frames *ret, struct str *ret_why)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *record;
	int err;

	if (!tokener)
		return -ENOMEM;
	record = json_tokener_parse_ex(tokener, text, (int)min(len, (size_t)INT_MAX));
	if (json_tokener_get_error(tokener) != json_tokener_success)
		err = str_addf(ret_why, "cut or damaged JSON at byte %zu",
			       json_tokener_get_parse_end(tokener))
			      ?: -EINVAL;
	else
		err = read_record(record, ret, ret_why);
	json_object_put(record);
	json_tokener_free(tokener);
	return err;
}

const struct frames_format frames_capframex_json = {
	.name = NAME,
	.first = '{',
	.read = read_text,
};
