/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_flight: a strip of what had the CPU before a stall and in it, no more of it than of what was
 * before, in the order in which it had it; and what had most of it before. However many events there are, the strip has so many columns:
 * each shows what had most of its time.
 */
#include "report/html_flight.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/rec_trace.h"
#include "model/recording.h"
#include "model/rows.h"
#include "report/export.h"
#include "report/html.h"

#define COLUMNS	    160U
#define WIDTH	    1000.0
#define WORDS_SHOWN 4
#define KINDS_MAX   32

/* A part of time of a CPU, and its events: all of one window. */
struct flight {
	const struct rec_trace *trace;
	const struct rec_trace_event *events;
	unsigned int n;
	uint64_t from_ns, to_ns;
};

/* False: what there is of it does not reach into the stall. */
static bool flight_find(const struct recording *rec, const struct rec_stall *stall,
			struct flight *ret)
{
	const struct rec_trace *trace = rec->trace;
	uint64_t from = trace ? stall->at_ns - min(stall->at_ns, trace->before_ns) : 0;
	uint64_t ns = trace ? min(stall->duration_ns + trace->after_ns, trace->before_ns) : 0;
	uint64_t to = stall->at_ns + ns;
	struct flight f = { .trace = trace };

	f.events = trace ? rec_trace_find(trace, stall->cpu, from, &f.n) : NULL;
	if (!f.events)
		return false;
	while (f.n && f.events[f.n - 1].at_ns >= to)
		f.n--;
	f.from_ns = max(from, f.events->at_ns);
	if (f.n)
		f.to_ns = min(to, f.events[f.n - 1].at_ns + f.events[f.n - 1].ns);
	*ret = f;
	return f.to_ns > max(f.from_ns, stall->at_ns);
}

static const char *class_of(const struct flight *f, const struct rec_trace_event *event)
{
	const char *kind = f->trace->causes[event->cause].kind;

	return html_kind_class(rows_source(kind) || streq(kind, "lost") ? kind : "victim");
}

/* The class that has most of the time from @from on; @at moves to its first event. */
static const char *column_class(const struct flight *f, uint64_t from, uint64_t to,
				unsigned int *at)
{
	const char *classes[KINDS_MAX], *most = NULL;
	uint64_t ns[KINDS_MAX], most_ns = 0;
	unsigned int n = 0;

	while (*at < f->n && f->events[*at].at_ns + f->events[*at].ns <= from)
		(*at)++;
	for (unsigned int i = *at; i < f->n && f->events[i].at_ns < to; i++) {
		const struct rec_trace_event *e = &f->events[i];
		uint64_t begin = max(e->at_ns, from), end = min(e->at_ns + e->ns, to);
		const char *class = class_of(f, e);
		unsigned int k = 0;

		while (k < n && !streq(classes[k], class))
			k++;
		if (k == KINDS_MAX || end <= begin)
			continue;
		if (k == n) {
			classes[n] = class;
			ns[n++] = 0;
		}
		ns[k] += end - begin;
		if (ns[k] > most_ns) {
			most_ns = ns[k];
			most = class;
		}
	}
	return most;
}

static void write_rect(struct html *h, const char *class, double x, double width)
{
	html_print(h, "<rect class=\"%s\" x=\"%.2f\" width=\"%.2f\" height=\"8\"/>", class, x,
		   width);
}

static void write_columns(struct html *h, const struct flight *f)
{
	double step = (double)(f->to_ns - f->from_ns) / COLUMNS, unit = WIDTH / COLUMNS;
	const char *open = NULL;
	unsigned int begin = 0, at = 0;

	for (unsigned int i = 0; i <= COLUMNS; i++) {
		uint64_t from = f->from_ns + (uint64_t)(step * i);
		uint64_t to = f->from_ns + (uint64_t)(step * (i + 1));
		const char *class =
			i < COLUMNS ? column_class(f, from, max(to, from + 1), &at) : NULL;

		if (i < COLUMNS && class && open && streq(class, open))
			continue;
		if (open)
			write_rect(h, open, begin * unit, (i - begin) * unit);
		open = class;
		begin = i;
	}
}

static void write_strip(struct html *h, const struct flight *f, const struct rec_stall *stall)
{
	double scale = WIDTH / (double)(f->to_ns - f->from_ns);
	uint64_t at = max(stall->at_ns, f->from_ns);
	uint64_t end = min(stall->at_ns + stall->duration_ns, f->to_ns);

	html_print(h, "<svg class=\"strip\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
		      "aria-hidden=\"true\">");
	write_columns(h, f);
	if (end > at)
		html_print(h,
			   "<rect class=\"hit\" x=\"%.2f\" y=\"8\" width=\"%.2f\" height=\"2\"/>",
			   (double)(at - f->from_ns) * scale, (double)(end - at) * scale);
	html_print(h, "</svg>\n");
}

/* What each cause had before the stall: @ns has a place for each. */
static void sum_before(const struct flight *f, uint64_t until, uint64_t *ns)
{
	for (unsigned int i = 0; i < f->n && f->events[i].at_ns < until; i++) {
		const struct rec_trace_event *e = &f->events[i];

		ns[e->cause] += min(e->at_ns + e->ns, until) - max(e->at_ns, f->from_ns);
	}
}

static void write_words(struct html *h, const struct recording *rec, const struct flight *f,
			uint64_t until)
{
	auto_free uint64_t *ns = calloc(f->trace->n_causes, sizeof(*ns));
	char time[32];

	if (!ns) {
		html_fail(h, -ENOMEM);
		return;
	}
	sum_before(f, until, ns);
	html_print(h, "<ul class=\"chain\">");
	for (unsigned int round = 0; round < WORDS_SHOWN; round++) {
		auto_str struct str words = { .s = NULL };
		unsigned int most = 0;

		for (unsigned int i = 1; i < f->trace->n_causes; i++)
			most = ns[i] > ns[most] ? i : most;
		if (!ns[most])
			break;
		html_fail(h, export_add_trace_cause(rec, &f->trace->causes[most], &words));
		html_print(h, "<li><i class=\"key %s\"></i><bdi>",
			   class_of(f, &(struct rec_trace_event){ .cause = most }));
		html_str(h, &words);
		html_print(h, "</bdi> <b>%s</b></li>", str_format_ns(ns[most], time, sizeof(time)));
		ns[most] = 0;
	}
	html_print(h, "</ul>\n");
}

void html_flight(struct html *h, const struct recording *rec, const struct rec_stall *stall)
{
	uint64_t end = stall->at_ns + stall->duration_ns;
	char before[32], after[32];
	struct flight f;

	if (!flight_find(rec, stall, &f))
		return;
	(void)str_format_ns(stall->at_ns - min(stall->at_ns, f.from_ns), before, sizeof(before));
	(void)str_format_ns(f.to_ns - (f.to_ns < end ? stall->at_ns : end), after, sizeof(after));
	html_print(h,
		   "<details class=\"flight\"><summary>what led up to it: CPU %d, from %s before "
		   "to %s %s it</summary>\n",
		   stall->cpu, before, after, f.to_ns < end ? "into" : "after");
	write_strip(h, &f, stall);
	html_print(h, "<p class=\"about\">the stall is underlined; before it:</p>\n");
	write_words(h, rec, &f, stall->at_ns);
	html_print(h, "</details>\n");
}
