/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * untyped: loads from memory of which the verifier does not know the type: what is around a struct
 * that a hook gives us, in types of a module. bpf_rdonly_cast (6.2, a35b9af4ec2c) makes of any
 * address one of a typed struct: then it is a plain load, which reads 0 where there is no memory.
 * Before, bpf_probe_read_kernel: 30 ns, and refused with lockdown=confidentiality.
 * For one source only: the linker of libbpf 1.1 refuses a kernel function that two declare.
 */
#ifndef LULL_UNTYPED_BPF_H
#define LULL_UNTYPED_BPF_H

#include "kern.bpf.h"

/* 0: lockdown forbids bpf_probe_read_kernel, which is all that there is before 6.2. */
extern const volatile __u32 lull_probe_reads;

extern void *bpf_rdonly_cast(const void *from, __u32 btf_id) __ksym __weak;

/* Tells whether the kernel has it: a function itself cannot be asked for when programs are loaded. */
enum special_kfunc_type {
	KF_bpf_rdonly_cast,
};
#define UNTYPED_CAST bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_rdonly_cast)

/*
 * What an address is cast to: a struct that every kernel has, with a word at 0. One that is asked
 * for already: each more is looked for among all types of the kernel, 0.7 ms of the start.
 */
static __always_inline __u64 untyped_word(const void *at)
{
	const struct work_struct *typed =
		bpf_rdonly_cast(at, bpf_core_type_id_kernel(struct work_struct));

	return typed->data.counter;
}

/* Can anything be read? Else these read 0. */
static __always_inline bool untyped_may(void)
{
	return UNTYPED_CAST || lull_probe_reads;
}

static __always_inline const void *untyped_pointer(const void *at)
{
	const void *p = NULL;

	if (UNTYPED_CAST)
		return (const void *)untyped_word(at);
	if (lull_probe_reads)
		(void)bpf_probe_read_kernel(&p, sizeof(p), at);
	return p;
}

static __always_inline __u32 untyped_u32(const void *at)
{
	__u32 n = 0;

	if (UNTYPED_CAST)
		return (__u32)untyped_word(at); /* little endian */
	if (lull_probe_reads)
		(void)bpf_probe_read_kernel(&n, sizeof(n), at);
	return n;
}

#endif
