/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_compare: a comparison as members of a document that says more.
 */
#ifndef LULL_REPORT_JSON_COMPARE_H
#define LULL_REPORT_JSON_COMPARE_H

#include <json-c/json.h>

struct comparison;

/* All but the schema. -ENOMEM. */
int json_compare_fill(struct json_object *document, const struct comparison *comparison);

#endif
