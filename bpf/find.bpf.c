/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * find: which threads KVM runs as vCPUs right now, by its mark in the task: its preempt notifier is
 * registered exactly between vcpu_load and vcpu_put, a halted vCPU included. Not part of a
 * measurement: an iterator that is read once, while the target is looked for.
 */
#include "core.bpf.h"

extern const volatile __u32 lull_probe_reads;

struct hlist_node {
	struct hlist_node *next;
} KERN;

struct hlist_head {
	struct hlist_node *first;
} KERN;

struct preempt_notifier {
	struct hlist_node link;
} KERN;

struct task_struct___kvm {
	struct hlist_head preempt_notifiers; /* CONFIG_PREEMPT_NOTIFIERS: selected by KVM */
} KERN;

struct kvm_vcpu___mark {
	struct preempt_notifier preempt_notifier;
	int vcpu_id;
} KERN;

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} KERN;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} KERN;

/* The number of the vCPU behind the mark; -1: it cannot be read here. */
static __always_inline int mark_index(const struct hlist_node *mark)
{
	int index = -1;

	if (!lull_probe_reads || !bpf_core_field_exists(((struct kvm_vcpu___mark *)0)->vcpu_id))
		return -1;
	if (bpf_probe_read_kernel(
		    &index, sizeof(index),
		    (const char *)mark -
			    bpf_core_field_offset(struct kvm_vcpu___mark, preempt_notifier) +
			    bpf_core_field_offset(struct kvm_vcpu___mark, vcpu_id)))
		return -1;
	return index;
}

SEC("?iter/task")
int find__vcpus(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_struct___kvm *kvm = (void *)task;
	struct lull_mark mark;
	struct hlist_node *first;

	if (!task || !bpf_core_field_exists(kvm->preempt_notifiers))
		return 0;
	first = kvm->preempt_notifiers.first;
	if (!first)
		return 0;
	mark.tid = task->pid;
	mark.index = mark_index(first);
	bpf_seq_write(ctx->meta->seq, &mark, sizeof(mark));
	return 0;
}
