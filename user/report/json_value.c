/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_value: numbers are written with the digits that tell them apart, no locale, no more than 12.
 */
#include "report/json_value.h"

#include <errno.h>
#include <math.h>

#include "model/stats.h"

static int add(struct json_object *to, const char *key, struct json_object *value)
{
	if (!to || json_object_object_add(to, key, value)) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

struct json_object *json_value_list(struct json_object *to, const char *key)
{
	struct json_object *list = json_object_new_array();

	return list && !add(to, key, list) ? list : NULL;
}

struct json_object *json_value_object(struct json_object *to, const char *key)
{
	struct json_object *object = json_object_new_object();

	return object && !add(to, key, object) ? object : NULL;
}

struct json_object *json_value_item(struct json_object *list)
{
	struct json_object *object = json_object_new_object();

	if (!object || !list || json_object_array_add(list, object)) {
		json_object_put(object);
		return NULL;
	}
	return object;
}

int json_value_text(struct json_object *to, const char *key, const char *text)
{
	struct json_object *value = text ? json_object_new_string(text) : NULL;

	return text && !value ? -ENOMEM : add(to, key, value);
}

int json_value_bool(struct json_object *to, const char *key, bool value)
{
	struct json_object *made = json_object_new_boolean(value);

	return made ? add(to, key, made) : -ENOMEM;
}

int json_value_u64(struct json_object *to, const char *key, uint64_t value)
{
	struct json_object *made = json_object_new_uint64(value);

	return made ? add(to, key, made) : -ENOMEM;
}

int json_value_i64(struct json_object *to, const char *key, int64_t value)
{
	struct json_object *made = json_object_new_int64(value);

	return made ? add(to, key, made) : -ENOMEM;
}

/* NULL, JSON's null, for what is no number; sets *ret_err without memory. */
static struct json_object *number(double value, int *ret_err)
{
	char text[32];
	struct json_object *made;

	if (!isfinite(value))
		return NULL;
	(void)snprintf(text, sizeof(text), "%.12g", value);
	made = json_object_new_double_s(value, text);
	*ret_err = made ? 0 : -ENOMEM;
	return made;
}

int json_value_number(struct json_object *to, const char *key, double value)
{
	int err = 0;
	struct json_object *made = number(value, &err);

	return err ?: add(to, key, made);
}

int json_value_add_number(struct json_object *list, double value)
{
	int err = 0;
	struct json_object *made = number(value, &err);

	if (err || !list || json_object_array_add(list, made)) {
		json_object_put(made);
		return -ENOMEM;
	}
	return 0;
}

int json_value_add_text(struct json_object *list, const char *text)
{
	struct json_object *made = json_object_new_string(text);

	if (!made || !list || json_object_array_add(list, made)) {
		json_object_put(made);
		return -ENOMEM;
	}
	return 0;
}

int json_value_effect(struct json_object *to, const struct stats_effect *effect)
{
	int err = json_value_number(to, "effect", effect->effect);

	err = err ?: json_value_number(to, "low", effect->has_interval ? effect->low : NAN);
	return err ?: json_value_number(to, "high", effect->has_interval ? effect->high : NAN);
}

int json_value_write(struct json_object *document, FILE *out)
{
	const char *text = json_object_to_json_string_ext(
		document,
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		return -ENOMEM;
	errno = 0;
	if (fputs(text, out) == EOF || fputc('\n', out) == EOF || fflush(out))
		return errno ? -errno : -EIO;
	return 0;
}
