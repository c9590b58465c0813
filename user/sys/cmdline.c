/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/cmdline.h"

#include <ctype.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"

/* Do two names mean the same parameter? */
static bool is_same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char x = *a, y = *b;

		if ((x == '-' ? '_' : x) != (y == '-' ? '_' : y))
			return false;
	}
	return *a == *b;
}

/* Takes away the quotes around a value, or around the whole parameter. */
static char *unquote(char *word)
{
	size_t len;

	if (*word != '"')
		return word;
	word++;
	len = strlen(word);
	if (len && word[len - 1] == '"')
		word[len - 1] = '\0';
	return word;
}

/* The end of the parameter that begins at @s: a blank outside of quotes. */
static char *end_of(char *s)
{
	bool quoted = false;

	for (; *s && (quoted || !isspace((unsigned char)*s)); s++)
		quoted ^= *s == '"';
	return s;
}

static int add(struct cmdline *cmdline, char *word)
{
	struct cmdline_param *grown =
		reallocarray(cmdline->params, cmdline->n + 1, sizeof(*cmdline->params));
	char *value;

	if (!grown)
		return -ENOMEM;
	cmdline->params = grown;
	word = unquote(word);
	value = strchr(word, '=');
	if (value) {
		*value++ = '\0';
		value = unquote(value);
	}
	grown[cmdline->n++] = (struct cmdline_param){ .name = word, .value = value };
	return 0;
}

int cmdline_parse(const char *text, struct cmdline *ret)
{
	struct cmdline cmdline = { .text = strdup(text) };
	char *at = cmdline.text;
	int err = at ? 0 : -ENOMEM;

	while (!err) {
		char *end;

		while (isspace((unsigned char)*at))
			at++;
		end = end_of(at);
		if (end == at)
			break;
		if (*end)
			*end++ = '\0';
		if (streq(at, "--"))
			break; /* what follows is init's */
		err = add(&cmdline, at);
		at = end;
	}
	if (err) {
		cmdline_done(&cmdline);
		return err;
	}
	*ret = cmdline;
	return 0;
}

int cmdline_read(const struct root *root, struct cmdline *ret)
{
	auto_free char *text = NULL;
	int err = fs_read_file(root, &text, NULL, "proc/cmdline");

	return err ?: cmdline_parse(text, ret);
}

void cmdline_done(struct cmdline *cmdline)
{
	free(cmdline->params);
	free(cmdline->text);
	*cmdline = (struct cmdline){ 0 };
}

const char *cmdline_value(const struct cmdline *cmdline, const char *name)
{
	for (unsigned int i = cmdline->n; i-- > 0;)
		if (is_same_name(cmdline->params[i].name, name))
			return cmdline->params[i].value ?: "";
	return NULL;
}

/* One element of a list, with "N" and "all" put into numbers. */
static int add_element(struct str *to, const char *s, size_t len, unsigned int n_possible)
{
	int err = to->len ? str_add(to, ",") : 0;

	if (len >= 3 && strncmp(s, "all", 3) == 0 && !(len > 3 && isalnum((unsigned char)s[3]))) {
		err = err ?: str_addf(to, "0-%u", n_possible - 1);
		s += 3;
		len -= 3;
	}
	for (size_t i = 0; i < len && !err; i++) {
		if (s[i] == 'N')
			err = str_addf(to, "%u", n_possible - 1);
		else
			err = str_addn(to, s + i, 1);
	}
	return err;
}

int cmdline_cpus_parse(const char *list, unsigned int n_possible, struct cpuset *ret)
{
	auto_str struct str plain = { 0 };
	struct cpuset set;
	int err = 0;

	/* Exclusion is libvirt's, not the kernel's; an empty list is none. */
	if (!n_possible || strchr(list, '^') || !*list)
		return -EINVAL;
	for (const char *s = list; *s && !err;) {
		size_t len = strcspn(s, ",");

		if (len)
			err = add_element(&plain, s, len, n_possible);
		s += len;
		s += *s == ',';
	}
	err = err ?: cpuset_parse(plain.s ?: "", &set);
	if (err)
		return err;
	if (cpuset_is_empty(&set))
		return -EINVAL;
	*ret = set;
	return 0;
}

int cmdline_isolcpus_parse(const char *value, unsigned int n_possible, struct cmdline_isolcpus *ret)
{
	struct cmdline_isolcpus isol = { 0 };
	int err;

	/* Even "N" and "all" are flags to the kernel where they come first. */
	while (isalpha((unsigned char)*value)) {
		size_t len = strcspn(value, ",");

		if (len == 6 && strncmp(value, "domain", len) == 0)
			isol.domain = true;
		else if (len == 11 && strncmp(value, "managed_irq", len) == 0)
			isol.managed_irq = true;
		else if (len == 4 && strncmp(value, "nohz", len) == 0)
			isol.nohz = true;
		for (size_t i = 0; i < len; i++)
			if (!isalpha((unsigned char)value[i]) && value[i] != '_')
				return -EINVAL;
		value += len;
		value += *value == ',';
	}
	isol.domain |= !isol.managed_irq && !isol.nohz;
	err = cmdline_cpus_parse(value, n_possible, &isol.cpus);
	if (!err)
		*ret = isol;
	return err;
}
