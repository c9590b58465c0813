/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * str: growing strings, and text made fit to be shown to people. Sizes that would overflow are
 * -ENOMEM. Nothing here knows of terminals or of JSON; those escape by themselves.
 */
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define STR_CAP_MIN 64

void str_done(struct str *str)
{
	if (!str)
		return;
	free(str->s);
	*str = (struct str){ 0 };
}

/* Makes room for @more bytes and the NUL, which the caller writes. */
static int str_reserve(struct str *str, size_t more)
{
	size_t need, cap = max(str->cap, (size_t)STR_CAP_MIN);
	char *s;

	if (__builtin_add_overflow(str->len, more, &need) ||
	    __builtin_add_overflow(need, 1, &need) || need > SIZE_MAX / 2)
		return -ENOMEM;
	if (need <= str->cap)
		return 0;
	while (cap < need)
		cap *= 2;
	s = realloc(str->s, cap);
	if (!s)
		return -ENOMEM;
	str->s = s;
	str->cap = cap;
	return 0;
}

int str_addn(struct str *str, const char *text, size_t len)
{
	int err = str_reserve(str, len);

	if (err)
		return err;
	memcpy(str->s + str->len, text, len);
	str->len += len;
	str->s[str->len] = '\0';
	return 0;
}

int str_add(struct str *str, const char *text)
{
	return str_addn(str, text, strlen(text));
}

char *str_vformat(const char *fmt, va_list ap)
{
	char *text;

	/* A failed vasprintf() leaves it undefined. */
	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

int str_addv(struct str *str, const char *fmt, va_list ap)
{
	auto_free char *text = str_vformat(fmt, ap);

	return text ? str_add(str, text) : -ENOMEM;
}

int str_addf(struct str *str, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = str_addv(str, fmt, ap);
	va_end(ap);
	return err;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s), suffix_len = strlen(suffix);

	return len >= suffix_len && streq(s + len - suffix_len, suffix);
}

void str_copy(char *to, size_t cap, const char *from, size_t len)
{
	if (!cap)
		return;
	len = strnlen(from, min(len, cap - 1));
	memcpy(to, from, len);
	to[len] = '\0';
}

/*
 * What a lead byte of UTF-8 demands (RFC 3629): the length, and the range of the second byte,
 * which is what excludes overlong forms, surrogates and values beyond U+10FFFF.
 */
struct utf8_lead {
	unsigned char first, last, len, second_min, second_max;
};

static const struct utf8_lead utf8_leads[] = {
	{ .first = 0xc2, .last = 0xc2, .len = 2, .second_min = 0xa0, .second_max = 0xbf },
	{ .first = 0xc3, .last = 0xdf, .len = 2, .second_min = 0x80, .second_max = 0xbf },
	{ .first = 0xe0, .last = 0xe0, .len = 3, .second_min = 0xa0, .second_max = 0xbf },
	{ .first = 0xe1, .last = 0xec, .len = 3, .second_min = 0x80, .second_max = 0xbf },
	{ .first = 0xed, .last = 0xed, .len = 3, .second_min = 0x80, .second_max = 0x9f },
	{ .first = 0xee, .last = 0xef, .len = 3, .second_min = 0x80, .second_max = 0xbf },
	{ .first = 0xf0, .last = 0xf0, .len = 4, .second_min = 0x90, .second_max = 0xbf },
	{ .first = 0xf1, .last = 0xf3, .len = 4, .second_min = 0x80, .second_max = 0xbf },
	{ .first = 0xf4, .last = 0xf4, .len = 4, .second_min = 0x80, .second_max = 0x8f },
};

/*
 * Characters of three bytes that have no width or turn the direction of what follows, also behind
 * the name: U+061C has two. Ranges, both ends included.
 */
static const uint32_t unseen[][2] = {
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
};

