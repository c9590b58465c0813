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

static const struct rec_thread *thread_of(const struct recording *rec, pid_t tid)
{
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		if (rec->threads[i].tid == tid)
			return &rec->threads[i];
	}
	return NULL;
}

/* "demo-noise[812] 2.99 ms": the row is said where the name alone would not tell it. */
static int add_segment(const struct rec_segment *segment, bool is_first, struct str *to)
{
	bool has_name = segment->name && *segment->name;
	bool name_tells =
		has_name && (streq(segment->row, "preempted") || streq(segment->row, "vector"));
	char ns[32], *blank;

	(void)str_format_ns(segment->ns, ns, sizeof(ns));
	blank = strchr(ns, ' ');
	if (blank)
		*blank = *TEXT_GLUE;
	return str_addf(to, "%s%s%s%s" TEXT_GLUE "%s", is_first ? "" : " +" TEXT_GLUE,
			name_tells ? "" : segment->row, has_name && !name_tells ? TEXT_GLUE : "",
			has_name ? segment->name : "", ns);
}

static int add_stack(const struct rec_stall *stall, struct str *to)
{
	int err = str_add(to, "in ");

	for (unsigned int i = 0; i < stall->n_stack && !err; i++)
		err = str_addf(to, "%s%s", i ? " <" TEXT_GLUE : "", stall->stack[i]);
	return err;
}

static int victim_name(const struct text *text, const struct rec_stall *stall, struct str *to)
{
	const struct rec_thread *thread = thread_of(text->rec, stall->tid);

	return thread ? text_add_victim(text, thread, to) : str_addf(to, "tid %d", stall->tid);
}

static int stall_write(const struct text *text, const struct rec_stall *stall,
		       unsigned int name_width)
{
	auto_str struct str name = { .s = NULL };
	auto_str struct str head = { .s = NULL };
	auto_str struct str waker = { .s = NULL };
	auto_str struct str stack = { .s = NULL };
	unsigned int hang = 2 + 9 + 2 + name_width + 2 + 3 + 2 + 8 + 2;
	char duration[32];
	int err = victim_name(text, stall, &name);

	err = err
		      ?: str_addf(&head, "%9.3f  %s%*s  %3d  %8s  ", (double)stall->at_ns / 1e9,
				  name.s, (int)(name_width - width_of(name.s)), "", stall->cpu,
				  str_format_ns(stall->duration_ns, duration, sizeof(duration)));
	for (unsigned int i = 0; i < stall->n_segments && !err; i++)
		err = add_segment(&stall->segments[i], i == 0, &head);
	if (!err && stall->segments_dropped)
		err = str_addf(&head, ", which holds %u more", stall->segments_dropped);
	if (!err && stall->waker && *stall->waker)
		err = str_addf(&waker, "woken by %s", stall->waker);
	if (!err && stall->n_stack)
		err = add_stack(stall, &stack);
	if (err)
		return err;
	text_paragraph(text, 2, hang, head.s);
	if (waker.s)
		text_paragraph(text, hang, hang + 2, waker.s);
	if (stack.s)
		text_paragraph(text, hang, hang + 2, stack.s);
	return 0;
}

/* "no stall over 100 us in 10.0 s", but never where something was lost. */
static int none_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	auto_str struct str line = { .s = NULL };
	char threshold[32], duration[32];
	int err;

	if (!rec->stall_threshold_ns || !rec->n_threads)
		return 0;
	err = str_addf(&line, "no stall over %s %s %s%s",
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
	unsigned int name_width = 6; /* "victim" */
	char threshold[32];
	int err = 0;

	if (!rec->stalls_total && !rec->n_stalls)
		return none_write(text);
	for (unsigned int i = 0; i < n && !err; i++) {
		auto_str struct str name = { .s = NULL };

		err = victim_name(text, &rec->stalls[i], &name);
		if (!err)
			name_width = max(name_width, width_of(name.s));
	}
	if (err)
		return err;
	err = text_title(text, "Worst stalls, over %s",
			 text_ns_short(rec->stall_threshold_ns, threshold, sizeof(threshold)));
	if (n)
		(void)fprintf(text->out, "  %s%9s  %-*s  %3s  %8s  %s%s\n",
			      text->style->color ? "\033[2m" : "", "at, s", (int)name_width,
			      "victim", "cpu", "lasted", "what happened, in order",
			      text->style->color ? "\033[0m" : "");
	for (unsigned int i = 0; i < n && !err; i++)
		err = stall_write(text, &rec->stalls[i], name_width);
	return err ?: totals_write(text);
}
