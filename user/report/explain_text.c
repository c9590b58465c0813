/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_text: the verdict first, then each cause as a block: what, how much, whom it hit, what
 * to do, and how sure that is. At 80 columns or more; colour only adds.
 */
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/explain.h"
#include "model/recording.h"
#include "report/explain.h"
#include "report/report.h"
#include "report/text.h"
#include "report/width.h"

#define LABELS_SHOWN 4
#define PARTS_SHOWN  4
#define INDENT	     4
#define HANG	     10 /* behind "who   " */

static const char *bold(const struct text *text)
{
	return text->style->color ? "\033[1m" : "";
}

static const char *plain(const struct text *text)
{
	return text->style->color ? "\033[0m" : "";
}

/* "19:04:11.200" UTC, where the recording says when it began. */
static int add_moment(const struct recording *rec, uint64_t at_ns, struct str *to)
{
	uint64_t unix_ns = rec->started_unix_ns + at_ns;
	time_t seconds = (time_t)(unix_ns / 1000000000);
	char when[32];
	struct tm tm;

	if (!rec->started_unix_ns || unix_ns < at_ns || !gmtime_r(&seconds, &tm) ||
	    !strftime(when, sizeof(when), "%H:%M:%S", &tm))
		return str_addf(to, "%.3f s", (double)at_ns / 1e9);
	return str_addf(to, "%s.%03u UTC (%.3f s)", when, (unsigned int)(unix_ns / 1000000 % 1000),
			(double)at_ns / 1e9);
}

/* A line of a block: its word, then what is wrapped beside it. */
static void line_write(const struct text *text, const char *word, const struct str *line)
{
	auto_str struct str whole = { .s = NULL };

	if (line->s && !str_addf(&whole, "%-6s%s", word, line->s))
		text_paragraph(text, INDENT, HANG, whole.s);
}

/* "14.8 %, 295 ms, 100 times (50/s), at most 2.96 ms; measured" */
static int cost_write(const struct text *text, const struct explain_cause *cause)
{
	auto_str struct str line = { .s = NULL };
	char share[32], time[32], count[32], rate[32];
	int err;

	if (!cause->ns)
		return 0;
	err = str_addf(&line, "%s %%, %s",
		       text_share(cause->ns, cause->of_ns, share, sizeof(share)),
		       str_format_ns(cause->ns, time, sizeof(time)));
	if (!err && cause->count)
		err = str_addf(&line, ", %s %s (%s/s)",
			       text_count(cause->count, count, sizeof(count)),
			       cause->count == 1 ? "time" : "times",
			       text_rate(cause->count, text->rec->duration_ns, rate, sizeof(rate)));
	if (!err && cause->max_ns)
		err = str_addf(&line, ", at most %s",
			       str_format_ns(cause->max_ns, time, sizeof(time)));
	err = err ?: str_add(&line, "; measured");
	line_write(text, "cost", &line);
	return err;
}

/* " 1  softirq: NET_RX" */
static int head_write(const struct text *text, const struct explain_cause *cause, unsigned int rank)
{
	auto_str struct str line = { .s = NULL };
	int err;

	if (rank)
		err = str_addf(&line, "%2u  ", rank);
	else
		err = str_add(&line, "    ");
	err = err ?: str_addf(&line, "%s: %s", cause->kind, cause->name);
	if (err)
		return err;
	(void)fputs(bold(text), text->out);
	text_paragraph(text, 0, INDENT, line.s);
	(void)fputs(plain(text), text->out);
	str_done(&line);
	return cost_write(text, cause);
}

static int add_owner(const struct text *text, const struct explain *explain, unsigned int owner,
		     struct str *to)
{
	const struct recording *rec = text->rec;

	if (explain->of_cpus)
		return owner < rec->n_cpus ? str_addf(to, "cpu %d", rec->cpus[owner].cpu) : 0;
	return owner < rec->n_threads ? text_add_victim(text, &rec->threads[owner], to) : 0;
}

/* "vcpu 3 1.52 s, vcpu 1 23.0 ms and 4 more" */
static int who_write(const struct text *text, const struct explain *explain,
		     const struct explain_cause *cause)
{
	auto_str struct str line = { .s = NULL };
	char time[32];
	int err = 0;

	if ((explain->of_cpus ? text->rec->n_cpus : text->rec->n_threads) == 1)
		return 0;
	for (unsigned int i = 0; i < cause->n_parts && i < PARTS_SHOWN && !err; i++) {
		err = str_add(&line, i ? ", " : "");
		err = err ?: add_owner(text, explain, cause->parts[i].owner, &line);
		if (!err && cause->n_parts > 1 && cause->parts[i].ns)
			err = str_addf(&line, " %s",
				       str_format_ns(cause->parts[i].ns, time, sizeof(time)));
	}
	if (!err && cause->n_parts > PARTS_SHOWN)
		err = str_addf(&line, " and %u more", cause->n_parts - PARTS_SHOWN);
	line_write(text, explain->of_cpus ? "where" : "whom", &line);
	return err;
}

