/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html: a recording, or two, as one page that needs nothing else: pictures are drawn in place,
 * nothing is fetched and no script runs. The policy in its head forbids all but its own style
 * sheet, which is named by its hash.
 */
#include "report/html.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/explain.h"
#include "model/recording.h"
#include "report/export.h"

/* "win11 on desk", or what else was watched. */
static void write_subject(struct html *h, const struct recording *rec)
{
	const char *vm = NULL;

	for (unsigned int i = 0; i < rec->n_threads && !vm; i++)
		vm = rec->threads[i].vm;
	if (vm)
		html_text(h, vm);
	else if (rec->n_threads == 1)
		html_text(h, rec->threads[0].comm);
	else if (rec->n_threads)
		html_print(h, "%u threads", rec->n_threads);
	else
		html_print(h, "CPUs %s", "");
	if (!vm && !rec->n_threads)
		html_text(h, rec->watch_cpus);
	if (rec->hostname && *rec->hostname) {
		html_print(h, " on ");
		html_text(h, rec->hostname);
	}
}

static void write_when(struct html *h, const struct recording *rec)
{
	time_t started = (time_t)(rec->started_unix_ns / 1000000000);
	char when[32] = "", time[32];
	struct tm tm;

	if (started && gmtime_r(&started, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC, ", &tm);
	html_print(h, "<p class=\"when\">%s%s</p>\n", when,
		   str_format_ns(rec->duration_ns, time, sizeof(time)));
}

static void write_head(struct html *h)
{
	const struct recording *rec = h->what->sides[0].rec;

	html_print(h,
		   "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		   "style-src '%s'; base-uri 'none'; form-action 'none'\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		   "<meta name=\"color-scheme\" content=\"light dark\">\n"
		   "<meta name=\"referrer\" content=\"no-referrer\">\n<title>lull: ",
		   html_style_hash);
	write_subject(h, rec);
	html_print(h,
		   "</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n<header>\n<p "
		   "class=\"brand\">lull</p>\n<h1><bdi>",
		   html_style);
	write_subject(h, rec);
	html_print(h, "</bdi></h1>\n");
	write_when(h, rec);
	html_verdict(h);
	html_print(h, "</header>\n");
}

static int write_page(struct html *h)
{
	write_head(h);
	html_changes(h);
	html_percentiles(h);
	html_causes(h);
	html_heat(h);
	html_stalls(h);
	html_frames(h);
	html_cpus(h);
	html_settings(h);
	html_losses(h);
	html_data(h);
	html_print(h, "</main>\n</body>\n</html>\n");
	return h->err;
}

int report_html_write(const struct export *what, FILE *out)
{
	struct explain explains[HTML_SIDES_MAX] = { 0 };
	struct html h = { .out = out, .what = what, .explains = explains };
	int err = what->n_sides > HTML_SIDES_MAX ? -EINVAL : 0;

	for (unsigned int side = 0; side < what->n_sides && !err; side++)
		err = explain_recording(what->sides[side].rec, &explains[side]);
	err = err ?: write_page(&h);
	for (unsigned int side = 0; side < HTML_SIDES_MAX; side++)
		explain_done(&explains[side]);
	return export_end(out, err);
}
