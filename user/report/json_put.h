/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_put: builds documents without a check at each step. Want of memory is remembered in *err as
 * -ENOMEM, which the caller looks at once, at the end; what was built is freed with its root.
 */
#ifndef LULL_REPORT_JSON_PUT_H
#define LULL_REPORT_JSON_PUT_H

#include <json-c/json.h>

/* Puts @value, which may be NULL for want of memory, and takes it. Key NULL: @to is an array. */
void json_put(struct json_object *to, const char *key, struct json_object *value, int *err);
/* null, as the value is not known; @to is an object. */
void json_put_null(struct json_object *to, const char *key, int *err);

#endif