static int labels_write(const struct text *text, const struct explain_cause *cause)
{
	auto_str struct str line = { .s = NULL };
	char time[32], count[32];
	int err = 0;

	for (unsigned int i = 0; i < cause->n_labels && i < LABELS_SHOWN && !err; i++) {
		const struct explain_label *label = &cause->labels[i];

		err = str_addf(&line, "%s%s, %s %s", i ? "; " : "", label->name,
			       text_count(label->count, count, sizeof(count)),
			       label->count == 1 ? "time" : "times");
		if (!err && label->sum_ns)
			err = str_addf(&line, " %s",
				       str_format_ns(label->sum_ns, time, sizeof(time)));
	}
	line_write(text, "in it", &line);
	return err;
}

static int worst_write(const struct text *text, const struct explain_cause *cause)
{
	const struct rec_stall *stall = cause->worst;
	auto_str struct str line = { .s = NULL };
	char time[32], whole[32];
	int err;

	/* Where it had little of a stall, that is another cause's. */
	if (!stall || cause->worst_ns < stall->duration_ns / 2)
		return 0;
	err = str_addf(&line, "%s of a stall of %s at ",
		       str_format_ns(cause->worst_ns, time, sizeof(time)),
		       str_format_ns(stall->duration_ns, whole, sizeof(whole)));
	err = err ?: add_moment(text->rec, stall->at_ns, &line);
	err = err ?: str_add(&line, ", ");
	err = err ?: text_add_stalled(text, stall, &line);
	err = err ?: str_addf(&line, " on CPU %d", stall->cpu);
	if (!err && stall->n_segments > 1) {
		err = str_add(&line, ": ");
		err = err ?: text_add_chain(stall, &line);
	}
	line_write(text, "worst", &line);
	return err;
}

static int cause_write(const struct text *text, const struct explain *explain,
		       const struct explain_cause *cause, unsigned int rank)
{
	auto_str struct str what = { .s = NULL };
	auto_str struct str remedy = { .s = NULL };
	auto_str struct str sure = { .s = NULL };
	int err;

	(void)fputc('\n', text->out);
	err = head_write(text, cause, rank);
	err = err ?: str_add(&what, cause->rule->what);
	line_write(text, "what", &what);
	err = err ?: labels_write(text, cause);
	err = err ?: who_write(text, explain, cause);
	err = err ?: worst_write(text, cause);
	err = err ?: explain_add_remedy(explain, cause, &remedy);
	line_write(text, "fix", &remedy);
	err = err ?: explain_add_doubt(explain, cause, &sure);
	line_write(text, "sure", &sure);
	return err;
}

static int smaller_write(const struct text *text, const struct explain *explain, unsigned int n)
{
	auto_str struct str line = { .s = NULL };
	uint64_t ns = 0;
	char time[32];
	int err;

	for (unsigned int i = n; i < explain->n_causes; i++)
		ns += explain->causes[i].ns;
	if (n == explain->n_causes)
		return 0;
	err = str_addf(&line, "and %u smaller ones, %s together: -n %u shows them",
		       explain->n_causes - n, str_format_ns(ns, time, sizeof(time)),
		       explain->n_causes);
	(void)fputc('\n', text->out);
	if (!err)
		text_paragraph(text, INDENT, INDENT, line.s);
	return err;
}

static int limits_write(const struct text *text, const struct explain *explain)
{
	int err = text_title(text, "Not seen, so not judged");

	for (unsigned int i = 0; !err; i++) {
		auto_str struct str line = { .s = NULL };

		err = explain_add_limit(explain, i, &line);
		if (!err)
			text_paragraph(text, 2, 4, line.s);
	}
	if (err == -ENOENT)
		err = 0;
	for (unsigned int i = 0; i < text->rec->n_notes && !err; i++) {
		auto_str struct str line = { .s = NULL };

		err = str_addf(&line, "note: %s", text->rec->notes[i]);
		if (!err)
			text_paragraph(text, 2, 4, line.s);
	}
	return err;
}

static int verdict_write(const struct text *text, const struct explain *explain)
{
	auto_str struct str line = { .s = NULL };
	int err;

	/* Why it is not whole is said above. */
	if (explain->is_whole)
		err = explain_add_verdict(explain, &line);
	else
		err = str_add(&line, "As far as was recorded: ")
			      ?: explain_add_judgement(explain, &line);
	if (err)
		return err;
	(void)fprintf(text->out, "\n%s", bold(text));
	text_paragraph(text, 0, 0, line.s);
	(void)fputs(plain(text), text->out);
	return 0;
}

int report_explain_write(const struct explain *explain, const struct report_style *style, FILE *out)
{
	const struct text text = {
		.rec = explain->rec,
		.style = style,
		.out = out,
		.one_vm = text_is_one_vm(explain->rec),
		.is_whole = explain->is_whole,
	};
	unsigned int n = min(explain->n_causes, style->top);
	int err = text_head_write(&text);

	err = err ?: verdict_write(&text, explain);
	for (unsigned int i = 0; i < n && !err; i++)
		err = cause_write(&text, explain, &explain->causes[i], i + 1);
	err = err ?: smaller_write(&text, explain, n);
	if (!err && explain->n_hints)
		err = text_title(&text, "Besides, not taken by the host's own work");
	for (unsigned int i = 0; i < explain->n_hints && !err; i++)
		err = cause_write(&text, explain, &explain->hints[i], 0);
	err = err ?: limits_write(&text, explain);
	errno = 0;
	if (!err && (fflush(out) || ferror(out)))
		return errno ? -errno : -EIO;
	return err;
}
