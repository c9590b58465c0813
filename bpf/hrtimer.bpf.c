/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hrtimer: labels timer interrupts (and the hrtimer softirq) with the function that expired.
 * Hooks: hrtimer_expire_entry, hrtimer_expire_exit as tp_btf.
 */
#include "hook.bpf.h"

SEC("?tp_btf/hrtimer_expire_entry")
int BPF_PROG(hrtimer__entry, struct hrtimer *timer)
{
	struct lull_cpu *c = hook_known_cpu(LULL_HOOK_hrtimer__entry);

	if (c)
		label_begin(c, bpf_ktime_get_ns(),
			    LULL_LABEL(LULL_LABEL_HRTIMER,
				       address_of(&c->through[0], timer->function)));
	return 0;
}

SEC("?tp_btf/hrtimer_expire_exit")
int BPF_PROG(hrtimer__exit, struct hrtimer *timer)
{
	struct lull_cpu *c = hook_known_cpu(LULL_HOOK_hrtimer__exit);

	if (c)
		label_end(c, bpf_ktime_get_ns());
	return 0;
}
