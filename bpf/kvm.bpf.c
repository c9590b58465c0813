/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm: VM entries and exits, exits to user space, halts.
 * Hooks: kvm_entry, kvm_exit (vcpu, isa; 5.16, 0a62a0319abb), kvm_userspace_exit, kvm_vcpu_wakeup
 * as tp_btf, in vmlinux or in the kvm module. The reason of an exit is in the vendor's struct,
 * behind the vCPU: see exit_reason.
 * Not covered: what runs inside the world switch belongs to guest mode.
 */
#include "hook.bpf.h"

#include "exit_reason.bpf.h"
#include "vcpu.bpf.h"

/* A vCPU that was plugged in while we measure: watched from its first VM entry that we see. */
static __always_inline struct lull_victim *vcpu_adopt(struct lull_cpu *c,
						      const struct kvm_vcpu *vcpu, __u64 now)
{
	const struct task_struct *task = bpf_get_current_task_btf();
	struct lull_victim *v;
	struct task_id t;

	if (!vcpu || (__u32)task->tgid != lull_vm_tgid || victim_find(task->pid))
		return NULL;
	task_describe(&t, task);
	c->victim = victim_born(&t, task->tgid, 0, vcpu->vcpu_id + 1);
	v = victim_at(c->victim);
	if (!v)
		return NULL;
	charge(c, NULL, now, PRIVATE);
	v->start_ns = c->last_ns;
	v->since_ns = c->last_ns;
	v->state = LULL_STATE_ON;
	v->cpu = c->cpu;
	return v;
}

SEC("?tp_btf/kvm_entry")
int BPF_PROG(kvm__entry, struct kvm_vcpu *vcpu)
{
	struct lull_cpu *c = hook_cpu(LULL_HOOK_kvm__entry);
	struct lull_victim *v;
	__u64 now;

	if (!c || (!c->victim && !lull_vm_tgid))
		return 0;
	now = bpf_ktime_get_ns();
	v = c->victim ? victim_at(c->victim) : vcpu_adopt(c, vcpu, now);
	if (v)
		vcpu_enter(c, v, now);
	return 0;
}

SEC("?tp_btf/kvm_exit")
int BPF_PROG(kvm__exit, struct kvm_vcpu *vcpu, __u32 isa)
{
	struct lull_cpu *c = hook_cpu(LULL_HOOK_kvm__exit);
	struct lull_victim *v = c ? victim_at(c->victim) : NULL;

	if (v)
		vcpu_exit(c, v, bpf_ktime_get_ns(), exit_reason(vcpu, isa));
	return 0;
}

SEC("?tp_btf/kvm_userspace_exit")
int BPF_PROG(kvm__userspace, __u32 reason, int errno)
{
	struct lull_cpu *c = hook_known_cpu(LULL_HOOK_kvm__userspace);
	struct lull_victim *v = c ? victim_at(c->victim) : NULL;

	if (v)
		vcpu_userspace(c, v, bpf_ktime_get_ns());
	return 0;
}

SEC("?tp_btf/kvm_vcpu_wakeup")
int BPF_PROG(kvm__wakeup, __u64 ns, bool waited, bool valid)
{
	struct lull_cpu *c = hook_known_cpu(LULL_HOOK_kvm__wakeup);
	struct lull_victim *v = c ? victim_at(c->victim) : NULL;

	if (v)
		vcpu_halted(c, v, bpf_ktime_get_ns(), ns, waited);
	return 0;
}
