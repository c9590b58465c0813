/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_split: one pass over the text, no recursion. What it does not expect, it refuses.
 */
#include "report/json_split.h"

#include <errno.h>
#include <stdbool.h>

#include "base/cleanup.h"

#define KEYS_MAX 8

struct scan {
	const char *at, *end;
	const char *copied; /* up to here the text is in the rest */
	const char *const *keys;
	bool seen[KEYS_MAX];
	size_t cap; /* of the parts */
	struct json_split split;
};

static void skip_blanks(struct scan *scan)
{
	while (scan->at < scan->end && strchr(" \t\r\n", *scan->at) && *scan->at)
		scan->at++;
}

static bool is_next(struct scan *scan, char c)
{
	skip_blanks(scan);
	return scan->at < scan->end && *scan->at == c;
}

static bool take(struct scan *scan, char c)
{
	if (!is_next(scan, c))
		return false;
	scan->at++;
	return true;
}

/* From the opening quote to behind the closing one. */
static int skip_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->end; scan->at++) {
		if (*scan->at == '"') {
			scan->at++;
			return 0;
		}
		if (*scan->at == '\\')
			scan->at++;
	}
	return -EINVAL;
}

/* To behind a value: what lies between brackets is counted, not looked at. */
static int skip_value(struct scan *scan)
{
	unsigned int depth = 0;
	int err;

	skip_blanks(scan);
	while (scan->at < scan->end) {
		switch (*scan->at) {
		case '"':
			err = skip_string(scan);
			if (err || !depth)
				return err;
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (!depth)
				return 0;
			if (!--depth) {
				scan->at++;
				return 0;
			}
			break;
		case ',':
			if (!depth)
				return 0;
			break;
		default:
			break;
		}
		scan->at++;
	}
	return -EINVAL;
}

static int add_part(struct scan *scan, const char *text, unsigned int list)
{
	struct json_split *split = &scan->split;
	struct json_part *parts;

	if (split->n_parts == scan->cap) {
		size_t cap = scan->cap ? 2 * scan->cap : 256;

		parts = reallocarray(split->parts, cap, sizeof(*parts));
		if (!parts)
			return -ENOMEM;
		split->parts = parts;
		scan->cap = cap;
	}
	split->parts[split->n_parts++] =
		(struct json_part){ .text = text, .len = (size_t)(scan->at - text), .list = list };
	return 0;
}

/* The text up to here goes into the rest. */
static int copy_up_to(struct scan *scan, const char *to)
{
	int err = str_addn(&scan->split.rest, scan->copied, (size_t)(to - scan->copied));

	scan->copied = to;
	return err;
}

/* Behind the opening bracket of a list: its elements become parts. */
static int split_list(struct scan *scan, unsigned int list)
{
	int err = copy_up_to(scan, scan->at);

	if (!err && !is_next(scan, ']')) {
		do {
			const char *text;

			skip_blanks(scan);
			text = scan->at;
			err = skip_value(scan);
			if (!err && scan->at == text)
				err = -EINVAL;
			err = err ?: add_part(scan, text, list);
		} while (!err && take(scan, ','));
	}
	if (!err && !is_next(scan, ']'))
		err = -EINVAL;
	scan->copied = scan->at;
	scan->at++;
	return err;
}

/* Which of the keys is this, quotes included? -1: none; -EINVAL: one that was there before. */
static int list_of(struct scan *scan, const char *key, size_t len, int *ret)
{
	*ret = -1;
	for (int i = 0; scan->keys[i]; i++) {
		if (strlen(scan->keys[i]) + 2 != len ||
		    memcmp(scan->keys[i], key + 1, len - 2) != 0)
			continue;
		if (scan->seen[i])
			return -EINVAL;
		scan->seen[i] = true;
		*ret = i;
	}
	return 0;
}

static int split_member(struct scan *scan)
{
	const char *key;
	int list, err;

	if (!is_next(scan, '"'))
		return -EINVAL;
	key = scan->at;
	err = skip_string(scan);
	err = err ?: list_of(scan, key, (size_t)(scan->at - key), &list);
	if (err)
		return err;
	if (!take(scan, ':'))
		return -EINVAL;
	if (list >= 0 && take(scan, '['))
		return split_list(scan, (unsigned int)list);
	return skip_value(scan);
}

int json_split(const char *text, size_t len, const char *const *keys, struct json_split *ret)
{
	struct scan scan = { .at = text, .end = text + len, .copied = text, .keys = keys };
	int err = take(&scan, '{') ? 0 : -EINVAL;

	if (!err && !is_next(&scan, '}')) {
		do {
			err = split_member(&scan);
		} while (!err && take(&scan, ','));
	}
	err = err ?: copy_up_to(&scan, scan.end);
	if (err) {
		json_split_done(&scan.split);
		return err;
	}
	*ret = scan.split;
	return 0;
}

void json_split_done(struct json_split *split)
{
	str_done(&split->rest);
	free(split->parts);
	*split = (struct json_split){ .parts = NULL };
}
