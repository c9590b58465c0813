/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * str: growing strings and the few string helpers that libc lacks. No locale, no I/O.
 */
#ifndef LULL_BASE_STR_H
#define LULL_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing string. Zero-initialise it; s is NULL while nothing was added, else NUL-terminated. */
struct str {
	char *s;
	size_t len, cap;
};

/* Frees the contents; the struct can be used again. NULL is accepted. */
void str_done(struct str *str);
#define auto_str __attribute__((cleanup(str_done)))

/* Append; 0 or -ENOMEM, contents unchanged on failure. */
int str_add(struct str *str, const char *text);
int str_addn(struct str *str, const char *text, size_t len);
int str_addf(struct str *str, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int str_addv(struct str *str, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Formats; allocated, NULL without memory. */
char *str_vformat(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
/*
 * As one word of a shell, whatever is in it; quoted only where that is needed. What a terminal would act
 * on is left to printf of that shell.
 */
int str_add_word(struct str *str, const char *word);

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/* Copies at most cap - 1 bytes of @from (up to @len bytes or its NUL) and terminates. */
void str_copy(char *to, size_t cap, const char *from, size_t len);

/*
 * Makes hostile text (task, device and VM names) safe to show: every byte below 0x20, 0x7f, the
 * control characters U+0080 to U+009F, those that have no width or change the direction of writing,
 * and every byte that is not part of valid UTF-8 becomes '?', in place.
 */
void str_sanitize(char *s);

/*
 * Formats nanoseconds for people, three significant digits at most: "812 ns", "3.07 ms", "16.7 min";
 * days in full. 16 bytes are enough. Returns @buf.
 */
const char *str_format_ns(uint64_t ns, char *buf, size_t cap);

#endif
