/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_stalls: the histograms of what the victims felt, and the worst stalls with the chain of
 * what made them.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"
#include "report/chart.h"
#include "report/report.h"
#include "report/text.h"
#include "report/width.h"

#define GLUED_MAX 40 /* bytes of a segment that stay in one line */

/* Which of a thread's histograms. */
typedef const struct hist *hist_of(const struct rec_thread *thread);

static const struct hist *gap_of(const struct rec_thread *thread)
{
	return &thread->gap;
}

static const struct hist *preempted_of(const struct rec_thread *thread)
{
	return &thread->preempted;
}

static const struct hist *wake_of(const struct rec_thread *thread)
{
	return &thread->wake;
}

static int merged_write(const struct text *text, hist_of *which, const char *what)
{
	__attribute__((cleanup(hist_done))) struct hist all = { .digits = 0 };
	unsigned int n = 0;
	char count[32];
	int err = 0;

	for (unsigned int i = 0; i < text->rec->n_threads; i++) {
		const struct hist *hist = which(&text->rec->threads[i]);

		if (!hist->count)
			continue;
		if (!all.digits)
			err = hist_init(&all, hist->digits);
		err = err ?: hist_merge(&all, hist);
		if (err)
			return err;
		n++;
	}
	if (!n)
		return 0;
	err = text_title(text, "%s: %s samples of %u %s", what,
			 text_count(all.count, count, sizeof(count)), n,
			 n == 1 ? "victim" : "victims");
	return err ?: chart_hist_write(&all, text->style, text->out);
}

int text_hists_write(const struct text *text)
{
	int err = merged_write(text, gap_of, "Gaps, from losing the CPU or the guest to going on");

	err = err ?: merged_write(text, preempted_of, "Preempted, how long each time");
	return err ?: merged_write(text, wake_of, "Wake-up, from being woken to running");
}

int text_add_stalled(const struct text *text, const struct rec_stall *stall, struct str *to)
{
	const struct rec_thread *thread = text_thread_of(text->rec, stall->tid);

	return thread ? text_add_victim(text, thread, to) : str_addf(to, "tid %d", stall->tid);
}

/* The row is said where the name alone would not tell it; that it was a wake-up, the waker says. */
int text_add_segment_name(const struct rec_segment *segment, struct str *to)
{
	static const char *const clear[] = { "wake", "preempted", "vector" };
	bool has_name = segment->name && *segment->name;
	bool name_tells = false;

	for (unsigned int i = 0; i < ARRAY_SIZE(clear) && has_name; i++)
		name_tells = name_tells || streq(segment->row, clear[i]);
	return str_addf(to, "%s%s%s", name_tells ? "" : segment->row,
			has_name && !name_tells ? " " : "", has_name ? segment->name : "");
}

bool text_is_same_segment(const struct rec_segment *a, const struct rec_segment *b)
{
	auto_str struct str x = { .s = NULL };
	auto_str struct str y = { .s = NULL };

	return !text_add_segment_name(a, &x) && !text_add_segment_name(b, &y) && streq(x.s, y.s);
}

/* "demo-noise 812 2.99 ms": neighbours of one name are one. Moves *i to the last of them. */
static int add_segment(const struct rec_stall *stall, unsigned int *i, struct str *to)
{
	const struct rec_segment *segment = &stall->segments[*i];
	uint64_t ns = segment->ns;
	size_t begin;
	char time[32];
	int err = *i ? str_add(to, " +" TEXT_GLUE) : 0;

	for (;
	     *i + 1 < stall->n_segments && text_is_same_segment(segment, &stall->segments[*i + 1]);
	     ++*i)
		ns += stall->segments[*i + 1].ns;
	begin = to->len;
	err = err ?: text_add_segment_name(segment, to);
	err = err ?: str_addf(to, " %s", str_format_ns(ns, time, sizeof(time)));
	/* A line breaks between segments, and within long ones only. */
	for (size_t at = begin; !err && to->len - begin <= GLUED_MAX && at < to->len; at++) {
		if (to->s[at] == ' ')
			to->s[at] = *TEXT_GLUE;
	}
	return err;
}

int text_add_chain(const struct rec_stall *stall, struct str *to)
{
	int err = 0;

	for (unsigned int i = 0; i < stall->n_segments && !err; i++)
		err = add_segment(stall, &i, to);
	if (!err && stall->segments_dropped)
		err = str_addf(to, ", which holds %u more", stall->segments_dropped);
	return err;
}

static int add_stack(const struct rec_stall *stall, struct str *to)
{
	int err = str_add(to, "in ");

	for (unsigned int i = 0; i < stall->n_stack && !err; i++)
		err = str_addf(to, "%s%s", i ? " <" TEXT_GLUE : "", stall->stack[i]);
	return err;
}

