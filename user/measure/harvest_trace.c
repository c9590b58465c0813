/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harvest_trace: what the flight recorder kept, with its causes in words, each named once.
 */
#define LULL_MEASURE_PRIVATE
#include <errno.h>
#include <search.h>

#include "base/cleanup.h"
#include "measure/capture_p.h"
#include "measure/harvest_p.h"
#include "model/rec_trace.h"
#include "model/recording.h"

/* A cause as the kernel wrote it, and its number in the recording: an element of a tree. */
struct known {
	uint64_t word;
	uint32_t state;
	unsigned int number;
};

static int by_key(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	if (x->word != y->word)
		return x->word < y->word ? -1 : 1;
	return (x->state > y->state) - (x->state < y->state);
}

static bool is_victim(const struct known *key)
{
	return key->state && LULL_CAUSE_KIND(key->word & LULL_CAUSE_MASK) == LULL_KIND_TASK;
}

/* What a victim did, as a row of its ledger. */
static unsigned int victim_row(const struct known *key)
{
	uint32_t reason = LULL_EVENT_REASON(key->state);

	switch (LULL_EVENT_MODE(key->state)) {
	case LULL_MODE_GUEST:
		return LULL_ROW_GUEST;
	case LULL_MODE_USER:
		return LULL_ROW_USER;
	case LULL_MODE_EXIT:
		return reason == LULL_EXIT_EXTINT_VMX || reason == LULL_EXIT_EXTINT_SVM
			       ? LULL_ROW_UNTRACED
			       : LULL_ROW_EXIT;
	default:
		return LULL_ROW_RUN;
	}
}

static int name_victim(const struct harvest *h, const struct known *key, struct str *out)
{
	unsigned int row = victim_row(key);

	if (row != LULL_ROW_EXIT)
		return str_add(out, "");
	return names_cause(h->names, LULL_CAUSE(LULL_KIND_EXIT, LULL_EVENT_REASON(key->state), 0),
			   row, out);
}

static int name_other(const struct harvest *h, const struct known *key, struct str *out)
{
	unsigned int fn = (unsigned int)(key->word >> LULL_ROW_SHIFT);
	auto_str struct str label = { 0 };
	int err = names_cause(h->names, key->word & LULL_CAUSE_MASK, LULL_N_ROWS, out);

	err = err ?: fn ? names_label(h->names, fn, &label) : 0;
	if (!err && label.s && *label.s)
		err = str_addf(out, " (%s)", label.s);
	return err ?: str_add(out, "");
}

static int add_cause(const struct harvest *h, const struct known *key)
{
	uint64_t cause = key->word & LULL_CAUSE_MASK;
	auto_str struct str name = { 0 };
	struct rec_trace_cause *to;
	int err;

	if (key->word == TRACES_LOST)
		err = str_add(&name, "overwritten before it was read");
	else if (is_victim(key))
		err = name_victim(h, key, &name);
	else
		err = name_other(h, key, &name);
	err = err ?: rec_trace_add_cause(h->rec->trace, &to);
	if (err)
		return err;
	to->kind = harvest_source(cause);
	if (key->word == TRACES_LOST)
		to->kind = harvest_row_name(LULL_ROW_LOST);
	else if (is_victim(key))
		to->kind = harvest_row_name(victim_row(key));
	to->name = take_ptr(name.s);
	if (LULL_CAUSE_KIND(cause) == LULL_KIND_TASK)
		to->tid = (pid_t)LULL_CAUSE_ID(cause);
	return 0;
}

/* The number of an event's cause, which is named when it is seen for the first time. */
static int cause_number(const struct harvest *h, void **tree, const struct lull_event *e,
			unsigned int *ret)
{
	struct known key = { .word = e->word }, **found, *made;
	int err;

	/* Over a victim, an interrupt is the same whatever the victim did. */
	if (LULL_CAUSE_KIND(e->word & LULL_CAUSE_MASK) == LULL_KIND_TASK)
		key.state = e->state;
	if (LULL_EVENT_MODE(key.state) != LULL_MODE_EXIT)
		key.state &= ~LULL_EVENT_REASON(UINT32_MAX);
	found = tfind(&key, tree, by_key);
	if (found) {
		*ret = (*found)->number;
		return 0;
	}
	made = malloc(sizeof(*made));
	if (!made)
		return -ENOMEM;
	key.number = h->rec->trace->n_causes;
	*made = key;
	if (!tsearch(made, tree, by_key)) {
		free(made);
		return -ENOMEM;
	}
	err = add_cause(h, &key);
	*ret = key.number;
	return err;
}

