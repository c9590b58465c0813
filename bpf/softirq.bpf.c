/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * softirq: time in softirq handlers, by vector, wherever they run. In ksoftirqd the thread is what
 * others wait for: there the softirq is its label.
 * Hooks: softirq_entry, softirq_exit as tp_btf; interrupts on.
 * Not covered: the loop between handlers.
 */
#include "hook.bpf.h"

SEC("?tp_btf/softirq_entry")
int BPF_PROG(softirq__entry, unsigned int vec)
{
	struct lull_cpu *c = hook_cpu(LULL_HOOK_softirq__entry);

	if (c)
		softirq_begin(c, bpf_ktime_get_ns(), vec & 15);
	return 0;
}

SEC("?tp_btf/softirq_exit")
int BPF_PROG(softirq__exit, unsigned int vec)
{
	struct lull_cpu *c = hook_known_cpu(LULL_HOOK_softirq__exit);

	if (c)
		softirq_end(c, bpf_ktime_get_ns(), vec & 15);
	return 0;
}
