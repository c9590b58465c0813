/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harvest_more: stalls, audit and notes of a recording.
 */
#define LULL_MEASURE_PRIVATE
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "measure/capture_p.h"
#include "measure/harvest_p.h"
#include "measure/settle.h"
#include "model/recording.h"
#include "sys/symbols.h"
#include "sys/threads.h"

void settle_all(struct capture *cap)
{
	const struct settle_tables t = {
		.cpus = cap->cpus,
		.victims = cap->victims,
		.n_cpus = cap->n_cpus,
		.n_victims = cap->n_victims,
		.closed_ns = cap->closed_ns,
	};

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
			.victims = cap->victims,
			.n_victims = cap->n_victims,
			.fns = cap->skel->bss->lull_fns,
			.senders = (const void *)cap->skel->bss->lull_senders,
			.addrs = addrs,
			.n_addrs = n,
			.kallsyms = cap->kallsyms,
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

/* "812 kwin" plus, when the waker was an interrupt, that in words. */
static int stall_waker(const struct harvest *h, const struct stall *s, struct rec_stall *rec)
{
	auto_str struct str out = { 0 };
	int err;

	if (!s->waker)
		return 0;
	if (LULL_CAUSE_KIND(s->waker) == LULL_KIND_TASK)
		err = names_task(h->names, s->waker, s->waker_comm, &out);
	else
		err = names_cause(h->names, s->waker, LULL_N_ROWS, &out);
	rec->waker = take_ptr(out.s);
	return err;
}

/* A segment's name: its cause, with the function that a kernel worker ran. */
static int stall_segment(const struct harvest *h, const struct lull_segment *seg,
			 struct rec_stall *rec)
{
	unsigned int row = (unsigned int)(seg->word >> LULL_ROW_SHIFT);
	auto_str struct str name = { 0 }, fn = { 0 };
	int err;

	err = names_cause(h->names, seg->word & LULL_CAUSE_MASK, row, &name);
	err = err ?: names_function(h->names, (unsigned int)seg->label, &fn);
	if (!err && fn.s && *fn.s)
		err = str_addf(&name, " (%s)", fn.s);
	return err ?: rec_segment_add(rec, harvest_row_name(row), name.s ?: "", seg->ns);
}

/*
 * What the segments do not hold passed between them: for a thread in its own code, a few
 * microseconds from one interruption to the next; for a vCPU none.
 */
static int stall_rest(const struct stall *s, struct rec_stall *rec)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < rec->n_segments; i++)
		sum += rec->segments[i].ns;
	if (sum >= s->duration_ns)
		return 0;
	return rec_segment_add(
		rec, harvest_row_name(s->mode == LULL_MODE_RUN ? LULL_ROW_RUN : LULL_ROW_EXIT),
		s->segments_dropped ? "and others" : "in between", s->duration_ns - sum);
}

static struct symbols *symbols_of(const struct harvest *h, const struct stall *s)
{
	pid_t pid = s->victim < h->cap->n_victims ? (pid_t)h->cap->victims[s->victim].tgid : 0;

	for (unsigned int i = 0; i < CAPTURE_SYMBOLS; i++)
		if (h->cap->symbols[i] && h->cap->symbols_of[i] == pid)
			return h->cap->symbols[i];
	return NULL;
}

/* The frames of our own program, on whose behalf the stack was taken. */
static bool is_own_frame(const char *name)
{
	return str_starts(name, "bpf_prog_") || str_starts(name, "bpf_trace_run");
}

