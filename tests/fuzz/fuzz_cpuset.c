/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes both notations of base/cpuset: whatever is accepted must survive being printed and read
 * again, and whatever is refused must leave the result alone.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/cpuset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(int (*parse)(const char *text, struct cpuset *ret), const char *text)
{
	auto_free char *printed = NULL;
	struct cpuset mark = { .bits = { 0x5555, 1 } }, set = mark, again;
	int cpu, n = 0;

	if (parse(text, &set)) {
		if (!cpuset_is_equal(&set, &mark))
			abort();
		return;
	}
	printed = cpuset_format(&set);
	if (!printed || cpuset_parse(printed, &again) || !cpuset_is_equal(&set, &again))
		abort();
	for_each_cpu(cpu, &set)
		n++;
	if (n != (int)cpuset_count(&set))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_round_trip(cpuset_parse, text);
	check_round_trip(cpuset_parse_mask, text);
	return 0;
}
