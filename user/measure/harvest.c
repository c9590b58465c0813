/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harvest: the kernel's tables, settled, as a recording.
 */
#define LULL_MEASURE_PRIVATE
#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "measure/capture_p.h"
#include "measure/harvest_p.h"
#include "measure/settle.h"
#include "model/rec_tsc.h"
#include "model/recording.h"

static const char *const row_names[] = {
#define ROW(id, name, theft, help) [LULL_ROW_##id] = name,
#include "rows.def"
#undef ROW
};

static const char *const anomaly_words[] = {
#define ANOMALY(id, words) [LULL_ANOMALY_##id] = words,
#include "anomalies.def"
#undef ANOMALY
};

const char *harvest_row_name(unsigned int row)
{
	return row < LULL_N_ROWS ? row_names[row] : row_names[LULL_ROW_LOST];
}

/* The value of a 32-bit counter of a table, all its wraps included. */
static uint64_t folded(const struct fold *fold, const void *table, size_t first, const uint32_t *at)
{
	size_t word = (size_t)(at - (const uint32_t *)table) - first;

	return fold_value(fold, (unsigned int)word, *at);
}

/* One table whose counters are read: a CPU's or a victim's. */
struct counters {
	const void *table;
	const struct fold *fold;
	size_t first; /* word at which the folded part begins */
};

static uint64_t counter(const struct counters *c, const uint32_t *at)
{
	return folded(c->fold, c->table, c->first, at);
}

static int hist_take(const struct counters *c, struct hist *ret, unsigned int digits,
		     const uint32_t *bins, uint64_t sum_ns, uint64_t max_ns)
{
	unsigned int slots = hist_slots(digits);
	struct hist h = { 0 };
	int err = hist_init(&h, digits);

	if (err)
		return err;
	for (unsigned int i = 0; i <= slots; i++) {
		uint64_t low, high, n = counter(c, &bins[i]);

		if (!n)
			continue;
		hist_range(digits, i, &low, &high);
		if (!h.count)
			h.min = low;
		h.counts[i] = n;
		h.count += n;
	}
	h.sum = sum_ns;
	h.max = max_ns;
	h.min = min(h.min, h.max);
	*ret = h;
	return 0;
}

static int labels_take(const struct harvest *h, const struct lull_label *labels, unsigned int n,
		       const struct counters *k, unsigned int owner, struct rec_entry *entry)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct lull_label *l = &labels[i];
		auto_str struct str name = { 0 };
		int err;

		if (!l->fn || l->owner != owner)
			continue;
		err = names_label(h->names, l->fn, &name);
		err = err ?: rec_label_add(entry, name.s ?: "", counter(k, &l->count), l->sum_ns);
		if (err)
			return err;
	}
	return 0;
}

static int entry_fill(const struct harvest *h, struct rec_entry *e, uint64_t cause,
		      unsigned int row)
{
	auto_str struct str name = { 0 }, id = { 0 };
	int err;

	err = names_cause(h->names, cause, row, &name);
	err = err ?: names_id(cause, &id, &e->id_is_number);
	err = err ?: str_add(&name, "");
	err = err ?: str_add(&id, "");
	if (err)
		return err;
	e->name = take_ptr(name.s);
	e->id = take_ptr(id.s);
	return 0;
}

const char *harvest_source(uint64_t cause)
{
	switch (LULL_CAUSE_KIND(cause)) {
	case LULL_KIND_IRQ:
		return "irq";
	case LULL_KIND_VECTOR:
		return "vector";
	case LULL_KIND_SOFTIRQ:
		return "softirq";
	case LULL_KIND_NMI:
		return "nmi";
	default:
		return "task";
	}
}

