/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock: programs that do what no measuring can do without, and nothing more: they read the clock.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define PROGRAM(program, section, clock)          \
	SEC(section)                              \
	int program(void *ctx)                    \
	{                                         \
		if (clock)                        \
			(void)bpf_ktime_get_ns(); \
		return 0;                         \
	}
#include "floors.def"

char LICENSE[] SEC("license") = "GPL";