static bool is_unseen(const unsigned char *s, size_t len)
{
	uint32_t code;

	if (len == 2)
		return s[0] == 0xd8 && s[1] == 0x9c;
	if (len == 4) /* tags and other formatting, U+E0000 to U+E0FFF */
		return s[0] == 0xf3 && s[1] == 0xa0;
	code = (uint32_t)(s[0] & 15) << 12 | (uint32_t)(s[1] & 63) << 6 | (s[2] & 63);
	for (size_t i = 0; len == 3 && i < ARRAY_SIZE(unseen); i++)
		if (code >= unseen[i][0] && code <= unseen[i][1])
			return true;
	return false;
}

/*
 * The length of the sequence at @s, or 0 when it is none that may be shown. U+0080 to U+009F are
 * left out by their row: terminals take them for control sequences. Stops at the NUL.
 */
static size_t utf8_len(const unsigned char *s)
{
	if (s[0] >= 0x20 && s[0] < 0x7f)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(utf8_leads); i++) {
		const struct utf8_lead *lead = &utf8_leads[i];

		if (s[0] < lead->first || s[0] > lead->last)
			continue;
		if (s[1] < lead->second_min || s[1] > lead->second_max)
			return 0;
		for (size_t j = 2; j < lead->len; j++)
			if (s[j] < 0x80 || s[j] > 0xbf)
				return 0;
		return is_unseen(s, lead->len) ? 0 : lead->len;
	}
	return 0;
}

void str_sanitize(char *s)
{
	while (*s) {
		size_t len = utf8_len((const unsigned char *)s);

		if (!len) {
			*s = '?';
			len = 1;
		}
		s += len;
	}
}

int str_add_word(struct str *str, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+@%:,-";
	size_t len;
	int err;

	if (*word && *word != '-' && !word[strspn(word, plain)])
		return str_add(str, word);
	err = str_add(str, "'");
	for (; *word && !err; word += len) {
		len = utf8_len((const unsigned char *)word);
		if (*word == '\'')
			err = str_add(str, "'\\''");
		else if (len || *word == '\n') /* a shell would drop that one at the end */
			err = str_addn(str, word, len ?: 1);
		else /* the same for a shell, and nothing to a terminal that shows it */
			err = str_addf(str, "'\"$(printf '\\%03o')\"'", (unsigned char)*word);
		len = len ?: 1;
	}
	return err ?: str_add(str, "'");
}

static const struct {
	uint64_t ns;
	const char *name;
} units[] = {
	{ .ns = 1000ULL, .name = "us" },
	{ .ns = 1000000ULL, .name = "ms" },
	{ .ns = 1000000000ULL, .name = "s" },
	{ .ns = 60 * 1000000000ULL, .name = "min" },
	{ .ns = 3600 * 1000000000ULL, .name = "h" },
	{ .ns = 86400 * 1000000000ULL, .name = "d" },
};

/* @ns in @step, rounded half up; cannot overflow. */
static uint64_t count_rounded(uint64_t ns, uint64_t step)
{
	return ns / step + (ns % step >= (step + 1) / 2);
}

const char *str_format_ns(uint64_t ns, char *buf, size_t cap)
{
	if (ns < 1000) {
		(void)snprintf(buf, cap, "%" PRIu64 " ns", ns);
		return buf;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		uint64_t hundredths = count_rounded(ns, units[i].ns / 100);
		uint64_t tenths = count_rounded(ns, units[i].ns / 10);
		uint64_t whole = count_rounded(ns, units[i].ns);

		if (hundredths < 1000)
			(void)snprintf(buf, cap, "%" PRIu64 ".%02" PRIu64 " %s", hundredths / 100,
				       hundredths % 100, units[i].name);
		else if (tenths < 1000)
			(void)snprintf(buf, cap, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10,
				       tenths % 10, units[i].name);
		else if (whole < 1000 || i + 1 == ARRAY_SIZE(units))
			(void)snprintf(buf, cap, "%" PRIu64 " %s", whole, units[i].name);
		else
			continue;
		break;
	}
	return buf;
}
