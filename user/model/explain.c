/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain: pieces of one subject become one cause, causes are ranked, and one verdict is given.
 */
#include "model/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/explain_p.h"
#include "model/rec_thread.h"
#include "model/recording.h"

#define CLEAN_PER_CENT 1
#define CLEAN_NS       1000000
#define HINT_NS	       1000000 /* an exit of this length is said, however rare */

/* Names of classes, and of those causes that have none of their own. */
static const struct {
	const char *kind, *name;
} classes[] = {
	[EXPLAIN_TASK] = { "task", "task" },
	[EXPLAIN_WORKER] = { "worker", "kernel worker" },
	[EXPLAIN_IRQ] = { "irq", "irq" },
	[EXPLAIN_VECTOR] = { "vector", "vector" },
	[EXPLAIN_SOFTIRQ] = { "softirq", "softirq" },
	[EXPLAIN_NMI] = { "nmi", "NMI" },
	[EXPLAIN_QUEUE] = { "wait", "on its way to the run queue" },
	[EXPLAIN_IDLE] = { "idle", "idle exit" },
	[EXPLAIN_THROTTLED] = { "throttled", "not allowed to run" },
	[EXPLAIN_UNTRACED] = { "untraced", "untraced" },
	[EXPLAIN_LOST] = { "lost", "lost" },
	[EXPLAIN_OTHERS] = { "others", "others, beyond the table" },
	[EXPLAIN_UNKNOWN] = { "unknown", "before the first event" },
	[EXPLAIN_EXIT] = { "exit", "exit" },
	[EXPLAIN_HALTPOLL] = { "haltpoll", "halt polling" },
	[EXPLAIN_USER] = { "user", "the VM's program" },
	[EXPLAIN_SIBLING] = { "sibling", "tasks on the sibling" },
	[EXPLAIN_STEAL] = { "steal", "the hypervisor below" },
	[EXPLAIN_MOVES] = { "moves", "virtual CPUs that move" },
};

static int by_subject(const void *a, const void *b)
{
	const struct explain_piece *x = a, *y = b;

	return subject_compare(&x->subject, &y->subject)
		       ?: (x->subject.tid > y->subject.tid) - (x->subject.tid < y->subject.tid);
}

static int by_owner(const void *a, const void *b)
{
	const struct explain_piece *x = a, *y = b;

	return (x->owner > y->owner) - (x->owner < y->owner);
}

static int larger_part(const void *a, const void *b)
{
	const struct explain_part *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return (x->owner > y->owner) - (x->owner < y->owner);
}

static int by_label_name(const void *a, const void *b)
{
	return strcmp(((const struct explain_label *)a)->name,
		      ((const struct explain_label *)b)->name);
}

static int larger_label(const void *a, const void *b)
{
	const struct explain_label *x = a, *y = b;

	if (x->sum_ns != y->sum_ns)
		return x->sum_ns < y->sum_ns ? 1 : -1;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return by_label_name(a, b);
}

static int larger_cause(const void *a, const void *b)
{
	const struct explain_cause *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return strcmp(x->kind, y->kind) ?: strcmp(x->name, y->name);
}

/* "demo-noise 812 (unit)", or "cc1 (7 tasks)". */
static int name_task(struct explain_cause *cause, const struct explain_piece *piece)
{
	auto_str struct str name = { .s = NULL };
	int err = str_addn(&name, piece->subject.name, piece->subject.len);

	if (!err && cause->n_tasks == 1 && piece->subject.tid)
		err = str_addf(&name, " %u", piece->subject.tid);
	else if (!err && cause->n_tasks > 1)
		err = str_addf(&name, " (%u tasks)", cause->n_tasks);
	if (!err && piece->subject.unit)
		err = str_addf(&name, " (%.*s)", (int)piece->subject.unit_len, piece->subject.unit);
	if (!err)
		cause->name = take_ptr(name.s);
	return err;
}

