/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_head: what was watched, where, for how long; and first of all whether anything was lost,
 * since no figure below means much then.
 */
#include <inttypes.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"
#include "model/recording.h"
#include "report/report.h"
#include "report/text.h"

static int reason(const struct text *text, uint64_t count, const char *words)
{
	auto_str struct str line = { .s = NULL };
	char number[32];
	int err = str_addf(&line, "%s %s", text_count(count, number, sizeof(number)), words);

	if (!err)
		text_paragraph(text, 2, 4, line.s);
	return err;
}

static int losses_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	bool has_reason = rec->dropped || rec->recursion_misses || rec->n_anomalies;
	int err = 0;

	(void)fprintf(text->out, "%sINCOMPLETE: what is missing may be the worst%s\n",
		      text->style->color ? "\033[1;31m" : "", text->style->color ? "\033[0m" : "");
	for (unsigned int i = 0; i < rec->n_incomplete; i++)
		text_paragraph(text, 2, 4, rec->incomplete[i].name);
	if (rec->dropped)
		err = reason(text, rec->dropped,
			     "stalls did not fit the ring buffer: counted, but not kept");
	if (!err && rec->recursion_misses)
		err = reason(text, rec->recursion_misses,
			     "events came while the program for them was still running");
	for (unsigned int i = 0; i < rec->n_anomalies && !err; i++)
		err = reason(text, rec->anomalies[i].count, rec->anomalies[i].name);
	if (!has_reason && !rec->n_incomplete)
		text_paragraph(text, 2, 4, "the recording does not say why");
	(void)fputc('\n', text->out);
	return err;
}

/* Is thread number @index the first one of its VM? */
static bool is_first_of_vm(const struct recording *rec, unsigned int index)
{
	for (unsigned int i = 0; i < index; i++) {
		if (rec->threads[i].vm && streq(rec->threads[i].vm, rec->threads[index].vm))
			return false;
	}
	return true;
}

static int add_vm(const struct recording *rec, const char *vm, struct str *to)
{
	unsigned int n = 0, n_others = 0;
	int err;

	for (unsigned int i = 0; i < rec->n_threads; i++) {
		const struct rec_thread *thread = &rec->threads[i];

		if (!thread->vm || !streq(thread->vm, vm))
			continue;
		n += thread->vcpu >= 0;
		n_others += thread->vcpu < 0;
	}
	err = str_addf(to, "%s%s: %u %s", to->len ? "; " : "", vm, n, n == 1 ? "vCPU" : "vCPUs");
	if (!err && n_others)
		err = str_addf(to, " and %u other threads", n_others);
	return err;
}

/* "win11: 8 vCPUs on CPUs 2-7,10-15, 10.0 s" */
static int target_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	auto_str struct str line = { .s = NULL };
	unsigned int n_bare = 0;
	char duration[32];
	int err = 0;

	for (unsigned int i = 0; i < rec->n_threads && !err; i++) {
		if (!rec->threads[i].vm)
			n_bare++;
		else if (is_first_of_vm(rec, i))
			err = add_vm(rec, rec->threads[i].vm, &line);
	}
	if (!err && n_bare == 1 && rec->n_threads == 1)
		err = text_add_victim(text, &rec->threads[0], &line);
	else if (!err && n_bare)
		err = str_addf(&line, "%s%u %s", line.len ? "; " : "", n_bare,
			       n_bare == 1 ? "thread" : "threads");
	if (!err && rec->watch_cpus && *rec->watch_cpus)
		err = str_addf(&line, "%s%s %s", line.len ? " on " : "",
			       strpbrk(rec->watch_cpus, ",-") ? "CPUs" : "CPU", rec->watch_cpus);
	err = err
		      ?: str_addf(&line, "%s%s", line.len ? ", " : "",
				  str_format_ns(rec->duration_ns, duration, sizeof(duration)));
	if (err)
		return err;
	(void)fputs(text->style->color ? "\033[1m" : "", text->out);
	text_paragraph(text, 0, 2, line.s);
	(void)fputs(text->style->color ? "\033[0m" : "", text->out);
	return 0;
}

static int circumstances_write(const struct text *text)
{
	const struct recording *rec = text->rec;
	auto_str struct str line = { .s = NULL };
	time_t started = (time_t)(rec->started_unix_ns / 1000000000);
	char when[40] = "", threshold[32];
	struct tm tm;
	int err;

	if (started && gmtime_r(&started, &tm))
		(void)strftime(when, sizeof(when), ", %Y-%m-%d %H:%M:%S UTC", &tm);
	err = str_addf(&line, "host %s, Linux %s%s", rec->hostname ?: "?", rec->kernel ?: "?",
		       when);
	if (!err && rec->stall_threshold_ns)
		err = str_addf(
			&line, "; a stall is over %s",
			text_ns_short(rec->stall_threshold_ns, threshold, sizeof(threshold)));
	if (!err && rec->ended_by && *rec->ended_by && !streq(rec->ended_by, "duration"))
		err = str_addf(&line, "; ended by: %s", rec->ended_by);
	err = err ?: str_add(&line, text->is_whole ? "; complete, nothing lost" : "; INCOMPLETE");
	if (!err)
		text_paragraph(text, 0, 2, line.s);
	return err;
}

int text_head_write(const struct text *text)
{
	int err = text->is_whole ? 0 : losses_write(text);

	err = err ?: target_write(text);
	return err ?: circumstances_write(text);
}
