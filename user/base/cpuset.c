/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpuset: sets of CPU numbers and their notations. Numbers from CPUSET_MAX up are never in a set:
 * adding one does nothing, parsing one is -ERANGE.
 */
#include "base/cpuset.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"

#define N_WORDS (CPUSET_MAX / 64)

void cpuset_clear(struct cpuset *set)
{
	*set = (struct cpuset){ 0 };
}

void cpuset_add(struct cpuset *set, unsigned int cpu)
{
	if (cpu < CPUSET_MAX)
		set->bits[cpu / 64] |= 1ULL << cpu % 64;
}

void cpuset_remove(struct cpuset *set, unsigned int cpu)
{
	if (cpu < CPUSET_MAX)
		set->bits[cpu / 64] &= ~(1ULL << cpu % 64);
}

bool cpuset_has(const struct cpuset *set, unsigned int cpu)
{
	return cpu < CPUSET_MAX && (set->bits[cpu / 64] >> cpu % 64 & 1);
}

bool cpuset_is_empty(const struct cpuset *set)
{
	return cpuset_next(set, 0) < 0;
}

bool cpuset_is_equal(const struct cpuset *a, const struct cpuset *b)
{
	return memcmp(a->bits, b->bits, sizeof(a->bits)) == 0;
}

unsigned int cpuset_count(const struct cpuset *set)
{
	unsigned int n = 0;

	for (size_t i = 0; i < N_WORDS; i++)
		n += (unsigned int)__builtin_popcountll(set->bits[i]);
	return n;
}

int cpuset_next(const struct cpuset *set, unsigned int from)
{
	uint64_t word;

	if (from >= CPUSET_MAX)
		return -1;
	word = set->bits[from / 64] & ~0ULL << from % 64;
	for (size_t i = from / 64;;) {
		if (word)
			return (int)(i * 64) + __builtin_ctzll(word);
		if (++i == N_WORDS)
			return -1;
		word = set->bits[i];
	}
}

void cpuset_or(struct cpuset *to, const struct cpuset *from)
{
	for (size_t i = 0; i < N_WORDS; i++)
		to->bits[i] |= from->bits[i];
}

void cpuset_and(struct cpuset *to, const struct cpuset *from)
{
	for (size_t i = 0; i < N_WORDS; i++)
		to->bits[i] &= from->bits[i];
}

void cpuset_subtract(struct cpuset *to, const struct cpuset *from)
{
	for (size_t i = 0; i < N_WORDS; i++)
		to->bits[i] &= ~from->bits[i];
}

/*
 * One item of a list: of every @group CPUs from @first to @last, the first @used. As the kernel's
 * bitmap_parselist() has it, lib/bitmap-str.c.
 */
struct region {
	unsigned int first, last, used, group;
};

/* A number below CPUSET_MAX + 1, so that a group may be as large as the set. */
static int list_number(const char **s, unsigned int *ret)
{
	unsigned int value = 0;
	const char *p = *s;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (unsigned int)(*p - '0');
		if (value > CPUSET_MAX)
			return -ERANGE;
	}
	*s = p;
	*ret = value;
	return 0;
}

/* "used/group" as the kernel has it, or "stride" as taskset does: one of every stride. */
static int list_pattern(const char **s, struct region *region)
{
	int err = list_number(s, &region->group);

	if (err || **s != '/')
		return err;
	region->used = region->group;
	(*s)++;
	return list_number(s, &region->group);
}

static int list_region(const char **s, struct region *ret)
{
	struct region region = { .used = 1, .group = 1 };
	int err = list_number(s, &region.first);

	region.last = region.first;
	if (!err && **s == '-') {
		(*s)++;
		err = list_number(s, &region.last);
		if (!err && **s == ':') {
			(*s)++;
			err = list_pattern(s, &region);
		}
	}
	if (err)
		return err;
	if (region.first > region.last || !region.group || region.used > region.group)
		return -EINVAL;
	if (region.last >= CPUSET_MAX)
		return -ERANGE;
	*ret = region;
	return 0;
}

static void add_region(struct cpuset *set, const struct region *region)
{
	for (unsigned int cpu = region->first; cpu <= region->last; cpu++)
		if ((cpu - region->first) % region->group < region->used)
			cpuset_add(set, cpu);
}

int cpuset_parse(const char *list, struct cpuset *ret)
{
	struct cpuset with = { 0 }, without = { 0 };
	bool has_with = false;

	for (const char *s = list; *list; s++) {
		struct region region;
		bool is_out = *s == '^';
		int err;

		s += is_out;
		err = list_region(&s, &region);
		if (err)
			return err;
		add_region(is_out ? &without : &with, &region);
		has_with |= !is_out;
		if (!*s)
			break;
		if (*s != ',')
			return -EINVAL;
	}
	if (*list && !has_with) /* "^3": of what? */
		return -EINVAL;
	cpuset_subtract(&with, &without);
	*ret = with;
	return 0;
}

/* Reads backwards, from the lowest digit: only so is the place of a digit known in advance. */
int cpuset_parse_mask(const char *mask, struct cpuset *ret)
{
	struct cpuset set = { 0 };
	unsigned int word = 0, n_digits = 0;

	for (size_t i = strlen(mask); i > 0; i--) {
		int value = parse_hex_digit(mask[i - 1]);
		unsigned int cpu = word * 32 + n_digits * 4;

		if (mask[i - 1] == ',' && n_digits) {
			word++;
			n_digits = 0;
			continue;
		}
		if (value < 0 || n_digits == 8)
			return -EINVAL;
		if (value && cpu >= CPUSET_MAX)
			return -ERANGE;
		for (unsigned int bit = 0; bit < 4; bit++)
			if (value >> bit & 1)
				cpuset_add(&set, cpu + bit);
		n_digits++;
	}
	if (!n_digits) /* empty, or a comma without digits before it */
		return -EINVAL;
	*ret = set;
	return 0;
}

char *cpuset_format(const struct cpuset *set)
{
	auto_str struct str text = { 0 };
	int first, err = str_add(&text, "");

	for_each_cpu(first, set) {
		int last = first;

		while (cpuset_has(set, (unsigned int)last + 1))
			last++;
		err = err ?: str_addf(&text, "%s%d", text.len ? "," : "", first);
		if (last > first)
			err = err ?: str_addf(&text, "-%d", last);
		first = last;
	}
	return err ? NULL : take_ptr(text.s);
}

char *cpuset_format_mask(const struct cpuset *set)
{
	auto_str struct str text = { 0 };
	int err = 0;

	for (unsigned int word = CPUSET_MAX / 32; word-- > 0 && !err;) {
		uint32_t bits = (uint32_t)(set->bits[word / 2] >> (word % 2 * 32));

		if (text.len)
			err = str_addf(&text, ",%08x", bits);
		else if (bits || !word)
			err = str_addf(&text, "%x", bits);
	}
	return err ? NULL : take_ptr(text.s);
}
