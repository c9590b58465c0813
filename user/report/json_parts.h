/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_parts: reads a long list of a document an element at a time, so that memory stays small, and the
 * number triples in it past the JSON parser, so that it is fast.
 */
#ifndef LULL_REPORT_JSON_PARTS_H
#define LULL_REPORT_JSON_PARTS_H

#include <stdbool.h>

struct json_node;
struct json_split;

/* One of the lists that were split off. */
struct json_list {
	const char *key;
	unsigned int number; /* among the keys of the split */
	bool is_required;
	int (*read_one)(const struct json_node *item, void *to);
};

/*
 * Calls read_one for each element; @split NULL: the list was parsed with the document. -EINVAL: refused,
 * in words that are right only without a split; -EAGAIN: no JSON, which the document's parser tells
 * where; -ENOMEM.
 */
int json_parts_read(const struct json_node *document, const struct json_split *split,
		    const struct json_list *list, void *to);

#endif
