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

SEC("?tp_btf/kvm_entry")
int BPF_PROG(kvm__entry, struct kvm_vcpu *vcpu)
{
	struct lull_cpu *c = hook_cpu(LULL_HOOK_kvm__entry);
	struct lull_victim *v = c ? victim_at(c->victim) : NULL;

	if (v)
		vcpu_enter(c, v, bpf_ktime_get_ns());
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
	struct lull_cpu *c = hook_cpu(LULL_HOOK_kvm__userspace);
	struct lull_victim *v = c ? victim_at(c->victim) : NULL;

	if (v)
		vcpu_userspace(c, v, bpf_ktime_get_ns());
	return 0;
}

SEC("?tp_btf/kvm_vcpu_wakeup")
int BPF_PROG(kvm__wakeup, __u64 ns, bool waited, bool valid)
{
	struct lull_cpu *c = hook_cpu(LULL_HOOK_kvm__wakeup);
	struct lull_victim *v = c ? victim_at(c->victim) : NULL;

	if (v)
		vcpu_halted(c, v, bpf_ktime_get_ns(), ns, waited);
	return 0;
}