/* Neighbours of one cause are one: labels that begin and end, hooks that change nothing. */
static int add_event(const struct harvest *h, void **tree, const struct lull_event *e,
		     struct rec_trace_window *to)
{
	struct rec_trace_event *last = to->n_events ? &to->events[to->n_events - 1] : NULL;
	unsigned int cause = 0;
	int err = cause_number(h, tree, e, &cause);

	if (err)
		return err;
	if (last && last->cause == cause)
		last->ns += e->ns;
	else
		to->events[to->n_events++] = (struct rec_trace_event){
			.at_ns = e->end_ns - e->ns - h->cap->opened_ns, .ns = e->ns, .cause = cause
		};
	return 0;
}

/* The raw window is freed: there is not memory for all of them twice. */
static int add_window(const struct harvest *h, void **tree, struct trace_window *from)
{
	struct rec_trace_window *to;
	int err = rec_trace_add_window(h->rec->trace, &to);

	if (err)
		return err;
	to->events = calloc(from->n, sizeof(*to->events));
	if (!to->events)
		return -ENOMEM;
	to->cpu = (int)h->cap->cpus[from->slot].cpu;
	to->at_ns = from->from_ns - h->cap->opened_ns;
	to->duration_ns = from->to_ns - from->from_ns;
	to->stall_ns = from->stall_ns;
	for (unsigned int i = 0; i < from->n && !err; i++)
		err = add_event(h, tree, &from->events[i], to);
	free(from->events);
	from->events = NULL;
	return err;
}

static int by_cpu_and_time(const void *a, const void *b)
{
	const struct rec_trace_window *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

/* Of what is kept, and with neighbours as the one hole that they are. */
static void count_lost(struct rec_trace *trace)
{
	const char *lost = harvest_row_name(LULL_ROW_LOST);

	for (unsigned int i = 0; i < trace->n_windows; i++) {
		for (unsigned int k = 0; k < trace->windows[i].n_events; k++) {
			const struct rec_trace_event *e = &trace->windows[i].events[k];

			if (trace->causes[e->cause].kind != lost)
				continue;
			trace->dropped++;
			trace->missing_ns += e->ns;
		}
	}
}

/* What a reader must know of it, if it is not all there. */
static int note_loss(const struct harvest *h)
{
	const struct rec_trace *trace = h->rec->trace;
	auto_str struct str text = { 0 };
	char time[32];
	int err = 0;

	if (trace->dropped)
		err = str_addf(&text,
			       "flight recorder: %s in %llu places were overwritten before they "
			       "could be read",
			       str_format_ns(trace->missing_ns, time, sizeof(time)),
			       (unsigned long long)trace->dropped);
	if (!err && trace->windows_dropped)
		err = str_addf(&text, "%s%llu windows around the shortest stalls had no room",
			       text.s ? "; " : "flight recorder: ",
			       (unsigned long long)trace->windows_dropped);
	return err || !text.s ? err : recording_add_note(h->rec, text.s);
}

int harvest_trace(struct harvest *h)
{
	struct traces *t = &h->cap->traces;
	struct rec_trace *trace;
	void *tree = NULL;
	int err;

	if (!h->cap->events)
		return 0;
	err = traces_take(t, h->cap->closed_ns);
	err = err ?: traces_sort(t);
	err = err ?: rec_trace_new(h->rec, &trace);
	if (err)
		return err;
	trace->before_ns = t->before_ns;
	trace->after_ns = t->after_ns;
	trace->windows_dropped = t->windows_dropped;
	for (unsigned int i = 0; i < t->n && !err; i++)
		err = add_window(h, &tree, &t->windows[i]);
	if (trace->n_windows)
		qsort(trace->windows, trace->n_windows, sizeof(*trace->windows), by_cpu_and_time);
	tdestroy(tree, free);
	count_lost(trace);
	return err ?: note_loss(h);
}
