/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * empty: programs that do nothing: the floor against which lull's own are judged.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define PROGRAM(program, section, clock) \
	SEC(section)                     \
	int program(void *ctx)           \
	{                                \
		return 0;                \
	}
#include "floors.def"

char LICENSE[] SEC("license") = "GPL";