/* Of the worst stalls: how wide their columns are. */
struct stall_widths {
	int at, victim, cpu;
};

/* "  1.563 s  vcpu 1  cpu 1  3.86 ms  woken by local timer" */
static int add_head(const struct text *text, const struct rec_stall *stall,
		    const struct stall_widths *widths, struct str *to)
{
	auto_str struct str name = { .s = NULL };
	char duration[32];
	int err = text_add_stalled(text, stall, &name);

	err = err
		      ?: str_addf(to, "%*.3f s  %s%*s  cpu %-*d  %8s", widths->at,
				  (double)stall->at_ns / 1e9, name.s,
				  widths->victim - (int)width_of(name.s), "", widths->cpu,
				  stall->cpu,
				  str_format_ns(stall->duration_ns, duration, sizeof(duration)));
	if (!err && stall->waker && *stall->waker)
		err = str_addf(to, "  woken by %s", stall->waker);
	return err;
}

static int stall_write(const struct text *text, const struct rec_stall *stall,
		       const struct stall_widths *widths)
{
	auto_str struct str head = { .s = NULL };
	auto_str struct str chain = { .s = NULL };
	auto_str struct str stack = { .s = NULL };
	int err = add_head(text, stall, widths, &head);

	err = err ?: text_add_chain(stall, &chain);
	if (!err && stall->n_stack)
		err = add_stack(stall, &stack);
	if (err)
		return err;
	text_paragraph(text, 2, 6, head.s);
	if (chain.s)
		text_paragraph(text, 6, 8, chain.s);
	if (stack.s)
		text_paragraph(text, 6, 8, stack.s);
	return 0;
}

static int measure_stalls(const struct text *text, unsigned int n, struct stall_widths *ret)
{
	struct stall_widths widths = { .at = 0 };

	for (unsigned int i = 0; i < n; i++) {
		const struct rec_stall *stall = &text->rec->stalls[i];
		auto_str struct str name = { .s = NULL };
		int err = text_add_stalled(text, stall, &name);

		if (err)
			return err;
		widths.at = max(widths.at, snprintf(NULL, 0, "%.3f", (double)stall->at_ns / 1e9));
		widths.victim = max(widths.victim, (int)width_of(name.s));
		widths.cpu = max(widths.cpu, snprintf(NULL, 0, "%d", stall->cpu));
	}
	*ret = widths;
	return 0;
}

/* "no stall over 100 us in 10.0 s", but never where something was lost. */
static int none_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	const struct rec_thread *open;
	auto_str struct str line = { .s = NULL };
	char threshold[32], duration[32];
	int err;

	if (!rec->stall_threshold_ns || !rec->n_threads)
		return 0;
	open = text_longest_open(rec, rec->stall_threshold_ns);
	err = str_addf(&line, "no %sstall over %s %s %s%s", open ? "whole " : "",
		       text_ns_short(rec->stall_threshold_ns, threshold, sizeof(threshold)),
		       text->is_whole ? "in" : "was seen in",
		       str_format_ns(rec->duration_ns, duration, sizeof(duration)),
		       text->is_whole ? "" : ", but the recording is INCOMPLETE");
	if (err)
		return err;
	(void)fputc('\n', text->out);
	text_paragraph(text, 0, 2, line.s);
	return 0;
}

static int totals_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	auto_str struct str line = { .s = NULL };
	char total[32], time[32], rate[32], kept[32];
	int err;

	err = str_addf(&line, "%s %s in all (%s/s), %s together",
		       text_count(rec->stalls_total, total, sizeof(total)),
		       rec->stalls_total == 1 ? "stall" : "stalls",
		       text_rate(rec->stalls_total, rec->duration_ns, rate, sizeof(rate)),
		       str_format_ns(rec->stalls_total_ns, time, sizeof(time)));
	if (!err && !rec->n_stalls)
		err = str_add(&line, "; none of them is in the recording");
	else if (!err && rec->n_stalls < rec->stalls_total)
		err = str_addf(&line, "; the longest %s are in the recording",
			       text_count(rec->n_stalls, kept, sizeof(kept)));
	if (!err)
		text_paragraph(text, 2, 4, line.s);
	return err;
}

int text_stalls_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	unsigned int n = min(rec->n_stalls, text->style->stalls_shown);
	struct stall_widths widths;
	char threshold[32];
	int err;

	if (!rec->stalls_total && !rec->n_stalls)
		return none_write(text);
	err = measure_stalls(text, n, &widths);
	err = err
		      ?: text_title(text, "Worst stalls, over %s",
				    text_ns_short(rec->stall_threshold_ns, threshold,
						  sizeof(threshold)));
	for (unsigned int i = 0; i < n && !err; i++)
		err = stall_write(text, &rec->stalls[i], &widths);
	return err ?: totals_write(text);
}
