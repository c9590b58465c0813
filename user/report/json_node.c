/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_node: checks each value before it is believed. It knows nothing of recordings.
 */
#include "report/json_node.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "report/json_tables.h"

#define DEPTH_MAX 16 /* of a path; the deepest there is, threads[].gap.hist.buckets[][], has 8 */

int json_node_refuse(const struct json_node *node, const char *fmt, ...)
{
	const struct json_node *way[DEPTH_MAX];
	unsigned int n = 0;
	char text[160];
	int err = 0;
	va_list ap;

	for (const struct json_node *at = node; at->up && n < DEPTH_MAX; at = at->up)
		way[n++] = at;
	for (unsigned int i = n; i-- > 0 && !err;) {
		if (way[i]->key)
			err = str_addf(node->why, "%s%s", i + 1 < n ? "." : "", way[i]->key);
		else
			err = str_addf(node->why, "[%zu]", way[i]->index);
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err = err ?: str_addf(node->why, "%s%s", n ? ": " : "", text);
	return err ?: -EINVAL;
}

static const char *type_name(const struct json_node *node)
{
	switch (json_object_get_type(node->value)) {
	case json_type_null:
		return "null";
	case json_type_boolean:
		return "true or false";
	case json_type_double:
		return "a number with a fraction";
	case json_type_int:
		return "a whole number";
	case json_type_object:
		return "an object";
	case json_type_array:
		return "a list";
	case json_type_string:
		return "a string";
	}
	return "something else";
}

int json_node_get(const struct json_node *up, const char *key, bool is_required,
		  struct json_node *ret)
{
	struct json_node node = { .up = up, .key = key, .why = up->why, .tables = up->tables };

	if (json_object_object_get_ex(up->value, key, &node.value)) {
		*ret = node;
		return 0;
	}
	return is_required ? json_node_refuse(&node, "this key is missing") : -ENOENT;
}

int json_node_want(const struct json_node *node, enum json_type type_wanted, const char *words)
{
	if (json_object_get_type(node->value) == type_wanted)
		return 0;
	return json_node_refuse(node, "%s expected, not %s", words, type_name(node));
}

int json_node_read_u64(const struct json_node *node, uint64_t max_value, uint64_t *ret)
{
	int err = json_node_want(node, json_type_int, "a whole number");
	uint64_t value;

	if (err)
		return err;
	if (json_object_get_int64(node->value) < 0)
		return json_node_refuse(node, "may not be negative");
	value = json_object_get_uint64(node->value);
	if (value > max_value)
		return json_node_refuse(node, "%" PRIu64 " is too large, the limit is %" PRIu64,
					value, max_value);
	*ret = value;
	return 0;
}

int json_node_read_text(const struct json_node *node, char **ret)
{
	int err = json_node_want(node, json_type_string, "a string");
	const char *text;
	char *copy;

	if (err)
		return err;
	text = json_object_get_string(node->value);
	if (strlen(text) != (size_t)json_object_get_string_len(node->value))
		return json_node_refuse(node, "a string with a NUL byte in it");
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	str_sanitize(copy);
	*ret = copy;
	return 0;
}

static int read_int(const struct json_node *node, int *ret)
{
	uint64_t value = 0;
	int err = json_node_read_u64(node, INT_MAX, &value);

	if (!err)
		*ret = (int)value;
	return err;
}

/* A field that is there. */
static int read_member(const struct json_node *node, enum json_field_type type, void *member)
{
	uint64_t value = 0;
	int err;

	switch (type) {
	case JSON_U64:
		/* What does not fit 64 bits is read as their maximum. */
		return json_node_read_u64(node, UINT64_MAX - 1, member);
	case JSON_UINT:
		err = json_node_read_u64(node, UINT_MAX, &value);
		if (!err)
			*(unsigned int *)member = (unsigned int)value;
		return err;
	case JSON_INT_OR_NULL:
		if (!node->value) {
			*(int *)member = -1;
			return 0;
		}
		return read_int(node, member);
	case JSON_INT:
		return read_int(node, member);
	case JSON_BOOL:
		err = json_node_want(node, json_type_boolean, "true or false");
		if (!err)
			*(bool *)member = json_object_get_boolean(node->value);
		return err;
	case JSON_TEXT_OR_NULL:
		return node->value ? json_node_read_text(node, member) : 0;
	case JSON_TEXT:
		return json_node_read_text(node, member);
	}
	return -EINVAL;
}

/* A field that was left out: a text is never NULL unless its type says so. */
static int read_default(enum json_field_type type, void *member)
{
	if (type == JSON_INT_OR_NULL)
		*(int *)member = -1;
	if (type != JSON_TEXT)
		return 0;
	*(char **)member = strdup("");
	return *(char **)member ? 0 : -ENOMEM;
}

int json_node_read_fields(const struct json_node *node, const struct json_field *fields, void *base)
{
	int err = json_node_want(node, json_type_object, "an object");

	if (err)
		return err;
	for (const struct json_field *field = fields; field->key; field++) {
		void *member = (char *)base + field->offset;
		struct json_node child = { .value = NULL };

		err = json_node_get(node, field->key, field->is_required, &child);
		if (err == -ENOENT)
			err = read_default(field->type, member);
		else if (!err)
			err = read_member(&child, field->type, member);
		if (err)
			return err;
	}
	return 0;
}

const uint64_t *json_node_table(const struct json_node *node, size_t *ret_n)
{
	if (!node->tables || json_object_get_type(node->value) != json_type_int)
		return NULL;
	return json_tables_get(node->tables, json_object_get_uint64(node->value), ret_n);
}

int json_node_read_list(const struct json_node *up, const char *key, bool is_required,
			int (*read_one)(const struct json_node *item, void *to), void *to)
{
	struct json_node list = { .value = NULL };
	int err = json_node_get(up, key, is_required, &list);

	if (err)
		return err == -ENOENT ? 0 : err;
	err = json_node_want(&list, json_type_array, "a list");
	for (size_t i = 0; !err && i < json_object_array_length(list.value); i++) {
		struct json_node item = { .value = json_object_array_get_idx(list.value, i),
					  .up = &list,
					  .index = i,
					  .why = list.why,
					  .tables = list.tables };

		err = read_one(&item, to);
	}
	return err;
}
