/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exit_reason: why a vCPU left guest mode, from the vendor's struct around it. Its types are in
 * the module kvm_intel or kvm_amd, so the loads cannot be typed: bpf_probe_read_kernel is used,
 * which lockdown=confidentiality refuses. lull_read_exits is off there and reasons are not known.
 */
#ifndef LULL_EXIT_REASON_BPF_H
#define LULL_EXIT_REASON_BPF_H

#include "core.bpf.h"

extern const volatile __u32 lull_read_exits;

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

static __always_inline __u32 exit_reason(struct kvm_vcpu *vcpu, __u32 isa)
{
	__u32 code = 0;

	if (!lull_read_exits || !vcpu)
		return 0;
	if (isa == 2 && bpf_core_type_exists(struct vcpu_svm)) {
		code = BPF_CORE_READ((struct vcpu_svm *)vcpu, vmcb, control.exit_code);
	} else if (isa == 1) {
		struct vcpu_vmx *old = (struct vcpu_vmx *)vcpu;
		struct vcpu_vmx___new *new = (struct vcpu_vmx___new *)vcpu;

		if (bpf_core_field_exists(new->vt.exit_reason))
			code = BPF_CORE_READ(new, vt.exit_reason.full);
		else if (bpf_core_field_exists(old->exit_reason))
			code = BPF_CORE_READ(old, exit_reason.full);
	}
	return LULL_EXIT(isa, code & 0xffff);
}

#endif
