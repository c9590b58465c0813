/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/traces.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define AFTER_SHARE 10 /* of what is taken before a stall so much follows it */
#define OPEN_TRIES  3

int traces_init(struct traces *t, const struct traces_tables *tables, uint64_t before_ns,
		size_t max_events)
{
	*t = (struct traces){
		.tables = *tables,
		.before_ns = before_ns,
		.after_ns = before_ns / AFTER_SHARE,
		.max_events = max_events,
	};
	/* A reader may see one hole before each event, and one behind the last. */
	t->buf = calloc(2 * (size_t)tables->places + 2, sizeof(*t->buf));
	return t->buf ? 0 : -ENOMEM;
}

void traces_done(struct traces *t)
{
	for (unsigned int i = 0; i < t->n; i++)
		free(t->windows[i].events);
	free(t->windows);
	free(t->wanted);
	free(t->taken);
	free(t->buf);
	*t = (struct traces){ .n = 0 };
}

static int span_add(struct trace_span **spans, unsigned int *n, unsigned int *cap,
		    const struct trace_span *span)
{
	if (*n == *cap) {
		unsigned int more = *cap ? 2 * *cap : 64;
		struct trace_span *bigger = reallocarray(*spans, more, sizeof(**spans));

		if (!bigger)
			return -ENOMEM;
		*spans = bigger;
		*cap = more;
	}
	(*spans)[(*n)++] = *span;
	return 0;
}

int traces_want(struct traces *t, uint64_t at_ns, uint64_t duration_ns)
{
	const struct trace_span span = {
		.from_ns = at_ns > t->before_ns ? at_ns - t->before_ns : 0,
		.to_ns = at_ns + duration_ns + t->after_ns,
		.stall_ns = duration_ns,
	};

	if (duration_ns < t->floor_ns) {
		t->windows_dropped++;
		return 0;
	}
	return span_add(&t->wanted, &t->n_wanted, &t->wanted_cap, &span);
}

/* ---- one CPU's ring */

/* An event of the ring, if it is whole: the kernel may be writing it. */
static bool event_read(const struct lull_event *from, struct lull_event *to)
{
	uint32_t seq = __atomic_load_n(&from->seq, __ATOMIC_ACQUIRE);

	to->end_ns = __atomic_load_n(&from->end_ns, __ATOMIC_RELAXED);
	to->ns = __atomic_load_n(&from->ns, __ATOMIC_RELAXED);
	to->word = __atomic_load_n(&from->word, __ATOMIC_RELAXED);
	to->state = __atomic_load_n(&from->state, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	to->seq = seq;
	return seq && seq == __atomic_load_n(&from->seq, __ATOMIC_RELAXED);
}

static int by_time(const void *a, const void *b)
{
	const struct lull_event *x = a, *y = b;

	if (x->end_ns != y->end_ns)
		return x->end_ns < y->end_ns ? -1 : 1;
	return (int32_t)(x->seq - y->seq) < 0 ? -1 : 1;
}

/* When in a stretch its NMIs came is not known: they follow it, and end when it did. */
static void carve_nmis(struct lull_event *events, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		struct lull_event *e = &events[i - 1];
		uint64_t ns = min(events[i].ns, e->ns);

		if (LULL_CAUSE_KIND(events[i].word) != LULL_KIND_NMI ||
		    events[i].end_ns != e->end_ns)
			continue;
		e->end_ns -= ns;
		e->ns -= ns;
	}
}

/*
 * The events of the ring that end after @from, into the buffer, in order. Backwards from @head, until
 * one is older, or belongs to a later round already. What was written inside one another is swapped.
 */
static unsigned int ring_read(const struct traces *t, unsigned int slot, uint32_t head,
			      uint64_t from)
{
	const struct lull_event *ring = t->tables.rings + (size_t)slot * t->tables.places;
	unsigned int kept = 0;

	for (uint32_t i = 1; i <= t->tables.places; i++) {
		struct lull_event e;

		if (!event_read(&ring[(head - i) & (t->tables.places - 1)], &e))
			continue;
		if ((int32_t)(e.seq - (head - i + 1)) > 0)
			break;
		if (e.seq != head - i + 1)
			continue;
		if (e.end_ns <= from)
			break;
		t->buf[kept++] = e;
	}
	qsort(t->buf, kept, sizeof(*t->buf), by_time);
	carve_nmis(t->buf, kept);
	return kept;
}