/* What it is called, and by which number the system knows it. */
static int name_cause(struct explain_cause *cause, const struct explain_piece *piece)
{
	const struct subject *subject = &piece->subject;
	char id[16] = "";
	int err = 0;

	if (subject->class == EXPLAIN_TASK && cause->n_tasks == 1 && subject->tid)
		(void)snprintf(id, sizeof(id), "%u", subject->tid);
	else if (subject->class == EXPLAIN_IRQ)
		str_copy(id, sizeof(id), subject->name, strspn(subject->name, "0123456789"));
	cause->id = strdup(id);
	cause->kind = classes[subject->class].kind;
	if (subject->class == EXPLAIN_TASK)
		err = name_task(cause, piece);
	else if (subject->len && subject->class != EXPLAIN_THROTTLED)
		cause->name = strndup(subject->name, subject->len);
	else
		cause->name = strdup(classes[subject->class].name);
	return err ?: cause->name && cause->id ? 0 : -ENOMEM;
}

/* How many tasks they are, when sorted by tid; a group counts as two. */
static unsigned int count_tasks(const struct explain_piece *pieces, unsigned int n)
{
	unsigned int n_tasks = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (pieces[i].subject.class != EXPLAIN_TASK)
			return 0;
		if (!i || pieces[i].subject.tid != pieces[i - 1].subject.tid)
			n_tasks += pieces[i].subject.tid ? 1 : 2;
	}
	return n_tasks;
}

/* Sorts the pieces by owner. */
static int take_parts(struct explain_cause *cause, struct explain_piece *pieces, unsigned int n)
{
	cause->parts = calloc(n, sizeof(*cause->parts));
	if (!cause->parts)
		return -ENOMEM;
	qsort(pieces, n, sizeof(*pieces), by_owner);
	for (unsigned int i = 0; i < n; i++) {
		struct explain_part *part;

		if (!i || pieces[i].owner != pieces[i - 1].owner)
			cause->parts[cause->n_parts++].owner = pieces[i].owner;
		part = &cause->parts[cause->n_parts - 1];
		part->ns = explain_add(part->ns, pieces[i].ns);
		if (!pieces[i].is_followed)
			part->count = explain_add(part->count, pieces[i].count);
		part->max_ns = max(part->max_ns, pieces[i].max_ns);
	}
	qsort(cause->parts, cause->n_parts, sizeof(*cause->parts), larger_part);
	return 0;
}

#define ROWS_MAX 24 /* rows and sources there are, and some */

/* The row with most of the time. Rows are static text: their addresses tell them apart. */
static const char *largest_row(const struct explain_piece *pieces, unsigned int n)
{
	const char *rows[ROWS_MAX] = { NULL };
	uint64_t ns[ROWS_MAX] = { 0 };
	unsigned int n_rows = 0, largest = 0;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = 0;

		while (at < n_rows && rows[at] != pieces[i].row)
			at++;
		if (at == ROWS_MAX)
			continue;
		if (at == n_rows) {
			rows[n_rows] = pieces[i].row;
			ns[n_rows++] = 0;
		}
		ns[at] = explain_add(ns[at], pieces[i].ns);
	}
	for (unsigned int i = 1; i < n_rows; i++) {
		if (ns[i] > ns[largest])
			largest = i;
	}
	return rows[largest];
}

