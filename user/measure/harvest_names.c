/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harvest_names: what a harvest needs before it can name anything, the order of a ledger, and the
 * notes that a reader of the recording must know.
 */
#define LULL_MEASURE_PRIVATE
#include <errno.h>
#include <time.h>

#include "base/cleanup.h"
#include "measure/capture_p.h"
#include "measure/harvest_p.h"
#include "measure/settle.h"
#include "model/recording.h"
#include "sys/threads.h"

/* A stall that ended with nothing after it, or with the window: as the kernel side sends others. */
static void take_last_stall(const struct lull_victim *v, uint64_t end, void *arg)
{
	struct capture *cap = arg;
	struct lull_stall raw = {
		.at_ns = v->gap_ns,
		.duration_ns = end - v->gap_ns,
		.victim = v->slot,
		.cpu = v->cpu,
		.n_segments = v->n_segments,
		.segments_dropped = v->segments_dropped,
		.first_segment = v->first_segment,
		.mode = v->mode,
		.n_kstack = v->n_kstack,
		.n_ustack = v->n_ustack,
	};

	if (v->halt_wake_ns >= v->gap_ns) {
		raw.waker = v->waker;
		memcpy(raw.waker_comm, v->waker_comm, sizeof(raw.waker_comm));
	}
	memcpy(raw.segment, v->segment, sizeof(raw.segment));
	memcpy(raw.kstack, v->kstack, sizeof(raw.kstack));
	memcpy(raw.ustack, v->ustack, sizeof(raw.ustack));
	/* Without memory it stays counted and is not kept. */
	(void)stalls_add(&cap->stalls, &raw, cap->config->stacks ? sizeof(raw) : LULL_STALL_SHORT);
	if (cap->events)
		(void)traces_want(&cap->traces, raw.at_ns, raw.duration_ns);
}

/* Was there not one event on the CPU? */
static bool is_quiet(const struct capture *cap, int cpu)
{
	for (unsigned int i = 0; i < cap->n_cpus; i++)
		if (cap->cpus[i].opened_ns && (int)cap->cpus[i].cpu == cpu)
			return cap->cpus[i].fresh == 2;
	return false;
}

/* Did its run time grow, by the kernel's own count? */
static bool has_run(const struct capture *cap, unsigned int slot)
{
	struct audit_span run, wait;

	return slot < cap->n_targets && !audit_thread(&cap->audit, slot, &run, &wait) && run.value;
}

/*
 * A thread of which nothing was seen slept all the time, if it was not ready to run when the window
 * closed. Else it waited for its CPU all the time or, where nothing at all happened on that, ran:
 * so does a vCPU that never leaves its guest, on a CPU without ticks.
 */
static void find_silent(struct capture *cap)
{
	for (unsigned int i = 0; i < cap->n_victims; i++) {
		struct lull_victim *v = &cap->victims[i];
		struct thread_stat stat;

		if (v->state != LULL_STATE_UNKNOWN ||
		    threads_read_stat(cap->config->root, (pid_t)v->tgid, (pid_t)v->tid, &stat) ||
		    stat.state != 'R')
			continue;
		v->cpu = (uint32_t)stat.cpu;
		if (is_quiet(cap, stat.cpu) && has_run(cap, i)) {
			v->state = LULL_STATE_ON;
			v->mode_ns = cap->closed_ns - v->since_ns;
			v->since_ns = cap->closed_ns;
			continue;
		}
		v->state = LULL_STATE_PREEMPTED;
		v->gap_ns = v->since_ns;
	}
}

void settle_all(struct capture *cap)
{
	const struct settle_tables t = {
		.cpus = cap->cpus,
		.victims = cap->victims,
		.n_cpus = cap->n_cpus,
		.n_victims = cap->n_victims,
		.closed_ns = cap->closed_ns,
		.siblings = cap->skel->bss->lull_cpu_sibling,
		.stall_ns = cap->config->stall_ns,
		.stall = take_last_stall,
		.stall_arg = cap,
	};

	find_silent(cap);
	settle_tables(&t);
}

int harvest_read_comm(const struct capture *cap, pid_t tid, char comm[17])
{
	struct thread_stat stat;
	int err = threads_read_stat(cap->config->root, tid, tid, &stat);

	if (!err)
		str_copy(comm, 17, stat.comm, 16);
	return err;
}

