/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_keys: one pass over the text, with the hashes of the keys of all objects that are open. Two
 * keys of one hash are taken for one: a file that is made so is refused, which harms nobody else.
 */
#include "report/json_keys.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/str.h"

#define DEPTH_MAX 64  /* the parser's own limit is lower */
#define KEYS_MAX  256 /* of one object; each key is compared with those before it */

struct level {
	bool is_object;
	const char *key; /* the last one that was seen */
	size_t key_len, index;
	unsigned int n_keys;
	uint64_t keys[KEYS_MAX];
};

struct scan {
	const char *text;
	size_t len, at;
	unsigned int depth;
	struct level *levels;
	struct str *why;
};

/* FNV-1a */
static uint64_t hash_of(const char *key, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3;
	return hash;
}

static int refuse(const struct scan *scan, const char *words)
{
	int err = 0;

	for (unsigned int i = 0; i < scan->depth && !err; i++) {
		const struct level *level = &scan->levels[i];
		auto_str struct str key = { .s = NULL };

		if (!level->is_object) {
			err = str_addf(scan->why, "[%zu]", level->index);
			continue;
		}
		err = str_addn(&key, level->key ?: "", level->key_len);
		if (!err)
			str_sanitize(key.s);
		err = err ?: str_addf(scan->why, "%s%.60s", i ? "." : "", key.s);
	}
	err = err ?: str_addf(scan->why, ": %s", words);
	return err ?: -EINVAL;
}

static int take_key(struct scan *scan, const char *key, size_t len)
{
	struct level *level = &scan->levels[scan->depth - 1];
	uint64_t hash = hash_of(key, len);

	level->key = key;
	level->key_len = len;
	for (unsigned int i = 0; i < level->n_keys; i++) {
		if (level->keys[i] == hash)
			return refuse(scan, "this key is there twice");
	}
	if (level->n_keys == KEYS_MAX)
		return refuse(scan, "too many keys");
	level->keys[level->n_keys++] = hash;
	return 0;
}

/* Behind the opening quote. A string before a colon is a key. */
static int skip_string(struct scan *scan)
{
	size_t begin = scan->at, end;

	while (scan->at < scan->len && scan->text[scan->at] != '"')
		scan->at += scan->text[scan->at] == '\\' ? 2 : 1;
	end = min(scan->at, scan->len);
	scan->at = end + 1;
	while (scan->at < scan->len && strchr(" \t\r\n", scan->text[scan->at]) &&
	       scan->text[scan->at])
		scan->at++;
	if (scan->at >= scan->len || scan->text[scan->at] != ':' || !scan->depth ||
	    !scan->levels[scan->depth - 1].is_object)
		return 0;
	return take_key(scan, scan->text + begin, end - begin);
}

static int open_level(struct scan *scan, bool is_object)
{
	struct level *level;

	if (scan->depth == DEPTH_MAX)
		return refuse(scan, "nested too deeply");
	level = &scan->levels[scan->depth++];
	level->is_object = is_object;
	level->key = NULL;
	level->key_len = level->index = 0;
	level->n_keys = 0;
	return 0;
}

static int step(struct scan *scan)
{
	char c = scan->text[scan->at++];

	switch (c) {
	case '"':
		return skip_string(scan);
	case '{':
	case '[':
		return open_level(scan, c == '{');
	case '}':
	case ']':
		scan->depth -= scan->depth > 0;
		return 0;
	case ',':
		if (scan->depth)
			scan->levels[scan->depth - 1].index++;
		return 0;
	default:
		return 0;
	}
}

int json_keys_check(const char *text, size_t len, struct str *why)
{
	auto_free struct level *levels = calloc(DEPTH_MAX, sizeof(*levels));
	struct scan scan = { .text = text, .len = len, .levels = levels, .why = why };
	int err = 0;

	if (!levels)
		return -ENOMEM;
	while (scan.at < len && !err)
		err = step(&scan);
	return err;
}
