/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kern: the few kernel structs that we read, declared by hand and relocated at load time. Only
 * the members in use are listed; their order and distance mean nothing.
 */
#ifndef LULL_KERN_BPF_H
#define LULL_KERN_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define KERN __attribute__((preserve_access_index))

struct thread_info {
	__u32 cpu;
} KERN;

struct rq {
	__u64 clock;
} KERN;

struct cfs_rq {
	struct rq *rq; /* CONFIG_FAIR_GROUP_SCHED */
} KERN;

struct sched_info {
	unsigned long long last_arrival; /* rq->clock; CONFIG_SCHED_INFO */
} KERN;

struct sched_entity {
	struct cfs_rq *cfs_rq;	     /* CONFIG_FAIR_GROUP_SCHED */
	unsigned char sched_delayed; /* 6.12, fc1892becd56: off the queue but still on_rq */
} KERN;

struct task_struct {
	struct thread_info thread_info;
	unsigned int on_cpu, on_rq; /* u8 in 7.3; libbpf resizes only unsigned loads */
	int nr_cpus_allowed;
	struct sched_entity se;
	struct sched_info sched_info;
	int pid, tgid;
	__u64 start_time;
	char comm[16];
} KERN;

struct irqaction {
	struct irqaction *next;
} KERN;

struct hrtimer {
	void *function;
} KERN;

typedef struct {
	long long counter;
} atomic_long_t;

struct work_struct {
	atomic_long_t data; /* at 0 */
	void *func;
} KERN;

struct kvm_vcpu {
	int vcpu_id;
} KERN;

#define TASK_DEAD 0x80 /* 4.14 and later */

/* The comm as two words: one typed load each. */
static __always_inline void kern_comm(const struct task_struct *task, __u64 to[2])
{
	const __u64 *from = (const __u64 *)__builtin_preserve_access_index(&task->comm[0]);

	to[0] = from[0];
	to[1] = from[1];
}

#endif