static int cpu_source(const struct harvest *h, const struct lull_cpu *c, const struct counters *k,
		      unsigned int at, struct rec_cpu *rec)
{
	const struct lull_cause *cause = &c->cause[at];
	struct rec_entry *e;
	int err;

	if (!cause->count && !cause->sum_ns)
		return 0;
	err = rec_entry_add(&rec->sources, &rec->n_sources, &e);
	if (err)
		return err;
	e->kind = harvest_source(cause->key);
	e->count = counter(k, &cause->count);
	e->sum_ns = cause->sum_ns;
	e->max_ns = cause->max_ns;
	err = entry_fill(h, e, cause->key ?: LULL_CAUSE(LULL_KIND_OTHER, 0, 0), LULL_N_ROWS);
	if (!err && cause->hist && cause->hist <= LULL_CPU_HISTS)
		err = hist_take(k, &e->hist, 1, c->hist[cause->hist - 1], e->sum_ns, e->max_ns);
	return err ?: labels_take(h, c->label, LULL_CPU_LABELS, k, at, e);
}

static int larger_first(const void *a, const void *b)
{
	uint64_t x = ((const struct rec_entry *)a)->sum_ns;
	uint64_t y = ((const struct rec_entry *)b)->sum_ns;

	return x < y ? 1 : x > y ? -1 : 0;
}

static int harvest_cpu(struct harvest *h, unsigned int slot)
{
	const struct lull_cpu *c = &h->cap->cpus[slot];
	struct counters k = { .table = c, .fold = &h->cap->cpu_folds[slot] };
	struct rec_cpu *rec;
	int err;

	k.first = CAPTURE_CPU_WORD;
	if (!c->opened_ns)
		return 0;
	err = recording_add_cpu(h->rec, &rec);
	if (err)
		return err;
	rec->cpu = (int)c->cpu;
	rec->wall_ns = settle_cpu_wall_ns(c);
	for (unsigned int i = 0; i <= LULL_CAUSES && !err; i++)
		err = cpu_source(h, c, &k, i, rec);
	if (rec->n_sources)
		qsort(rec->sources, rec->n_sources, sizeof(*rec->sources), larger_first);
	for (unsigned int i = 0; i < LULL_N_HOOKS; i++)
		h->events[i] += counter(&k, &c->events[i]);
	return err;
}

static int ledger_entry(const struct harvest *h, const struct lull_victim *v,
			const struct counters *k, unsigned int at, struct rec_thread *rec)
{
	const struct lull_entry *entry = &v->entry[at];
	unsigned int row = at < LULL_ENTRY_ROWS ? at : (unsigned int)(entry->key >> LULL_ROW_SHIFT);
	uint64_t cause = entry->key & LULL_CAUSE_MASK;
	struct rec_entry *e;
	int err;

	if (!entry->count && !entry->sum_ns)
		return 0;
	/* What ran before the first sign of KVM was guest, exit or user: nobody knows. */
	if (row == LULL_ROW_RUN && v->has_kvm) {
		row = LULL_ROW_LOST;
		cause = LULL_CAUSE(LULL_KIND_UNKNOWN, 0, 0);
	}
	/* Under way when measuring began, or kvm_exit's reason cannot be read here. */
	if (row == LULL_ROW_EXIT && !cause)
		cause = LULL_CAUSE(LULL_KIND_EXIT, 0, 0);
	err = rec_entry_add(&rec->ledger, &rec->n_ledger, &e);
	if (err)
		return err;
	e->kind = harvest_row_name(row);
	e->count = counter(k, &entry->count);
	e->sum_ns = entry->sum_ns;
	e->max_ns = entry->max_ns;
	err = entry_fill(h, e, cause, row);
	if (!err && entry->hist && entry->hist <= LULL_VICTIM_HISTS)
		err = hist_take(k, &e->hist, 1, v->hist[entry->hist - 1], e->sum_ns, e->max_ns);
	return err ?: labels_take(h, v->label, LULL_VICTIM_LABELS, k, at, e);
}