/* Of a worker none: it is called by its function. */
static int take_labels(struct explain_cause *cause, const struct explain_piece *pieces,
		       unsigned int n)
{
	unsigned int total = 0, kept = 0;
	struct explain_label *labels;

	for (unsigned int i = 0; i < n; i++)
		total += pieces[i].entry ? pieces[i].entry->n_labels : 0;
	if (!total || pieces[0].subject.class == EXPLAIN_WORKER)
		return 0;
	labels = calloc(total, sizeof(*labels));
	cause->labels = labels;
	if (!labels)
		return -ENOMEM;
	total = 0;
	for (unsigned int i = 0; i < n; i++) {
		const struct rec_entry *entry = pieces[i].entry;

		for (unsigned int j = 0; entry && j < entry->n_labels; j++, total++) {
			labels[total].name = entry->labels[j].name;
			labels[total].count = entry->labels[j].count;
			labels[total].sum_ns = entry->labels[j].sum_ns;
		}
	}
	qsort(labels, total, sizeof(*labels), by_label_name);
	for (unsigned int i = 1; i < total; i++) {
		if (!streq(labels[i].name, labels[kept].name)) {
			labels[++kept] = labels[i];
			continue;
		}
		labels[kept].count = explain_add(labels[kept].count, labels[i].count);
		labels[kept].sum_ns = explain_add(labels[kept].sum_ns, labels[i].sum_ns);
	}
	cause->n_labels = kept + 1;
	qsort(labels, cause->n_labels, sizeof(*labels), larger_label);
	return 0;
}

/* All pieces of one subject. The cause is complete, but for its worst stall and its share. */
static int take_cause(struct explain_work *work, struct explain_piece *pieces, unsigned int n)
{
	struct explain_cause *cause = &work->causes[work->n_causes];
	struct subject *subject = &work->subjects[work->n_causes++];
	int err;

	*subject = pieces[0].subject;
	cause->n_tasks = count_tasks(pieces, n);
	cause->row = largest_row(pieces, n);
	for (unsigned int i = 0; i < n; i++) {
		cause->ns = explain_add(cause->ns, pieces[i].ns);
		/* A softirq after its interrupt is not another time that it came. */
		if (pieces[i].is_followed)
			cause->followed_ns = explain_add(cause->followed_ns, pieces[i].ns);
		else
			cause->count = explain_add(cause->count, pieces[i].count);
		cause->max_ns = max(cause->max_ns, pieces[i].max_ns);
	}
	err = name_cause(cause, &pieces[0]);
	err = err ?: take_labels(cause, pieces, n);
	if (!err && subject->class != EXPLAIN_STEAL)
		err = take_parts(cause, pieces, n);
	if (!err)
		cause->rule = explain_rule_of(work, subject, cause);
	return err;
}

static int merge(struct explain_work *work)
{
	unsigned int first = 0;
	int err = 0;

	work->subjects = calloc(work->n_pieces + 1, sizeof(*work->subjects));
	work->causes = calloc(work->n_pieces + 1, sizeof(*work->causes));
	if (!work->subjects || !work->causes)
		return -ENOMEM;
	if (work->n_pieces)
		qsort(work->pieces, work->n_pieces, sizeof(*work->pieces), by_subject);
	for (unsigned int i = 1; i <= work->n_pieces && !err; i++) {
		if (i < work->n_pieces &&
		    !subject_compare(&work->pieces[i].subject, &work->pieces[first].subject))
			continue;
		err = take_cause(work, &work->pieces[first], i - first);
		first = i;
	}
	return err;
}

static void cause_done(struct explain_cause *cause)
{
	free(cause->name);
	free(cause->id);
	free(cause->parts);
	free(cause->labels);
}

static bool is_worth_saying(const struct explain *explain, const struct explain_cause *cause)
{
	enum explain_class class = cause->rule->class;

	if (class == EXPLAIN_MOVES)
		return true;
	if ((class == EXPLAIN_EXIT || class == EXPLAIN_USER) && cause->max_ns >= HINT_NS)
		return true;
	return cause->ns >= HINT_NS && cause->ns / CLEAN_PER_CENT >= explain->wanted_ns / 100;
}

