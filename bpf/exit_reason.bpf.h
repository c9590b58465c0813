/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exit_reason: why a vCPU left guest mode, from the vendor's struct around it. Its types are in
 * the module kvm_intel or kvm_amd: see untyped for how it is read, and where it cannot be.
 */
#ifndef LULL_EXIT_REASON_BPF_H
#define LULL_EXIT_REASON_BPF_H

#include "core.bpf.h"
#include "untyped.bpf.h"

union vmx_exit_reason {
	__u32 full;
} KERN;

struct vcpu_vmx {
	union vmx_exit_reason exit_reason;
} KERN;

/* 6.16 and later: moved to what VMX and TDX have in common. */
struct vcpu_vt___new {
	union vmx_exit_reason exit_reason;
} KERN;
struct vcpu_vmx___new {
	struct vcpu_vt___new vt;
} KERN;

struct vmcb_control_area {
	__u32 exit_code;
} KERN;
struct vmcb {
	struct vmcb_control_area control;
} KERN;
struct vcpu_svm {
	struct vmcb *vmcb;
} KERN;

/* The address of a member, by the kernel's own layout. */
#define MEMBER(p, member) ((const void *)__builtin_preserve_access_index(&(p)->member))

static __always_inline __u32 exit_reason(const struct kvm_vcpu *vcpu, __u32 isa)
{
	const struct vcpu_svm *svm = (const void *)vcpu;
	const struct vcpu_vmx *old = (const void *)vcpu;
	const struct vcpu_vmx___new *new = (const void *)vcpu;
	__u32 code = 0;

	if (!vcpu || !untyped_may())
		return 0;
	if (isa == 2 && bpf_core_type_exists(struct vcpu_svm)) {
		const struct vmcb *vmcb = untyped_pointer(MEMBER(svm, vmcb));

		code = untyped_u32(MEMBER(vmcb, control.exit_code));
	} else if (isa == 1) {
		if (bpf_core_field_exists(new->vt.exit_reason))
			code = untyped_u32(MEMBER(new, vt.exit_reason.full));
		else if (bpf_core_field_exists(old->exit_reason))
			code = untyped_u32(MEMBER(old, exit_reason.full));
	}
	return LULL_EXIT(isa, code & 0xffff);
}

#endif
