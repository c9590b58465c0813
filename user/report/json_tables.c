/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_tables: where these words stand in quotes is a key of ours, or the piece is left alone: in a
 * string the quotes around a word are escaped, and a piece that spells letters by their numbers may
 * hide a key, as may one with single quotes, which the parser takes around keys. So a number in place
 * of a list can only be one that was put there.
 */
#include "report/json_tables.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const keys[] = { "\"buckets\"", "\"events\"" };

struct scan {
	const char *at, *end;
};

void json_tables_done(struct json_tables *t)
{
	str_done(&t->rest);
	free(t->values);
	free(t->tables);
	*t = (struct json_tables){ .values = NULL };
}

static bool take(struct scan *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

/* A whole number as JSON has it, and not more than 64 bits. */
static bool take_number(struct scan *scan, uint64_t *ret)
{
	const char *begin = scan->at;
	uint64_t value = 0;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9') {
		unsigned int digit = (unsigned int)(*scan->at++ - '0');

		/* 19 digits fit; a 20th may not. */
		if (scan->at - begin > 19 && (__builtin_mul_overflow(value, 10, &value) ||
					      __builtin_add_overflow(value, digit, &value)))
			return false;
		if (scan->at - begin <= 19)
			value = value * 10 + digit;
	}
	*ret = value;
	return scan->at > begin && (*begin != '0' || scan->at == begin + 1);
}

static bool take_triple(struct scan *scan, uint64_t *values)
{
	return take(scan, '[') && take_number(scan, &values[0]) && take(scan, ',') &&
	       take_number(scan, &values[1]) && take(scan, ',') && take_number(scan, &values[2]) &&
	       take(scan, ']');
}

static int room(struct json_tables *t)
{
	if (t->n_values + JSON_TRIPLE > t->values_cap) {
		size_t cap = t->values_cap ? 2 * t->values_cap : 4096;
		uint64_t *bigger = reallocarray(t->values, cap, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		t->values = bigger;
		t->values_cap = cap;
	}
	return 0;
}

/* Behind the key: the list. */
static int take_list(struct json_tables *t, struct scan *scan)
{
	size_t first = t->n_values / JSON_TRIPLE;
	int err = 0;

	if (!take(scan, ':') || !take(scan, '['))
		return -EAGAIN;
	if (!take(scan, ']')) {
		do {
			err = room(t);
			if (!err && !take_triple(scan, &t->values[t->n_values]))
				err = -EAGAIN;
			if (err)
				return err;
			t->n_values += JSON_TRIPLE;
		} while (take(scan, ','));
		if (!take(scan, ']'))
			return -EAGAIN;
	}
	if (t->n_tables == t->tables_cap) {
		size_t cap = t->tables_cap ? 2 * t->tables_cap : 64;
		struct json_table *bigger = reallocarray(t->tables, cap, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		t->tables = bigger;
		t->tables_cap = cap;
	}
	t->tables[t->n_tables++] =
		(struct json_table){ .first = first, .n = t->n_values / JSON_TRIPLE - first };
	return 0;
}

/* Behind the next key of ours; NULL: there is none. */
static const char *next_key(const struct scan *scan)
{
	const char *found = NULL;
	size_t left = (size_t)(scan->end - scan->at);

	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t len = strlen(keys[i]);
		const char *at = memmem(scan->at, left, keys[i], len);

		if (!at)
			continue;
		found = at + len;
		left = (size_t)(at - scan->at);
	}
	return found;
}

int json_tables_take(struct json_tables *t, const char *text, size_t len)
{
	struct scan scan = { .at = text, .end = text + len };
	const char *key;
	int err = 0;

	t->rest.len = 0;
	t->n_values = t->n_tables = 0;
	if (memmem(text, len, "\\u", 2) || memchr(text, '\'', len))
		return -EAGAIN;
	while ((key = next_key(&scan)) && !err) {
		err = str_addn(&t->rest, scan.at, (size_t)(key - scan.at));
		scan.at = key;
		err = err ?: take_list(t, &scan);
		err = err ?: str_addf(&t->rest, ":%zu", t->n_tables - 1);
	}
	return err ?: str_addn(&t->rest, scan.at, (size_t)(scan.end - scan.at));
}

const uint64_t *json_tables_get(const struct json_tables *t, uint64_t number, size_t *ret_n)
{
	if (number >= t->n_tables)
		return NULL;
	*ret_n = t->tables[number].n;
	return t->values + JSON_TRIPLE * t->tables[number].first;
}
