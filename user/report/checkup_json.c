/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checkup_json: a checkup as one JSON document, schema lull.doctor/1.
 */
#include <errno.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "model/checkup.h"
#include "report/checkup.h"

#define FLAGS (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

/* Puts @value, which it takes over, under @key. */
static int put(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && !json_object_object_add(object, key, value))
		return 0;
	(void)json_object_put(value);
	return -ENOMEM;
}

static int put_text(struct json_object *object, const char *key, const char *text)
{
	if (!text) /* null: there is nothing to do */
		return json_object_object_add(object, key, NULL) ? -ENOMEM : 0;
	return put(object, key, json_object_new_string(text));
}

static int add_item(struct json_object *list, const struct checkup_item *item)
{
	struct json_object *object = json_object_new_object();
	int err = object ? 0 : -ENOMEM;

	err = err ?: put_text(object, "section", item->section);
	err = err ?: put_text(object, "name", item->name);
	err = err ?: put_text(object, "state", checkup_state_name(item->state));
	err = err ?: put_text(object, "found", item->found);
	err = err ?: put_text(object, "remedy", item->remedy);
	if (!err && !json_object_array_add(list, object))
		return 0;
	(void)json_object_put(object);
	return -ENOMEM;
}

static int fill(struct json_object *top, const struct report_checkup *report)
{
	struct json_object *list = json_object_new_array(), *verdict = json_object_new_object();
	int err = put_text(top, "schema", "lull.doctor/1");

	for (unsigned int i = 0; i < report->checkup->n && !err && list; i++)
		err = add_item(list, &report->checkup->items[i]);
	for (unsigned int i = 0; i < report->n_verdicts && !err && verdict; i++)
		err = put_text(verdict, report->verdicts[i].key, report->verdicts[i].answer);
	/* Both are taken over, also on failure. */
	if (put(top, "checks", list))
		err = -ENOMEM;
	if (put(top, "verdict", verdict))
		err = -ENOMEM;
	return err;
}

int report_checkup_json(const struct report_checkup *report, FILE *out)
{
	struct json_object *top = json_object_new_object();
	const char *text = NULL;
	int err = top ? fill(top, report) : -ENOMEM;

	if (!err)
		text = json_object_to_json_string_ext(top, FLAGS);
	errno = 0;
	if (!err && !text)
		err = -ENOMEM;
	else if (!err && (fprintf(out, "%s\n", text) < 0 || fflush(out)))
		err = errno ? -errno : -EIO;
	(void)json_object_put(top);
	return err;
}
