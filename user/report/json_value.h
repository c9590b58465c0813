/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_value: documents that are built, value by value. A NULL object, the sign of no memory, is
 * passed on: what is added to it fails. 0 or -ENOMEM.
 */
#ifndef LULL_REPORT_JSON_VALUE_H
#define LULL_REPORT_JSON_VALUE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct stats_effect;

/* A new list or object as member @key, or at the end of a list; NULL without memory. */
struct json_object *json_value_list(struct json_object *to, const char *key);
struct json_object *json_value_object(struct json_object *to, const char *key);
struct json_object *json_value_item(struct json_object *list);

/* NULL and what is no number are null. */
int json_value_text(struct json_object *to, const char *key, const char *text);
int json_value_bool(struct json_object *to, const char *key, bool value);
int json_value_u64(struct json_object *to, const char *key, uint64_t value);
int json_value_i64(struct json_object *to, const char *key, int64_t value);
int json_value_number(struct json_object *to, const char *key, double value);
int json_value_add_number(struct json_object *list, double value);
int json_value_add_text(struct json_object *list, const char *text);
/* Members effect, low and high; these two are null without an interval. */
int json_value_effect(struct json_object *to, const struct stats_effect *effect);

/* Prints a document, one member a line. 0 or -errno of the stream. */
int json_value_write(struct json_object *document, FILE *out);

#endif
