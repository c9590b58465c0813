/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipi: who sent a reschedule interrupt. Notes the sender with the target CPU; vector picks it up.
 * Hook: ipi_send_cpu as tp_btf; 6.4 and later. It fires for function calls too, which csd names
 * better: only calls without a function are reschedules.
 */
#include "hook.bpf.h"

SEC("?tp_btf/ipi_send_cpu")
int BPF_PROG(ipi__send, unsigned int cpu, unsigned long callsite, void *callback)
{
	struct lull_cpu *c;
	struct task_id t;

	if (callback)
		return 0;
	c = cpu_get(cpu);
	if (!c)
		return 0;
	c->events[LULL_HOOK_ipi__send]++;
	task_describe(&t, bpf_get_current_task_btf());
	c->ipi_from = sender_number(t.comm);
	return 0;
}
