/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob_file: the operations of knobs whose objects are files of one value. The object is the path
 * below the root.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "isolate/knob.h"

typedef int (*parse_cpus)(const char *text, struct cpuset *ret);

static int read_line(const struct root *root, const char *path, char **ret)
{
	auto_free char *line = NULL;
	const char *start;
	char *text;
	size_t len;
	int err = fs_read_line(root, &line, "%s", path);

	if (err)
		return err;
	start = line + strspn(line, " \t");
	len = strlen(start);
	while (len && (start[len - 1] == ' ' || start[len - 1] == '\t'))
		len--;
	text = strndup(start, len);
	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}

static int read_cpus(const struct root *root, const char *path, parse_cpus parse,
		     struct cpuset *ret)
{
	auto_free char *line = NULL;
	int err = read_line(root, path, &line);

	return err ?: parse(line, ret);
}

static int read_canonical(const struct root *root, const char *path, parse_cpus parse, char **ret)
{
	struct cpuset cpus;
	int err = read_cpus(root, path, parse, &cpus);

	return err ?: knob_format_cpus(&cpus, ret);
}

int knob_file_read_text(const struct root *root, const struct plan_step *step, char **ret)
{
	return read_line(root, step->object, ret);
}

int knob_file_read_list(const struct root *root, const struct plan_step *step, char **ret)
{
	return read_canonical(root, step->object, cpuset_parse, ret);
}

int knob_file_read_mask(const struct root *root, const struct plan_step *step, char **ret)
{
	return read_canonical(root, step->object, cpuset_parse_mask, ret);
}

int knob_file_write_text(const struct root *root, const struct plan_step *step, const char *value)
{
	auto_str struct str text = { 0 };
	int err = str_addf(&text, "%s\n", value);

	return err ?: fs_write_file(root, text.s, "%s", step->object);
}

int knob_file_write_list(const struct root *root, const struct plan_step *step, const char *value)
{
	return knob_file_write_text(root, step, value);
}

static int format_mask(const char *value, char **ret)
{
	struct cpuset cpus;
	int err = cpuset_parse(value, &cpus);

	if (err)
		return err;
	*ret = cpuset_format_mask(&cpus);
	return *ret ? 0 : -ENOMEM;
}

int knob_file_write_mask(const struct root *root, const struct plan_step *step, const char *value)
{
	auto_free char *mask = NULL;
	int err = format_mask(value, &mask);

	return err ?: knob_file_write_text(root, step, mask);
}

int knob_file_shell_mask(const struct plan_step *step, const char *value, struct str *to)
{
	auto_free char *mask = NULL;
	int err = format_mask(value, &mask);

	return err ?: str_addf(to, "echo %s > /%s\n", mask, step->object);
}

int knob_file_plan_text(const struct root *root, const struct goal *goal, struct plan *plan,
			const char *path, const char *want, const char *why)
{
	auto_free char *now = NULL;
	struct plan_change change = { .object = path, .why = why };
	int err = read_line(root, path, &now);

	if (err)
		return err == -ENOENT ? 0 : err;
	change.now = now;
	change.want = goal->n_layers ? want : plan_orig(plan, path, "", now);
	return plan_change(plan, &change);
}

static int plan_cpus(const struct root *root, const struct goal *goal, struct plan *plan,
		     const struct plan_change *change, parse_cpus parse)
{
	struct cpuset now, orig, want;
	int err = read_cpus(root, change->object, parse, &now);

	if (err)
		return err == -ENOENT ? 0 : err;
	err = plan_orig_cpus(plan, change->object, "", &now, &orig);
	if (err)
		return err;
	goal_keep_out(goal, &orig, &want);
	return plan_change_cpus(plan, change, &now, &want);
}

int knob_file_plan_mask(const struct root *root, const struct goal *goal, struct plan *plan,
			const char *path, const char *name, const char *why)
{
	const struct plan_change change = { .object = path, .name = name, .why = why };

	return plan_cpus(root, goal, plan, &change, cpuset_parse_mask);
}

int knob_file_plan_list(const struct root *root, const struct goal *goal, struct plan *plan,
			const char *path, const char *name, const char *why)
{
	const struct plan_change change = { .object = path, .name = name, .why = why };

	return plan_cpus(root, goal, plan, &change, cpuset_parse);
}
