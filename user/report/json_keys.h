/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_keys: finds a key that an object of a JSON text has twice, which no JSON library tells: one
 * of the two values would be believed and the other not seen.
 */
#ifndef LULL_REPORT_JSON_KEYS_H
#define LULL_REPORT_JSON_KEYS_H

#include <stddef.h>

struct str;

/* @text is JSON that was parsed. 0; -EINVAL and the way to the key in *why; -ENOMEM. */
int json_keys_check(const char *text, size_t len, struct str *why);

#endif
