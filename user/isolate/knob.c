/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * knob: the table made of knobs.def, and sets of its names.
 */
#include "isolate/knob.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#define KNOB(symbol, name, is_default, first, help) extern const struct knob_ops knob_##symbol;
#include "isolate/knobs.def"
#undef KNOB

static const struct knob knobs[] = {
#define KNOB(symbol, name_, is_default_, first, help_) \
	{ .name = (name_),                             \
	  .help = (help_),                             \
	  .is_default = (is_default_),                 \
	  .is_restored_first = (first),                \
	  .ops = &knob_##symbol },
#include "isolate/knobs.def"
#undef KNOB
};

_Static_assert(ARRAY_SIZE(knobs) <= KNOBS_MAX, "a layer's choice is one bit each");

const struct knob *knob_table(unsigned int *ret_n)
{
	*ret_n = ARRAY_SIZE(knobs);
	return knobs;
}

static const struct knob *find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++)
		if (strlen(knobs[i].name) == len && !memcmp(knobs[i].name, name, len))
			return &knobs[i];
	return NULL;
}

const struct knob *knob_find(const char *name)
{
	return find(name, strlen(name));
}

unsigned int knob_number(const struct knob *knob)
{
	return (unsigned int)(knob - knobs);
}

uint64_t knob_default_set(void)
{
	uint64_t set = 0;

	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++)
		if (knobs[i].is_default)
			set |= (uint64_t)1 << i;
	return set;
}

int knob_parse_set(const char *list, uint64_t *ret, const char **ret_bad)
{
	uint64_t set = 0;

	for (const char *s = list;; s++) {
		size_t len = strcspn(s, ",");
		const struct knob *knob = find(s, len);

		if (!knob) {
			if (ret_bad)
				*ret_bad = s;
			return -EINVAL;
		}
		set |= (uint64_t)1 << knob_number(knob);
		s += len;
		if (!*s)
			break;
	}
	*ret = set;
	return 0;
}

int knob_add_command(const struct plan_step *step, const char *value, struct str *to)
{
	if (step->knob->ops->shell)
		return step->knob->ops->shell(step, value, to);
	return str_addf(to, "echo '%s' > /%s\n", value, step->object);
}

int knob_format_cpus(const struct cpuset *cpus, char **ret)
{
	char *list = cpuset_format(cpus);

	if (!list)
		return -ENOMEM;
	*ret = list;
	return 0;
}
