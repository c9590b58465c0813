/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_node: values of a JSON document that is not trusted, each knowing the way to itself, so
 * that whoever refuses one says where it is ("threads[3].wall_ns: may not be negative").
 * Functions return 0, -EINVAL with the reason in *why, or -ENOMEM.
 */
#ifndef LULL_REPORT_JSON_NODE_H
#define LULL_REPORT_JSON_NODE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/json_fields.h"

struct json_tables;
struct str;

/* One value and the way to it, for messages. */
struct json_node {
	struct json_object *value;  /* NULL: JSON's null */
	const struct json_node *up; /* NULL: the document */
	const char *key;	    /* NULL: number @index of an array */
	size_t index;
	struct str *why;
	const struct json_tables *tables; /* its lists of triples; NULL: they are values */
};

/* Writes the way to @node and the reason to *why. Always fails: -EINVAL or -ENOMEM. */
int json_node_refuse(const struct json_node *node, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The member @key of an object. -ENOENT: left out; refused when @is_required. */
int json_node_get(const struct json_node *up, const char *key, bool is_required,
		  struct json_node *ret);
/* Refuses a value of another type; @words name the wanted one. */
int json_node_want(const struct json_node *node, enum json_type type_wanted, const char *words);

int json_node_read_u64(const struct json_node *node, uint64_t max_value, uint64_t *ret);
/* Allocated, and made safe to show. */
int json_node_read_text(const struct json_node *node, char **ret);
/* The members that @fields name into the struct at @base, which owns what was read on failure. */
int json_node_read_fields(const struct json_node *node, const struct json_field *fields,
			  void *base);
/* The triples of a list that was taken out before parsing; NULL: it was not. */
const uint64_t *json_node_table(const struct json_node *node, size_t *ret_n);
/* Calls @read_one for each element; a list that may be left out is empty then. */
int json_node_read_list(const struct json_node *up, const char *key, bool is_required,
			int (*read_one)(const struct json_node *item, void *to), void *to);

#endif
