/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csd: labels function-call interrupts with the function and with the task that asked for it.
 * Hooks: csd_queue_cpu (on the asking CPU), csd_function_entry, csd_function_exit; 6.4 and later.
 * As raw_tp: tp_btf refuses arguments that are functions, and takes a request for never NULL,
 * which it is for a call on the own CPU. A request is recognised by its address; with more than
 * LULL_CSD on their way to one CPU the eldest become nameless.
 * Not covered: functions that the task or softirq itself calls on its own CPU. They interrupt
 * nothing, and would end the label of what a kernel worker runs.
 */
#include "hook.bpf.h"

SEC("?raw_tp/csd_queue_cpu")
int BPF_PROG(csd__queue, unsigned int cpu, unsigned long callsite, void *func, void *csd)
{
	struct lull_cpu *c = cpu_get(cpu);
	struct lull_csd *to;
	struct task_id t;

	if (!c)
		return 0;
	c->events[LULL_HOOK_csd__queue]++;
	task_describe(&t, bpf_get_current_task_btf());
	to = &c->csd[__sync_fetch_and_add(&c->csds, 1) & (LULL_CSD - 1)];
	to->from = sender_number(t.comm);
	to->csd = (__u64)csd;
	return 0;
}

/* What the callback below needs; @found: the request's place, see struct search. */
struct requests {
	struct lull_cpu *c;
	__u64 csd;
	__u32 pad, found;
};

static long request_one(__u32 i, void *ctx)
{
	struct requests *r = ctx;

	if (r->c->csd[i & (LULL_CSD - 1)].csd != r->csd)
		return 0;
	*(volatile __u32 *)&r->found = i;
	return 1;
}

/* Who queued the request: 1 + number of the sender; 0: not known. Known once. */
static __always_inline __u32 request_take(struct lull_cpu *c, __u64 csd)
{
	struct requests r = { .c = c, .csd = csd };
	struct lull_csd *request;

	*(volatile __u32 *)&r.found = LULL_CSD;
	bpf_loop(LULL_CSD, request_one, &r, 0);
	if (r.found >= LULL_CSD)
		return 0;
	request = &c->csd[r.found & (LULL_CSD - 1)];
	request->csd = 0;
	return request->from;
}

SEC("?raw_tp/csd_function_entry")
int BPF_PROG(csd__entry, void *func, void *csd)
{
	struct lull_cpu *c = hook_known_cpu(LULL_HOOK_csd__entry);

	if (!c)
		return 0;
	if (c->depth)
		label_begin(c, bpf_ktime_get_ns(), LULL_LABEL(LULL_LABEL_CSD, (__u64)func));
	if (csd)
		sender_count(c, request_take(c, (__u64)csd));
	return 0;
}

SEC("?raw_tp/csd_function_exit")
int BPF_PROG(csd__exit, void *func, void *csd)
{
	struct lull_cpu *c = hook_known_cpu(LULL_HOOK_csd__exit);

	if (c && c->depth)
		label_end(c, bpf_ktime_get_ns());
	return 0;
}