/* Whatever does not add up is shown as lost, and counted: it must not happen. */
static int ledger_close(struct harvest *h, struct rec_thread *rec)
{
	uint64_t sum = rec_thread_row_ns(rec, NULL);
	struct rec_entry *e;
	int err;

	if (sum == rec->wall_ns)
		return 0;
	h->unbalanced++;
	if (sum > rec->wall_ns) {
		rec->wall_ns = sum;
		return 0;
	}
	err = rec_entry_add(&rec->ledger, &rec->n_ledger, &e);
	if (err)
		return err;
	e->kind = harvest_row_name(LULL_ROW_LOST);
	e->sum_ns = rec->wall_ns - sum;
	e->name = strdup("not accounted for");
	e->id = strdup("");
	return e->name && e->id ? 0 : -ENOMEM;
}

static int thread_identity(const struct harvest *h, const struct lull_victim *v, unsigned int slot,
			   struct rec_thread *rec)
{
	const struct capture_target *t = &h->cap->targets[slot];
	const struct capture_target plugged = {
		.tid = (pid_t)v->tid,
		.vm = h->cap->targets[0].vm,
		.vcpu = (int)v->vcpu - 1,
	};
	char comm[17];

	str_copy(comm, sizeof(comm), (const char *)v->comm, 16);
	str_sanitize(comm);
	if (!comm[0])
		(void)harvest_read_comm(h->cap, (pid_t)v->tid, comm);
	rec->tid = (pid_t)v->tid;
	rec->pid = (pid_t)v->tgid;
	rec->comm = strdup(comm);
	if (v->vcpu) /* plugged in while measuring */
		t = &plugged;
	rec->vcpu = t->tid ? t->vcpu : -1;
	rec->vm = t->tid && t->vm ? strdup(t->vm) : NULL;
	rec->has_kvm_entries = v->has_kvm;
	rec->ended = v->state == LULL_STATE_DEAD;
	rec->has_sibling = v->cpu < LULL_MAX_CPUS && h->cap->skel->bss->lull_cpu_sibling[v->cpu];
	/* Two CPUs' clocks, read at once, may tell a few ns less than none. */
	rec->sibling_ns = (int64_t)v->sibling_ns > 0 ? v->sibling_ns : 0;
	return rec->comm && (rec->vm || !t->tid || !t->vm) ? 0 : -ENOMEM;
}

static int thread_hists(const struct lull_victim *v, const struct counters *k,
			struct rec_thread *rec)
{
	int err;

	err = hist_take(k, &rec->gap, 2, v->gap, v->gap_sum, v->gap_max);
	err = err ?: hist_take(k, &rec->wake, 2, v->wake, v->wake_sum, v->wake_max);
	return err
		       ?: hist_take(k, &rec->preempted, 2, v->preempted, v->preempted_sum,
				    v->preempted_max);
}

static int harvest_thread(struct harvest *h, unsigned int slot)
{
	const struct lull_victim *v = &h->cap->victims[slot];
	struct counters k = { .table = v, .fold = &h->cap->victim_folds[slot] };
	struct rec_thread *rec;
	int err;

	k.first = CAPTURE_VICTIM_WORD;
	if (v->state == LULL_STATE_FREE || v->state == LULL_STATE_NEW)
		return 0;
	err = recording_add_thread(h->rec, &rec);
	if (err)
		return err;
	h->thread_of[slot] = (int)h->rec->n_threads - 1;
	err = thread_identity(h, v, slot, rec);
	rec->wall_ns = settle_victim_wall_ns(v);
	for (unsigned int i = 0; i <= LULL_ENTRIES && !err; i++)
		err = ledger_entry(h, v, &k, i, rec);
	err = err ?: ledger_close(h, rec);
	if (err)
		return err;
	harvest_sort_ledger(rec);
	rec->stalls = v->stalls;
	rec->stalls_ns = v->stalls_ns;
	h->rec->stalls_total += v->stalls;
	h->rec->stalls_total_ns += v->stalls_ns;
	return thread_hists(v, &k, rec);
}