/* What CLOCK_BOOTTIME, by which /proc says when a task began, is ahead of the kernel's other clock. */
static uint64_t asleep_ns(void)
{
	struct timespec boot, mono;

	(void)clock_gettime(CLOCK_MONOTONIC, &mono);
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	return (uint64_t)((boot.tv_sec - mono.tv_sec) * 1000000000LL +
			  (boot.tv_nsec - mono.tv_nsec));
}

int harvest_names(struct harvest *h)
{
	const struct capture *cap = h->cap;
	auto_free uint64_t *addrs = NULL;
	unsigned int n = 0;

	for (unsigned int i = 0; i < cap->stalls.n; i++)
		n += cap->stalls.heap[i]->n_kstack;
	addrs = calloc(n + 1, sizeof(*addrs));
	if (!addrs)
		return -ENOMEM;
	n = 0;
	for (unsigned int i = 0; i < cap->stalls.n; i++)
		for (unsigned int k = 0; k < cap->stalls.heap[i]->n_kstack; k++)
			addrs[n++] = cap->stalls.heap[i]->kstack[k];
	return names_open(
		&(struct names_sources){
			.root = cap->config->root,
			.irqs_open = &cap->audit.reads[AUDIT_BEFORE_OPEN].irqs,
			.irqs_close = &cap->audit.reads[AUDIT_BEFORE_CLOSE].irqs,
			.cpus = cap->cpus,
			.n_cpus = cap->n_cpus,
			.fns = cap->skel->bss->lull_fns,
			.senders = (const void *)cap->skel->bss->lull_senders,
			.addrs = addrs,
			.n_addrs = n,
			.kallsyms = cap->kallsyms,
			.asleep_ns = asleep_ns(),
		},
		&h->names);
}

static int row_number(const char *name)
{
	int row = 0;

	while (row < LULL_N_ROWS && !streq(harvest_row_name((unsigned int)row), name))
		row++;
	return row;
}

static int ledger_order(const void *a, const void *b)
{
	const struct rec_entry *x = a, *y = b;
	int rx = row_number(x->kind), ry = row_number(y->kind);

	if (rx != ry)
		return rx - ry;
	return x->sum_ns < y->sum_ns ? 1 : x->sum_ns > y->sum_ns ? -1 : 0;
}

void harvest_sort_ledger(struct rec_thread *rec)
{
	if (rec->n_ledger)
		qsort(rec->ledger, rec->n_ledger, sizeof(*rec->ledger), ledger_order);
}

/* One that slept all the time has none either: entries of any other show that KVM reports them. */
static bool has_vcpus_without_entries(const struct recording *rec)
{
	bool without = false;

	for (unsigned int i = 0; i < rec->n_threads; i++) {
		if (rec->threads[i].has_kvm_entries)
			return false;
		without |= rec->threads[i].vcpu >= 0;
	}
	return without;
}

/* What a hypervisor below us took is in whatever had the CPU then: nothing tells it apart. */
static int note_steal(struct harvest *h)
{
	int err = 0;

	for (unsigned int i = 0; i < h->rec->n_cpus && !err; i++) {
		auto_str struct str text = { 0 };
		struct audit_span span;
		char time[32];

		if (audit_steal(&h->cap->audit, h->rec->cpus[i].cpu, &span) || !span.value)
			continue;
		err = str_addf(
			&text,
			"the hypervisor below took %s of CPU %d (steal, in steps of 10 ms): it is in "
			"the time of what ran there",
			str_format_ns(span.value, time, sizeof(time)), h->rec->cpus[i].cpu);
		err = err ?: recording_add_note(h->rec, text.s);
	}
	return err;
}

int harvest_notes(struct harvest *h)
{
	unsigned int grouped = 0, hidden = 0;
	auto_str struct str text = { 0 };
	int err = 0;

	if (has_vcpus_without_entries(h->rec))
		err = recording_add_note(h->rec,
					 "no kvm_entry came from this KVM: the row run stands "
					 "for guest, exit and user");
	for (unsigned int i = 0; i < h->cap->n_cpus; i++) {
		grouped += h->cap->cpus[i].grouped;
		hidden += h->cap->cpus[i].hidden;
	}
	if (!err && hidden)
		err = str_addf(
			      &text,
			      "the kernel reported nothing while certain threads ran: %u task switches "
			      "were rebuilt from its own notes, interrupts in between are missing",
			      hidden)
			      ?: recording_add_note(h->rec, text.s);
	str_done(&text);
	if (!err && grouped)
		err = str_addf(
			      &text,
			      "more tasks ran than have a place of their own: %u switches are grouped "
			      "by name",
			      grouped)
			      ?: recording_add_note(h->rec, text.s);
	return err ?: note_steal(h);
}
