/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vms_cmdline: options of a VMM's command line, in the forms of QEMU: "type,key=value" with
 * doubled commas, and since 6.0 the JSON object that libvirt writes. No parser of JSON: libvirt
 * writes no blanks, and anybody else may be misunderstood without harm.
 */
#define LULL_SYS_VMS_PRIVATE
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/vms_p.h"

/* What follows the dashes of an option; NULL: it is none. */
static const char *option_word(const char *arg)
{
	if (*arg != '-')
		return NULL;
	return arg + (arg[1] == '-' ? 2 : 1);
}

const char *vms_next_option(const struct vms_cmdline *cmdline, const char *name, unsigned int *at)
{
	size_t len = strlen(name);

	for (unsigned int i = *at; i < cmdline->n; i++) {
		const char *word = option_word(cmdline->argv[i]);

		if (!word)
			continue;
		if (streq(word, name) && i + 1 < cmdline->n) {
			*at = i + 2;
			return cmdline->argv[i + 1];
		}
		if (strncmp(word, name, len) == 0 && word[len] == '=') {
			*at = i + 1;
			return word + len + 1;
		}
	}
	return NULL;
}

const char *vms_last_option(const struct vms_cmdline *cmdline, const char *name)
{
	const char *last = NULL, *value;
	unsigned int at = 1;

	while ((value = vms_next_option(cmdline, name, &at)))
		last = value;
	return last;
}

bool vms_has_flag(const struct vms_cmdline *cmdline, const char *name)
{
	for (unsigned int i = 1; i < cmdline->n; i++) {
		const char *word = option_word(cmdline->argv[i]);

		if (word && streq(word, name))
			return true;
	}
	return false;
}

char *vms_cut_item(const char **value)
{
	const char *p = *value;
	char *item = strdup(p), *to = item;

	if (!item)
		return NULL;
	for (; *p && !(*p == ',' && p[1] != ','); p++) {
		p += *p == ',';
		*to++ = *p;
	}
	*to = '\0';
	*value = p + (*p == ',');
	return item;
}

/* Up to the closing quote or bracket; else to the end of the number or word. */
static char *get_json_key(const char *value, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = value; (p = strchr(p, '"')); p++) {
		const char *end = p + 1 + len;

		if (strncmp(p + 1, key, len) != 0 || end[0] != '"' || end[1] != ':')
			continue;
		end += 2;
		if (*end == '"' || *end == '[')
			return strndup(end + 1, strcspn(end + 1, *end == '"' ? "\"" : "]"));
		return strndup(end, strcspn(end, ",}"));
	}
	return NULL;
}

char *vms_get_key(const char *value, const char *key)
{
	size_t len = strlen(key);

	if (*value == '{')
		return get_json_key(value, key);
	while (*value) {
		auto_free char *item = vms_cut_item(&value);

		if (!item)
			return NULL;
		if (strncmp(item, key, len) == 0 && item[len] == '=')
			return strdup(item + len + 1);
	}
	return NULL;
}