static int harvest_loss(struct harvest *h)
{
	struct recording *rec = h->rec;
	const struct capture *cap = h->cap;
	int err = 0;

	rec->dropped = cap->skel->bss->lull_dropped;
	for (unsigned int i = 0; i < LULL_N_ANOMALIES && !err; i++)
		if (cap->skel->bss->lull_anomalies[i])
			err = recording_add_anomaly(rec, anomaly_words[i],
						    cap->skel->bss->lull_anomalies[i]);
	if (!err && h->unbalanced)
		err = recording_add_anomaly(rec, "ledgers that do not sum to their wall time",
					    h->unbalanced);
	/* A label that was missed is shown with its program: no time and no count is lost by it. */
	for (unsigned int i = 0; i < LULL_N_HOOKS; i++)
		if (!hook_source_is_label(hook_at(i)->source))
			rec->recursion_misses += cap->after[i].misses - cap->before[i].misses;
	rec->complete =
		!rec->dropped && !rec->recursion_misses && !rec->n_anomalies && !rec->n_incomplete;
	return err;
}

static int harvest_self(struct harvest *h)
{
	const struct capture *cap = h->cap;
	int err = 0;

	h->rec->self_cpu_ns = cap->self_cpu_ns;
	for (unsigned int i = 0; i < LULL_N_HOOKS && !err; i++) {
		struct rec_program *p;

		if (!cap->on[i])
			continue;
		err = recording_add_program(h->rec, &p);
		if (err)
			break;
		p->name = strdup(hook_at(i)->name);
		p->events = h->events[i];
		p->recursion_misses = cap->after[i].misses - cap->before[i].misses;
		if (cap->stats >= 0) {
			p->run_cnt = cap->after[i].run_cnt - cap->before[i].run_cnt;
			p->run_ns = cap->after[i].run_ns - cap->before[i].run_ns;
		}
		h->rec->self_events += p->events;
		err = p->name ? 0 : -ENOMEM;
	}
	return err;
}

static int harvest_texts(struct harvest *h)
{
	const struct recording *texts = h->cap->texts;
	int err = 0;

	for (unsigned int i = 0; i < texts->n_missing && !err; i++)
		err = recording_add_missing(h->rec, texts->missing[i]);
	for (unsigned int i = 0; i < texts->n_notes && !err; i++)
		err = recording_add_note(h->rec, texts->notes[i]);
	return err ?: harvest_notes(h);
}

int capture_harvest(struct capture *cap, struct recording *rec)
{
	struct harvest h = { .cap = cap, .rec = rec };
	int err;

	h.thread_of = calloc(cap->n_victims, sizeof(*h.thread_of));
	if (!h.thread_of)
		return -ENOMEM;
	settle_all(cap);
	stalls_sort(&cap->stalls);
	rec->started_unix_ns = cap->opened_unix_ns;
	rec->started_mono_ns = cap->opened_ns;
	rec->duration_ns = cap->closed_ns - cap->opened_ns;
	rec->stall_threshold_ns = cap->config->stall_ns;
	rec->watch_cpus = cpuset_format(cap->config->cpus);
	err = rec->watch_cpus ? harvest_names(&h) : -ENOMEM;
	if (!err && cap->opened_tsc)
		err = rec_tsc_new(rec, cap->opened_tsc, cap->closed_tsc);
	for (unsigned int i = 0; i < cap->n_cpus && !err; i++)
		err = harvest_cpu(&h, i);
	for (unsigned int i = 0; i < cap->n_victims && !err; i++)
		err = harvest_thread(&h, i);
	err = err ?: harvest_stalls(&h);
	err = err ?: harvest_trace(&h);
	err = err ?: harvest_audit(&h);
	err = err ?: harvest_host(&h);
	err = err ?: harvest_self(&h);
	err = err ?: harvest_texts(&h);
	err = err ?: harvest_loss(&h);
	names_free(h.names);
	free(h.thread_of);
	return err;
}
