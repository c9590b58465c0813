/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parse: strict numbers, by hand: strtoull skips blanks, takes signs and knows locales. A string
 * that is no number is -EINVAL even when its value would also be too large.
 */
#include "base/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

int parse_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads at least one digit and returns what follows; NULL without one. */
static const char *parse_digits(const char *s, int base, uint64_t *ret, bool *ret_overflow)
{
	const char *start = s;
	uint64_t value = 0;
	bool overflow = false;

	for (int digit; digit = parse_hex_digit(*s), digit >= 0 && digit < base; s++) {
		overflow |= __builtin_mul_overflow(value, base, &value);
		overflow |= __builtin_add_overflow(value, digit, &value);
	}
	if (s == start)
		return NULL;
	*ret = value;
	*ret_overflow = overflow;
	return s;
}

static int parse_whole(const char *s, int base, uint64_t *ret)
{
	uint64_t value;
	bool overflow;

	s = parse_digits(s, base, &value, &overflow);
	if (!s || *s)
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_u64(const char *s, uint64_t *ret)
{
	return parse_whole(s, 10, ret);
}

int parse_u32(const char *s, uint32_t *ret)
{
	uint64_t value;
	int err = parse_whole(s, 10, &value);

	if (err)
		return err;
	if (value > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)value;
	return 0;
}

int parse_hex64(const char *s, uint64_t *ret)
{
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	return parse_whole(s, 16, ret);
}

static const struct {
	const char *name;
	uint64_t ns;
} suffixes[] = {
	{ .name = "", .ns = 1000000000ULL },
	{ .name = "ns", .ns = 1 },
	{ .name = "us", .ns = 1000ULL },
	{ .name = "ms", .ns = 1000000ULL },
	{ .name = "s", .ns = 1000000000ULL },
	{ .name = "m", .ns = 60 * 1000000000ULL },
	{ .name = "h", .ns = 3600 * 1000000000ULL },
	{ .name = "d", .ns = 86400 * 1000000000ULL },
};

static uint64_t suffix_ns(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (streq(s, suffixes[i].name))
			return suffixes[i].ns;
	return 0;
}

/*
 * The digits from @s up to @end, as a fraction of @unit. -EINVAL when they say more than whole
 * nanoseconds can: a duration that lull would have to round is a mistake of its writer.
 */
static int parse_fraction(const char *s, const char *end, uint64_t unit, uint64_t *ret_ns)
{
	uint64_t ns = 0;

	for (; s < end; s++) {
		uint64_t digit = (uint64_t)parse_hex_digit(*s);

		if (digit && unit % 10)
			return -EINVAL;
		unit /= 10;
		ns += digit * unit;
	}
	*ret_ns = ns;
	return 0;
}

int parse_duration_ns(const char *s, uint64_t *ret_ns)
{
	uint64_t whole, unit, ignored, fraction_ns = 0, ns;
	const char *suffix, *fraction = NULL;
	bool overflow, ignored_overflow;
	int err;

	suffix = parse_digits(s, 10, &whole, &overflow);
	if (suffix && *suffix == '.') {
		fraction = suffix + 1;
		suffix = parse_digits(fraction, 10, &ignored, &ignored_overflow);
	}
	if (!suffix)
		return -EINVAL;
	unit = suffix_ns(suffix);
	if (!unit)
		return -EINVAL;
	if (fraction) {
		err = parse_fraction(fraction, suffix, unit, &fraction_ns);
		if (err)
			return err;
	}
	if (overflow || __builtin_mul_overflow(whole, unit, &ns) ||
	    __builtin_add_overflow(ns, fraction_ns, &ns))
		return -ERANGE;
	*ret_ns = ns;
	return 0;
}
