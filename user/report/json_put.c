/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/json_put.h"

#include <errno.h>

void json_put(struct json_object *to, const char *key, struct json_object *value, int *err)
{
	if (to && value && key && !json_object_object_add(to, key, value))
		return;
	if (to && value && !key && !json_object_array_add(to, value))
		return;
	json_object_put(value);
	*err = -ENOMEM;
}

void json_put_null(struct json_object *to, const char *key, int *err)
{
	if (!to || json_object_object_add(to, key, NULL))
		*err = -ENOMEM;
}
