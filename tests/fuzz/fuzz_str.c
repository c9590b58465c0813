/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes str_sanitize(): its result has the same length, no control character, and is not changed
 * by a second pass.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = malloc(size + 1), *again = NULL;
	size_t len;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	len = strlen(text);
	str_sanitize(text);
	again = strdup(text);
	if (!again)
		return 0;
	str_sanitize(again);
	if (strlen(text) != len || !streq(text, again))
		abort();
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			abort();
	return 0;
}
