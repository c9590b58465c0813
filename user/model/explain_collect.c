/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_collect: the entries of a recording as pieces, each with its subject. An entry is one
 * piece, but that of a kernel worker, which is as many as it ran functions: together they are
 * exactly the entry.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/explain_p.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "model/rows.h"

#define WORK_LABEL "work "

uint64_t explain_add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int take_victims(struct explain_work *work)
{
	const struct recording *rec = work->rec;

	work->tids = calloc(rec->n_threads + 1, sizeof(*work->tids));
	work->pids = calloc(rec->n_threads + 1, sizeof(*work->pids));
	if (!work->tids || !work->pids)
		return -ENOMEM;
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		work->tids[work->n_tids++] = (uint32_t)rec->threads[i].tid;
		if (rec->threads[i].vcpu >= 0 && rec->threads[i].pid)
			work->pids[work->n_pids++] = (uint32_t)rec->threads[i].pid;
	}
	qsort(work->tids, work->n_tids, sizeof(*work->tids), by_number);
	qsort(work->pids, work->n_pids, sizeof(*work->pids), by_number);
	return 0;
}

static int add_piece(struct explain_work *work, const struct explain_piece *piece)
{
	if (work->n_pieces == work->room) {
		unsigned int room = work->room ? 2 * work->room : 256;
		struct explain_piece *bigger =
			reallocarray(work->pieces, room, sizeof(*work->pieces));

		if (!bigger)
			return -ENOMEM;
		work->pieces = bigger;
		work->room = room;
	}
	work->pieces[work->n_pieces++] = *piece;
	return 0;
}

/* The label with the most time of those that name a function of a worker; NULL: none. */
static const struct rec_label *largest_work(const struct rec_entry *entry)
{
	const struct rec_label *largest = NULL;

	for (unsigned int i = 0; i < entry->n_labels; i++) {
		const struct rec_label *label = &entry->labels[i];

		if (str_starts(label->name, WORK_LABEL) &&
		    (!largest || label->sum_ns > largest->sum_ns))
			largest = label;
	}
	return largest;
}

/* What the worker needed between its functions goes to the one with the most. */
static int add_worker(struct explain_work *work, const struct explain_piece *whole)
{
	const struct rec_entry *entry = whole->entry;
	const struct rec_label *largest = largest_work(entry);
	struct explain_piece rest = *whole;
	int err = 0;

	for (unsigned int i = 0; i < entry->n_labels && !err; i++) {
		const struct rec_label *label = &entry->labels[i];
		struct explain_piece piece = *whole;

		if (label == largest || !str_starts(label->name, WORK_LABEL))
			continue;
		piece.subject.name = label->name + strlen(WORK_LABEL);
		piece.subject.len = strlen(piece.subject.name);
		piece.ns = min(label->sum_ns, rest.ns);
		piece.count = min(label->count, rest.count);
		piece.max_ns = min(whole->max_ns, piece.ns);
		rest.ns -= piece.ns;
		rest.count -= piece.count;
		if (piece.ns || piece.count)
			err = add_piece(work, &piece);
	}
	if (largest) {
		rest.subject.name = largest->name + strlen(WORK_LABEL);
		rest.subject.len = strlen(rest.subject.name);
	}
	rest.max_ns = min(whole->max_ns, rest.ns);
	return err ?: add_piece(work, &rest);
}

static bool is_hint(const char *row)
{
	return streq(row, "exit") || streq(row, "user") || streq(row, "haltpoll");
}

static int add_entry(struct explain_work *work, const struct rec_entry *entry, unsigned int owner)
{
	struct explain_piece piece = {
		.owner = owner,
		.ns = entry->sum_ns,
		.count = entry->count,
		.max_ns = entry->max_ns,
		.row = entry->kind,
		.entry = entry,
	};

	if (work->of_cpus ? rec_entry_is_idle(entry)
			  : !rows_is_theft(entry->kind) && !is_hint(entry->kind))
		return 0;
	if (!entry->sum_ns)
		return 0;
	subject_of_entry(entry, work->of_cpus, &piece.subject);
	piece.subject.is_watched = piece.subject.class == EXPLAIN_TASK && piece.subject.tid &&
				   bsearch(&piece.subject.tid, work->tids, work->n_tids,
					   sizeof(*work->tids), by_number);
	if (piece.subject.class == EXPLAIN_WORKER)
		return add_worker(work, &piece);
	return add_piece(work, &piece);
}

/* What is in no row: beside them, or below them. */
static int add_figures(struct explain_work *work)
{
	const struct recording *rec = work->rec;
	struct explain_piece piece = { .subject.name = "", .row = "" };
	int err = 0;

	piece.subject.class = EXPLAIN_SIBLING;
	for (unsigned int i = 0; i < rec->n_threads && !err; i++) {
		piece.owner = i;
		piece.ns = rec->threads[i].has_sibling ? rec->threads[i].sibling_ns : 0;
		if (piece.ns)
			err = add_piece(work, &piece);
	}
	piece.subject.class = EXPLAIN_STEAL;
	piece.owner = 0;
	for (unsigned int i = 0; i < rec->n_audit && !err; i++) {
		piece.ns = rec->audit[i].kernel;
		if (piece.ns && str_ends(rec->audit[i].what, " steal_ns"))
			err = add_piece(work, &piece);
	}
	return err;
}

struct place {
	uint32_t tid;
	unsigned int owner;
	int cpu;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

/* Virtual CPUs whose stalls ended on more than one CPU: as many of them as have moved. */
static int add_moves(struct explain_work *work)
{
	const struct recording *rec = work->rec;
	struct explain_piece piece = { .subject = { .class = EXPLAIN_MOVES, .name = "" },
				       .row = "" };
	auto_free struct place *places = calloc(rec->n_stalls + 1, sizeof(*places));
	unsigned int n = 0;
	int err = 0;

	if (!places)
		return -ENOMEM;
	for (unsigned int i = 0; i < rec->n_stalls; i++) {
		const struct rec_stall *stall = &rec->stalls[i];

		places[n].tid = (uint32_t)stall->tid;
		places[n++].cpu = stall->cpu;
	}
	qsort(places, n, sizeof(*places), by_place);
	for (unsigned int i = 0; i < rec->n_threads && !err; i++) {
		unsigned int n_cpus = 0;
		int last = -1;

		if (rec->threads[i].vcpu < 0)
			continue;
		for (unsigned int j = 0; j < n; j++) {
			if (places[j].tid != (uint32_t)rec->threads[i].tid || places[j].cpu == last)
				continue;
			last = places[j].cpu;
			n_cpus++;
		}
		piece.owner = i;
		piece.count = n_cpus;
		if (n_cpus > 1)
			err = add_piece(work, &piece);
	}
	return err;
}

int explain_collect(struct explain_work *work)
{
	const struct recording *rec = work->rec;
	unsigned int n_owners = work->of_cpus ? rec->n_cpus : rec->n_threads;
	int err = take_victims(work);

	for (unsigned int i = 0; i < n_owners && !err; i++) {
		unsigned int n = work->of_cpus ? rec->cpus[i].n_sources : rec->threads[i].n_ledger;
		const struct rec_entry *entries =
			work->of_cpus ? rec->cpus[i].sources : rec->threads[i].ledger;

		for (unsigned int j = 0; j < n && !err; j++)
			err = add_entry(work, &entries[j], i);
	}
	if (!err)
		explain_follow(work);
	err = err ?: add_figures(work);
	return err ?: add_moves(work);
}

void explain_work_done(struct explain_work *work)
{
	free(work->tids);
	free(work->pids);
	free(work->pieces);
	free(work->subjects);
}