/* What has the CPU now, as the kernel side would write it: its cpu_word. */
static uint64_t open_word(const struct lull_cpu *c)
{
	uint32_t depth = __atomic_load_n(&c->depth, __ATOMIC_ACQUIRE);
	uint32_t softirq = __atomic_load_n(&c->softirq, __ATOMIC_RELAXED);
	const struct lull_frame *f = &c->frame[(depth - 1) & (LULL_DEPTH - 1)];

	if (depth)
		return __atomic_load_n(&f->cause, __ATOMIC_RELAXED) |
		       __atomic_load_n(&f->label, __ATOMIC_RELAXED) << LULL_ROW_SHIFT;
	if (softirq && !__atomic_load_n(&c->ksoftirqd, __ATOMIC_RELAXED))
		return LULL_CAUSE(LULL_KIND_SOFTIRQ, softirq - 1, 0);
	return __atomic_load_n(&c->task, __ATOMIC_RELAXED) |
	       __atomic_load_n(&c->task_label, __ATOMIC_RELAXED) << LULL_ROW_SHIFT;
}

/*
 * What has the CPU now and is not charged yet, if nothing happens there meanwhile: else false. It may
 * be an interrupt or a softirq: the part of it that is before now is taken now or never.
 */
static bool open_state(const struct traces *t, unsigned int slot, uint32_t head,
		       struct lull_event *ret)
{
	const struct lull_cpu *c = &t->tables.cpus[slot];
	struct lull_event e = { .word = open_word(c) };
	uint32_t victim = __atomic_load_n(&c->victim, __ATOMIC_RELAXED);

