/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/cputimes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"

#define NS_PER_S 1000000000ULL

/* cpuN user nice system idle iowait irq softirq steal ...; what is missing stays 0. */
static int parse_line(char *line, uint64_t tick_ns, struct cputimes *ret)
{
	uint64_t *const fields[] = {
		&ret->user_ns, &ret->user_ns, &ret->system_ns,	&ret->idle_ns,
		&ret->idle_ns, &ret->irq_ns,  &ret->softirq_ns, &ret->steal_ns
	};
	char *word = strsep(&line, " ");
	uint64_t ticks;
	uint32_t cpu;

	if (parse_u32(word + 3, &cpu) || cpu > INT32_MAX)
		return -EINVAL;
	*ret = (struct cputimes){ .cpu = (int)cpu };
	for (size_t i = 0; i < ARRAY_SIZE(fields) && (word = strsep(&line, " ")); i++) {
		if (parse_u64(word, &ticks) || ticks > UINT64_MAX / tick_ns / 2)
			return -EINVAL;
		*fields[i] += ticks * tick_ns;
	}
	return 0;
}

int cputimes_read(const struct root *root, struct cputimes **ret, unsigned int *ret_n)
{
	auto_free struct cputimes *times = NULL;
	auto_free char *text = NULL;
	long hz = sysconf(_SC_CLK_TCK);
	unsigned int n = 0, cap = 0;
	char *rest, *line;
	int err;

	err = fs_read_file(root, &text, NULL, "proc/stat");
	if (err)
		return err;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		/* The line of all CPUs has a blank in place of the number. */
		if (!str_starts(line, "cpu") || line[3] == ' ')
			continue;
		if (n == cap) {
			struct cputimes *grown;

			cap = cap ? 2 * cap : 16;
			grown = reallocarray(times, cap, sizeof(*times));
			if (!grown)
				return -ENOMEM;
			times = grown;
		}
		err = parse_line(line, NS_PER_S / (uint64_t)max(hz, 1L), &times[n++]);
		if (err)
			return err;
	}
	*ret = take_ptr(times);
	*ret_n = n;
	return 0;
}

const struct cputimes *cputimes_find(const struct cputimes *times, unsigned int n, int cpu)
{
	for (unsigned int i = 0; i < n; i++) {
		if (times[i].cpu == cpu)
			return &times[i];
	}
	return NULL;
}
