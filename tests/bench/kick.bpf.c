/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kick: a workload, not a measurement. Interrupts its own CPU: each forced wake-up of the ring
 * buffer raises one irq_work vector, at once, and nothing else that lull hooks. The caller takes
 * the (discarded) records out of the ring.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "kick.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} ring SEC(".maps");

/* Returns how often it did. */
SEC("syscall")
int kick(void *ctx)
{
	int n = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < KICKS; i++) {
		void *record = bpf_ringbuf_reserve(&ring, 8, 0);

		if (!record)
			break;
		bpf_ringbuf_discard(record, BPF_RB_FORCE_WAKEUP);
		n++;
	}
	return n;
}

char LICENSE[] SEC("license") = "GPL";