/* The blocker's kernel stack, then the user stack with which the victim itself went to sleep. */
static int stall_stack(const struct harvest *h, const struct stall *s, struct rec_stall *rec)
{
	struct symbols *symbols = symbols_of(h, s);
	int err = 0;

	for (unsigned int i = 0; i < s->n_kstack && !err; i++) {
		auto_str struct str name = { 0 };

		err = names_address(h->names, s->kstack[i], &name);
		if (!err && !is_own_frame(name.s))
			err = rec_frame_add(rec, name.s);
	}
	for (unsigned int i = 0; i < s->n_ustack && !err; i++) {
		auto_str struct str name = { 0 };

		err = str_add(&name, "user ");
		err = err
			      ?: (symbols ? symbols_name(symbols, s->ustack[i], &name)
					  : str_addf(&name, "0x%" PRIx64, s->ustack[i]));
		err = err ?: rec_frame_add(rec, name.s);
	}
	return err;
}

static int harvest_stall(const struct harvest *h, const struct stall *s)
{
	struct rec_stall *rec;
	int err = recording_add_stall(h->rec, &rec);

	if (err)
		return err;
	rec->at_ns = s->at_ns > h->cap->opened_ns ? s->at_ns - h->cap->opened_ns : 0;
	rec->tid = s->victim < h->cap->n_victims ? (pid_t)h->cap->victims[s->victim].tid : 0;
	rec->cpu = (int)s->cpu;
	rec->duration_ns = s->duration_ns;
	rec->segments_dropped = s->segments_dropped;
	for (unsigned int i = 0; i < s->n_segments && !err; i++)
		err = stall_segment(h, &s->segments[i], rec);
	err = err ?: stall_rest(s, rec);
	err = err ?: stall_waker(h, s, rec);
	return err ?: stall_stack(h, s, rec);
}

int harvest_stalls(struct harvest *h)
{
	int err = 0;

	for (unsigned int i = 0; i < h->cap->stalls.n && !err; i++)
		err = harvest_stall(h, h->cap->stalls.heap[i]);
	return err;
}

static int audit_add(struct harvest *h, const char *what, const struct audit_span *span,
		     const uint64_t *lull)
{
	struct rec_audit *a;
	int err = recording_add_audit(h->rec, &a);

	if (err)
		return err;
	a->what = strdup(what);
	a->kernel = span->value;
	a->kernel_min = span->low;
	a->kernel_max = span->high;
	a->has_lull = lull != NULL;
	a->lull = lull ? *lull : 0;
	return a->what ? 0 : -ENOMEM;
}

/* Which rows of /proc/interrupts we count: numbered lines, and the labels of vectors that we have. */
static bool is_counted(const struct harvest *h, const struct irq_line *line)
{
	static const char *const labels[] = {
#define VECTOR(id, nr, tp, label, name) [LULL_VECTOR_##id] = label,
#include "vectors.def"
	};

	if (line->irq >= 0)
		return h->cap->on[LULL_HOOK_irq__entry];
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (streq(labels[i], line->name))
			return h->cap->on[LULL_HOOK_vector__entry] && h->cap->have_vector[i];
	return false;
}

static uint64_t counted(const struct rec_cpu *cpu, const struct irq_line *line)
{
	for (unsigned int i = 0; i < cpu->n_sources; i++) {
		const struct rec_entry *e = &cpu->sources[i];

		if (streq(e->kind, line->irq >= 0 ? "irq" : "vector") && streq(e->id, line->name))
			return e->count;
	}
	return 0;
}

/* NMI is counted by handler, not by interrupt: no figure of ours stands beside it. */
static int audit_cpu(struct harvest *h, const struct rec_cpu *cpu)
{
	const struct irq_table *irqs = &h->cap->audit.reads[AUDIT_BEFORE_CLOSE].irqs;
	struct audit_span span;
	char what[64];

	for (unsigned int i = 0; i < irqs->n_lines; i++) {
		const struct irq_line *line = &irqs->lines[i];
		uint64_t lull = counted(cpu, line);
		bool has = is_counted(h, line) && line->n_counts == irqs->n_cpus;
		int err;

		if (line->n_counts != irqs->n_cpus ||
		    audit_irq(&h->cap->audit, line->name, cpu->cpu, &span) ||
		    (!span.high && !(has && lull)))
			continue;
		(void)snprintf(what, sizeof(what), "cpu%d %s%s", cpu->cpu,
			       line->irq >= 0 ? "irq " : "", line->name);
		err = audit_add(h, what, &span, has ? &lull : NULL);
		if (err)
			return err;
	}
	if (audit_steal(&h->cap->audit, cpu->cpu, &span))
		return 0;
	(void)snprintf(what, sizeof(what), "cpu%d steal_ns", cpu->cpu);
	return audit_add(h, what, &span, NULL);
}

