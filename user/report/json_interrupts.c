/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_interrupts: interrupts as JSON, one at a time, so that a machine of a thousand CPUs takes
 * no more memory than a small one.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "model/interrupts.h"
#include "report/interrupts.h"
#include "report/json_put.h"

#define TEXT_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static void put_text(struct json_object *to, const char *key, const char *text, int *err)
{
	json_put(to, key, json_object_new_string(text), err);
}

/* A list of CPUs; null: not known. */
static void put_cpus(struct json_object *to, const char *key, const struct cpuset *set, int *err)
{
	auto_free char *list = set ? cpuset_format(set) : NULL;

	if (set)
		json_put(to, key, list ? json_object_new_string(list) : NULL, err);
	else
		json_put_null(to, key, err);
}

static void put_counts(struct json_object *to, const struct interrupt *line, int *err)
{
	struct json_object *counts = json_object_new_array();

	for (unsigned int i = 0; i < line->n_counts; i++)
		json_put(counts, NULL, json_object_new_uint64(line->counts[i]), err);
	json_put(to, "counts", counts, err);
}

static struct json_object *make_line(const struct interrupts *all, const struct interrupt *line,
				     int *err)
{
	struct json_object *to = json_object_new_object(), *actions = json_object_new_array();

	if (line->irq >= 0)
		json_put(to, "irq", json_object_new_int(line->irq), err);
	else
		put_text(to, "name", line->name, err);
	put_text(to, "class", line->class, err);
	json_put(to, "posted", json_object_new_boolean(line->is_posted), err);
	put_text(to, "chip", line->chip, err);
	put_text(to, "trigger", line->trigger, err);
	for (unsigned int i = 0; i < line->n_actions; i++)
		put_text(actions, NULL, line->actions[i], err);
	json_put(to, "actions", actions, err);
	put_text(to, "description", line->description, err);
	put_text(to, "device", line->device, err);
	put_text(to, "bdf", line->bdf, err);
	if (line->node >= 0)
		json_put(to, "node", json_object_new_int(line->node), err);
	else
		json_put_null(to, "node", err);
	if (line->vm_pid)
		json_put(to, "vm_pid", json_object_new_int(line->vm_pid), err);
	else
		json_put_null(to, "vm_pid", err);
	put_cpus(to, "affinity", line->affinity, err);
	put_cpus(to, "effective", line->effective, err);
	json_put(to, "writable", json_object_new_boolean(line->is_writable), err);
	put_text(to, "why", line->why, err);
	json_put(to, "total", json_object_new_uint64(interrupt_count(all, line, NULL)), err);
	put_counts(to, line, err);
	return to;
}

int report_interrupts_json_add(const struct interrupts *all, FILE *out)
{
	int err = 0;

	(void)fputs(",\n\"interrupt_cpus\":[", out);
	for (unsigned int i = 0; i < all->n_cpus; i++)
		(void)fprintf(out, "%s%d", i ? "," : "", all->cpus[i]);
	(void)fprintf(out, "],\n\"interval_ns\":%" PRIu64 ",\n\"interrupts\":[", all->interval_ns);
	for (unsigned int i = 0; i < all->n_lines && !err; i++) {
		struct json_object *line = make_line(all, &all->lines[i], &err);
		const char *text = err ? NULL : json_object_to_json_string_ext(line, TEXT_FLAGS);

		if (text)
			(void)fprintf(out, "%s\n%s", i ? "," : "", text);
		else
			err = -ENOMEM;
		json_object_put(line);
	}
	(void)fputc(']', out);
	return err;
}
