/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irq: device interrupts, by line. Actions of a shared line run one after the other; they are
 * counted as the one interrupt that they are.
 * Hooks: irq_handler_entry, irq_handler_exit as tp_btf; interrupts off.
 * Not covered: vector entry, EOI and flow handler. Threads of threaded interrupts are tasks.
 */
#include "hook.bpf.h"

SEC("?tp_btf/irq_handler_entry")
int BPF_PROG(irq__entry, int irq, struct irqaction *action)
{
	struct lull_cpu *c = hook_cpu(LULL_HOOK_irq__entry);

	if (c)
		frame_push(c, bpf_ktime_get_ns(), LULL_CAUSE(LULL_KIND_IRQ, irq, 0));
	return 0;
}

SEC("?tp_btf/irq_handler_exit")
int BPF_PROG(irq__exit, int irq, struct irqaction *action)
{
	struct lull_cpu *c = hook_known_cpu(LULL_HOOK_irq__exit);

	if (c)
		frame_pop(c, bpf_ktime_get_ns(), LULL_CAUSE(LULL_KIND_IRQ, irq, 0),
			  action->next != NULL);
	return 0;
}