static bool on_cpu_row(const char *row)
{
	return !streq(row, "halted") && !streq(row, "blocked") && !streq(row, "wake") &&
	       !streq(row, "preempted");
}

/* On-CPU rows are schedstat's run time; preempted and the run-queue part of wake its wait. */
static int audit_victim(struct harvest *h, unsigned int slot, const struct rec_thread *t)
{
	struct audit_span run, wait;
	uint64_t ran = 0, waited = 0;
	char what[64];
	int err;

	if (audit_thread(&h->cap->audit, slot, &run, &wait))
		return 0;
	for (unsigned int i = 0; i < t->n_ledger; i++) {
		const struct rec_entry *e = &t->ledger[i];

		if (on_cpu_row(e->kind))
			ran += e->sum_ns;
		else if (streq(e->kind, "preempted") ||
			 (streq(e->kind, "wake") && !str_starts(e->name, "on its way")))
			waited += e->sum_ns;
	}
	(void)snprintf(what, sizeof(what), "tid %d run_ns", t->tid);
	err = audit_add(h, what, &run, &ran);
	(void)snprintf(what, sizeof(what), "tid %d wait_ns", t->tid);
	return err ?: audit_add(h, what, &wait, &waited);
}

/* Where KVM reports no entries our exits are none: its own count stands alone. */
static int audit_kvm(struct harvest *h, const struct rec_thread *t)
{
	struct audit_span exits, halt_wait;
	uint64_t n = 0, halted = rec_thread_row_ns(t, "halted");
	char what[64];
	int err;

	if (t->vcpu < 0 || audit_vcpu(&h->cap->audit, t->vcpu, &exits, &halt_wait))
		return 0;
	for (unsigned int i = 0; i < t->n_ledger; i++)
		if (streq(t->ledger[i].kind, "exit") || streq(t->ledger[i].kind, "untraced"))
			n += t->ledger[i].count;
	(void)snprintf(what, sizeof(what), "vcpu %d exits", t->vcpu);
	err = audit_add(h, what, &exits, t->has_kvm_entries ? &n : NULL);
	(void)snprintf(what, sizeof(what), "vcpu %d halt_wait_ns", t->vcpu);
	return err ?: audit_add(h, what, &halt_wait, &halted);
}

int harvest_audit(struct harvest *h)
{
	int err = 0;

	for (unsigned int i = 0; i < h->rec->n_cpus && !err; i++)
		err = audit_cpu(h, &h->rec->cpus[i]);
	for (unsigned int i = 0; i < h->cap->n_targets && !err; i++)
		if (h->cap->targets[i].tid && h->cap->victims[i].start_ns)
			err = audit_victim(h, i, &h->rec->threads[h->thread_of[i]])
				      ?: audit_kvm(h, &h->rec->threads[h->thread_of[i]]);
	return err;
}

static bool has_vcpu_without_entries(const struct recording *rec)
{
	for (unsigned int i = 0; i < rec->n_threads; i++)
		if (rec->threads[i].vcpu >= 0 && !rec->threads[i].has_kvm_entries)
			return true;
	return false;
}

int harvest_notes(struct harvest *h)
{
	unsigned int grouped = 0, hidden = 0;
	auto_str struct str text = { 0 };
	int err = 0;

	if (has_vcpu_without_entries(h->rec))
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
	return err;
}
