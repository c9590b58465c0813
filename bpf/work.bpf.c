/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * work: labels kernel workers with the function that they run.
 * Hooks: workqueue_execute_start, workqueue_execute_end as tp_btf; interrupts on, preemptible.
 */
#include "hook.bpf.h"

SEC("?tp_btf/workqueue_execute_start")
int BPF_PROG(work__start, struct work_struct *work)
{
	struct lull_cpu *c = hook_known_cpu(LULL_HOOK_work__start);

	if (c)
		label_begin(c, bpf_ktime_get_ns(),
			    LULL_LABEL(LULL_LABEL_WORK, address_of(&c->through[1], work->func)));
	return 0;
}

SEC("?tp_btf/workqueue_execute_end")
int BPF_PROG(work__end, struct work_struct *work)
{
	struct lull_cpu *c = hook_known_cpu(LULL_HOOK_work__end);

	if (c)
		label_end(c, bpf_ktime_get_ns());
	return 0;
}
