/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parse: numbers and durations as users and /proc write them. The whole string is the number, or
 * the answer is -EINVAL; a value that does not fit is -ERANGE. No leading '+', blanks or sign.
 */
#ifndef LULL_BASE_PARSE_H
#define LULL_BASE_PARSE_H

#include <stdint.h>

int parse_u64(const char *s, uint64_t *ret);
int parse_u32(const char *s, uint32_t *ret);
int parse_hex64(const char *s, uint64_t *ret); /* with or without 0x */
int parse_hex_digit(char c);		       /* 0 to 15, or -1 */

/*
 * "10s", "1.5ms", "250us", "10" (seconds); suffixes ns us ms s m h d. In nanoseconds; -EINVAL
 * when it asks for a fraction of one.
 */
int parse_duration_ns(const char *s, uint64_t *ret_ns);

#endif
