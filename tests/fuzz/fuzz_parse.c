/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the numbers of base/parse, against strtoull where both accept the text.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_number(const char *text, int base, int err, uint64_t value)
{
	uint64_t want;
	char *end;

	errno = 0;
	want = strtoull(text, &end, base);
	if (!err && (errno || *end || want != value))
		abort();
	if (err == -ERANGE && errno != ERANGE)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = malloc(size + 1);
	uint64_t value = 0, ns = 42;
	uint32_t small = 42;
	int err;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	err = parse_u64(text, &value);
	check_number(text, 10, err, value);
	if (!err && value <= UINT32_MAX && (parse_u32(text, &small) || small != value))
		abort();
	/* Bare numbers are seconds. */
	if (!err && !parse_duration_ns(text, &ns) && ns / 1000000000 != value)
		abort();
	err = parse_hex64(text, &value);
	check_number(text, 16, err, value);
	ns = 42;
	if (parse_duration_ns(text, &ns) && ns != 42)
		abort();
	return 0;
}