/* Hints to the end, those that are not worth it away; each part ranked. */
static void rank(struct explain *explain, struct explain_work *work)
{
	struct explain_cause *causes = work->causes;
	unsigned int n = 0, n_hints = 0;

	/* In the order of classes, hints are last. */
	while (n < work->n_causes && work->subjects[n].class < EXPLAIN_EXIT)
		n++;
	for (unsigned int i = n; i < work->n_causes; i++) {
		if (is_worth_saying(explain, &causes[i]))
			causes[n + n_hints++] = causes[i];
		else
			cause_done(&causes[i]);
	}
	for (unsigned int i = 0; i < n + n_hints; i++) {
		causes[i].of_ns = explain->wanted_ns;
		causes[i].share =
			explain->wanted_ns ? (double)causes[i].ns / (double)explain->wanted_ns : 0;
	}
	explain->causes = take_ptr(work->causes);
	explain->n_causes = n;
	explain->hints = explain->causes + n;
	explain->n_hints = n_hints;
	if (n)
		qsort(explain->causes, n, sizeof(*causes), larger_cause);
	if (n_hints)
		qsort(explain->hints, n_hints, sizeof(*causes), larger_cause);
}

static void take_totals(struct explain *explain)
{
	const struct recording *rec = explain->rec;

	for (unsigned int i = 0; i < rec->n_threads; i++) {
		const struct rec_thread *thread = &rec->threads[i];

		explain->wanted_ns = explain_add(explain->wanted_ns, rec_thread_wanted_ns(thread));
		explain->taken_ns = explain_add(explain->taken_ns, rec_thread_taken_ns(thread));
		explain->longest_ns = max(explain->longest_ns, rec_thread_longest_ns(thread));
		explain->longest_ns = max(explain->longest_ns, rec_thread_open_ns(thread));
	}
	for (unsigned int i = 0; i < rec->n_cpus && explain->of_cpus; i++) {
		const struct rec_cpu *cpu = &rec->cpus[i];

		explain->wanted_ns = explain_add(explain->wanted_ns, cpu->wall_ns);
		for (unsigned int j = 0; j < cpu->n_sources; j++) {
			if (rec_entry_is_idle(&cpu->sources[j]))
				continue;
			explain->taken_ns = explain_add(explain->taken_ns, cpu->sources[j].sum_ns);
			explain->longest_ns = max(explain->longest_ns, cpu->sources[j].max_ns);
		}
	}
}

static enum explain_verdict judge(const struct explain *explain)
{
	if (!explain->is_whole)
		return EXPLAIN_INCOMPLETE;
	if (explain->of_cpus)
		return EXPLAIN_UNWATCHED;
	if (!explain->wanted_ns)
		return EXPLAIN_ASLEEP;
	if (explain->taken_ns / CLEAN_PER_CENT < explain->wanted_ns / 100 &&
	    explain->longest_ns <= CLEAN_NS)
		return EXPLAIN_CLEAN;
	return EXPLAIN_TAKEN;
}

int explain_recording(const struct recording *rec, struct explain *ret)
{
	struct explain explain = { .rec = rec, .of_cpus = !rec->n_threads };
	struct explain_work work = { .rec = rec, .of_cpus = !rec->n_threads };
	int err = explain_collect(&work);

	err = err ?: merge(&work);
	if (err) {
		for (unsigned int i = 0; i < work.n_causes; i++)
			cause_done(&work.causes[i]);
		free(work.causes);
		explain_work_done(&work);
		return err;
	}
	explain_stalls(&work);
	explain.is_whole = rec->complete && !rec->dropped && !rec->recursion_misses &&
			   !rec->n_anomalies && !rec->n_incomplete;
	take_totals(&explain);
	rank(&explain, &work);
	explain.verdict = judge(&explain);
	explain_work_done(&work);
	*ret = explain;
	return 0;
}

void explain_done(struct explain *explain)
{
	for (unsigned int i = 0; i < explain->n_causes + explain->n_hints; i++)
		cause_done(&explain->causes[i]);
	free(explain->causes);
	memset(explain, 0, sizeof(*explain));
}

const char *explain_verdict_name(enum explain_verdict verdict)
{
	static const char *const names[] = {
		[EXPLAIN_INCOMPLETE] = "incomplete", [EXPLAIN_UNWATCHED] = "unwatched",
		[EXPLAIN_ASLEEP] = "asleep",	     [EXPLAIN_CLEAN] = "clean",
		[EXPLAIN_TAKEN] = "taken",
	};

	return names[verdict];
}