	if (victim && victim <= t->tables.n_victims) {
		const struct lull_victim *v = &t->tables.victims[victim - 1];

		e.state = LULL_EVENT_STATE(__atomic_load_n(&v->mode, __ATOMIC_RELAXED),
					   __atomic_load_n(&v->reason, __ATOMIC_RELAXED));
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	*ret = e;
	return LULL_CAUSE_KIND(e.word) != LULL_KIND_NONE &&
	       __atomic_load_n(&c->traced, __ATOMIC_RELAXED) == head;
}

/* Puts a stretch at the end of the window; the buffer has room for it. */
static void window_put(struct trace_window *w, const struct lull_event *e, uint64_t end)
{
	struct lull_event *to = &w->events[w->n++];

	*to = *e;
	to->end_ns = end;
	to->ns = end - w->to_ns;
	w->to_ns = end;
}

/*
 * Makes the first @n events of the buffer a window from w->from_ns to @to at most, with every hole a
 * stretch of its own. In place, from the back half of the buffer to its front.
 */
static void window_fill(struct traces *t, struct trace_window *w, unsigned int n, uint64_t to)
{
	static const struct lull_event lost = { .word = TRACES_LOST };
	struct lull_event *from = t->buf + t->tables.places + 2;

	memmove(from, t->buf, n * sizeof(*from));
	w->events = t->buf;
	w->to_ns = w->from_ns;
	for (unsigned int i = 0; i < n && w->to_ns < to; i++) {
		uint64_t end = min(from[i].end_ns, to), at = from[i].end_ns - from[i].ns;

		if (at > w->to_ns) {
			uint64_t hole = min(at, to);

			t->dropped++;
			t->missing_ns += hole - w->to_ns;
			window_put(w, &lost, hole);
		}
		if (end > w->to_ns)
			window_put(w, &from[i], end);
	}
}

static void window_read(struct traces *t, struct trace_window *w, uint64_t to)
{
	const struct lull_cpu *c = &t->tables.cpus[w->slot];
	uint64_t dropped = t->dropped, missing_ns = t->missing_ns;

	for (unsigned int try = 0; try < OPEN_TRIES; try++) {
		uint32_t head = __atomic_load_n(&c->traced, __ATOMIC_ACQUIRE);
		struct lull_event open;

		w->n = 0;
		t->dropped = dropped;
		t->missing_ns = missing_ns;
		window_fill(t, w, ring_read(t, w->slot, head, w->from_ns), to);
		if (w->to_ns >= to)
			return;
		if (open_state(t, w->slot, head, &open)) {
			window_put(w, &open, to);
			return;
		}
	}
}

static int window_add(struct traces *t, const struct trace_window *w)
{
	struct trace_window *to;

	if (t->n == t->cap) {
		unsigned int cap = t->cap ? 2 * t->cap : 64;
		struct trace_window *bigger = reallocarray(t->windows, cap, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		t->windows = bigger;
		t->cap = cap;
	}
	to = &t->windows[t->n];
	*to = *w;
	to->events = malloc(w->n * sizeof(*to->events));
	if (!to->events)
		return -ENOMEM;
	memcpy(to->events, w->events, w->n * sizeof(*to->events));
	t->n++;
	t->n_events += w->n;
	return 0;
}

/* ---- room */

static int longer_first(const void *a, const void *b)
{
	const struct trace_window *x = a, *y = b;

	if (x->stall_ns != y->stall_ns)
		return x->stall_ns < y->stall_ns ? 1 : -1;
	return (x->from_ns > y->from_ns) - (x->from_ns < y->from_ns);
}

static int earlier_first(const void *a, const void *b)
{
	const struct trace_window *x = a, *y = b;

	return (x->from_ns > y->from_ns) - (x->from_ns < y->from_ns);
}

/* More than there is room for: what surrounds the shortest stalls goes, an eighth at once. */
static void make_room(struct traces *t)
{
	size_t n_events = 0;
	unsigned int kept = 0;

	if (t->n_events <= t->max_events)
		return;
	qsort(t->windows, t->n, sizeof(*t->windows), longer_first);
	while (kept < t->n && n_events + t->windows[kept].n <= t->max_events - t->max_events / 8)
		n_events += t->windows[kept++].n;
	for (unsigned int i = kept; i < t->n; i++)
		free(t->windows[i].events);
	if (kept < t->n)
		t->floor_ns = t->windows[kept].stall_ns + 1;
	t->windows_dropped += t->n - kept;
	t->n = kept;
	t->n_events = n_events;
	qsort(t->windows, t->n, sizeof(*t->windows), earlier_first);
}

/* ---- spans */

static int by_begin(const void *a, const void *b)
{
	const struct trace_span *x = a, *y = b;

	return (x->from_ns > y->from_ns) - (x->from_ns < y->from_ns);
}

/* A span of time of all CPUs, of which nothing was taken yet. */
static int take_span(struct traces *t, const struct trace_span *span)
{
	for (unsigned int slot = 0; slot < t->tables.n_cpus; slot++) {
		uint64_t opened =
			__atomic_load_n(&t->tables.cpus[slot].opened_ns, __ATOMIC_RELAXED);
		struct trace_window w = {
			.slot = slot,
			.from_ns = max(span->from_ns, opened),
			.stall_ns = span->stall_ns,
		};
		int err;

		if (!opened || w.from_ns >= span->to_ns)
			continue;
		window_read(t, &w, span->to_ns);
		err = w.n ? window_add(t, &w) : 0;
		if (err)
			return err;
	}
	make_room(t);
	return 0;
}

/*
 * What was taken before for a shorter stall surrounds a longer one as well. Windows are in the order of
 * their beginning, but for what was added to the front of a long one: that may be missed.
 */
static void raise_windows(struct traces *t, const struct trace_span *span)
{
	for (unsigned int i = t->n; i-- > 0;) {
		struct trace_window *w = &t->windows[i];

		if (w->to_ns + t->before_ns < span->from_ns)
			return;
		if (w->to_ns > span->from_ns && w->from_ns < span->to_ns)
			w->stall_ns = max(w->stall_ns, span->stall_ns);
	}
}

/* Adds a span to those taken, which stay in order and apart. */
static int note_taken(struct traces *t, const struct trace_span *span)
{
	struct trace_span whole = *span;
	unsigned int first = t->n_taken, last = t->n_taken;
	int err;

	while (first && t->taken[first - 1].to_ns >= whole.from_ns)
		first--;
	while (last > first && t->taken[last - 1].from_ns > whole.to_ns)
		last--;
	if (first < last) {
		whole.from_ns = min(whole.from_ns, t->taken[first].from_ns);
		whole.to_ns = max(whole.to_ns, t->taken[last - 1].to_ns);
	}
	err = span_add(&t->taken, &t->n_taken, &t->taken_cap, &whole);
	if (err)
		return err;
	if (first == last)
		last = first; /* one more: those behind it move up */
	memmove(&t->taken[first + 1], &t->taken[last], (t->n_taken - 1 - last) * sizeof(*t->taken));
	t->taken[first] = whole;
	t->n_taken -= last - first;
	return 0;
}

/* The parts of a span that were not taken yet. */
static int take_rest(struct traces *t, const struct trace_span *span)
{
	struct trace_span rest = *span;
	unsigned int at = t->n_taken;
	int err = 0;

	while (at && t->taken[at - 1].to_ns > span->from_ns)
		at--;
	if (at < t->n_taken && t->taken[at].from_ns < span->to_ns)
		raise_windows(t, span);
	for (; at < t->n_taken && rest.from_ns < span->to_ns && !err; at++) {
		rest.to_ns = min(span->to_ns, t->taken[at].from_ns);
		if (rest.to_ns > rest.from_ns)
			err = take_span(t, &rest);
		rest.from_ns = max(rest.from_ns, t->taken[at].to_ns);
	}
	rest.to_ns = span->to_ns;
	if (!err && rest.from_ns < rest.to_ns)
		err = take_span(t, &rest);
	return err ?: note_taken(t, span);
}

int traces_take(struct traces *t, uint64_t now)
{
	unsigned int n = t->n_wanted, later = 0;
	int err = 0;

	if (n)
		qsort(t->wanted, n, sizeof(*t->wanted), by_begin);
	for (unsigned int i = 0; i < n && !err;) {
		struct trace_span span = t->wanted[i++];

		while (i < n && t->wanted[i].from_ns <= span.to_ns) {
			span.to_ns = max(span.to_ns, t->wanted[i].to_ns);
			span.stall_ns = max(span.stall_ns, t->wanted[i].stall_ns);
			i++;
		}
		if (span.from_ns < now) {
			struct trace_span past = span;

			past.to_ns = min(span.to_ns, now);
			err = take_rest(t, &past);
			span.from_ns = past.to_ns;
		}
		/* Places before @i are free: no more were written than were read. */
		if (span.from_ns < span.to_ns)
			t->wanted[later++] = span;
	}
	t->n_wanted = later;
	return err;
}

static int by_cpu_and_time(const void *a, const void *b)
{
	const struct trace_window *x = a, *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return (x->from_ns > y->from_ns) - (x->from_ns < y->from_ns);
}

static int join(struct trace_window *w, struct trace_window *next)
{
	struct lull_event *events =
		reallocarray(w->events, (size_t)w->n + next->n, sizeof(*events));

	if (!events)
		return -ENOMEM;
	memcpy(events + w->n, next->events, next->n * sizeof(*events));
	free(next->events);
	w->events = events;
	w->n += next->n;
	w->to_ns = next->to_ns;
	w->stall_ns = max(w->stall_ns, next->stall_ns);
	*next = (struct trace_window){ .n = 0 };
	return 0;
}

int traces_sort(struct traces *t)
{
	unsigned int kept = 0;
	int err = 0;

	if (t->n)
		qsort(t->windows, t->n, sizeof(*t->windows), by_cpu_and_time);
	for (unsigned int i = 0; i < t->n; i++) {
		struct trace_window *w = &t->windows[i],
				    *last = kept ? &t->windows[kept - 1] : NULL;

		if (!err && last && last->slot == w->slot && last->to_ns == w->from_ns) {
			err = join(last, w);
			if (!err)
				continue;
		}
		t->windows[kept++] = *w;
	}
	t->n = kept;
	return err;
}
