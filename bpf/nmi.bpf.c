/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nmi: time in NMI handlers, by handler. The event comes after the fact, in NMI context, and may
 * interrupt any other program of ours: it touches the pending time and the NMI cause, no more.
 * Hook: nmi_handler as tp_btf (x86).
 * Not covered: NMI entry and exit, and NMIs without a registered handler.
 */
#include "hook.bpf.h"

SEC("?tp_btf/nmi_handler")
int BPF_PROG(nmi__handler, void *handler, __s64 delta, int handled)
{
	struct lull_cpu *c = cpu_get(bpf_get_smp_processor_id());

	if (!c)
		return 0;
	c->events[LULL_HOOK_nmi__handler]++;
	nmi_add(c, (__u64)handler, delta);
	return 0;
}
