/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_facts: under which circumstances it was measured, what was lost, what measuring cost, and
 * the numbers behind the pictures as JSON.
 */
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/explain.h"
#include "model/recording.h"
#include "report/explain.h"
#include "report/export.h"
#include "report/html.h"
#include "report/text.h"

#define PROGRAMS_SHOWN 8
#define LIMITS_MAX     16
#define CAUSES_MAX     50
#define STALLS_MAX     24 /* of all sides */

static void write_fact(struct html *h, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	html_print(h, "<dt>%s</dt><dd><bdi>", name);
	html_text(h, text);
	html_print(h, "</bdi></dd>\n");
}

static void write_sentences(struct html *h, char *const *texts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		html_print(h, "<li>");
		html_text(h, texts[i]);
		html_print(h, "</li>\n");
	}
}

static void write_side_title(struct html *h, unsigned int side)
{
	if (h->what->n_sides < 2)
		return;
	html_print(h, "<h3><i class=\"key %s\"></i>", html_side_class(side));
	html_text(h, html_side_name(h, side));
	html_print(h, "</h3>\n");
}

static void write_settings(struct html *h, const struct recording *rec)
{
	time_t started = (time_t)(rec->started_unix_ns / 1000000000);
	char when[48] = "", text[32];
	struct tm tm;

	if (started && gmtime_r(&started, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	html_print(h, "<dl class=\"facts\">\n");
	write_fact(h, "host", rec->hostname);
	write_fact(h, "kernel", rec->kernel);
	write_fact(h, "kernel command line", rec->cmdline);
	write_fact(h, "CPUs online", rec->cpus_online);
	write_fact(h, "CPUs watched", rec->watch_cpus);
	write_fact(h, "measured", when);
	write_fact(h, "for", str_format_ns(rec->duration_ns, text, sizeof(text)));
	write_fact(h, "ended by", rec->ended_by);
	write_fact(h, "a stall is over",
		   text_ns_short(rec->stall_threshold_ns, text, sizeof(text)));
	write_fact(h, "command", rec->command);
	write_fact(h, "lull", rec->lull_version);
	html_print(h, "</dl>\n");
}

void html_settings(struct html *h)
{
	html_section(h, "settings", "How it was measured");
	for (unsigned int side = 0; side < h->what->n_sides; side++) {
		const struct recording *rec = h->what->sides[side].rec;

		write_side_title(h, side);
		write_settings(h, rec);
		if (!rec->n_notes && !rec->n_missing)
			continue;
		html_print(h, "<ul>\n");
		write_sentences(h, rec->notes, rec->n_notes);
		write_sentences(h, rec->missing, rec->n_missing);
		html_print(h, "</ul>\n");
	}
	html_section_end(h);
}

static void write_loss(struct html *h, const struct recording *rec)
{
	char text[32];

	if (rec->complete) {
		html_print(h, "<p id=\"complete\">Complete: nothing was lost.</p>\n");
		return;
	}
	html_print(h,
		   "<p id=\"complete\" class=\"bad\"><b>Incomplete</b>: what is missing may be the "
		   "worst.</p>\n<ul>\n");
	if (rec->dropped)
		html_print(h, "<li>%s stalls did not fit the ring buffer</li>\n",
			   text_count(rec->dropped, text, sizeof(text)));
	if (rec->recursion_misses)
		html_print(h,
			   "<li>%s events came while the program for them was still running</li>\n",
			   text_count(rec->recursion_misses, text, sizeof(text)));
	for (unsigned int i = 0; i < rec->n_anomalies; i++) {
		html_print(h, "<li>%s ", text_count(rec->anomalies[i].count, text, sizeof(text)));
		html_text(h, rec->anomalies[i].name);
		html_print(h, "</li>\n");
	}
	for (unsigned int i = 0; i < rec->n_incomplete; i++) {
		html_print(h, "<li>");
		html_text(h, rec->incomplete[i].name);
		html_print(h, "</li>\n");
	}
	html_print(h, "</ul>\n");
}

static void write_self(struct html *h, const struct recording *rec)
{
	char events[32], time[32], share[32];

	html_print(h,
		   "<p>lull saw %s events and used %s of CPU time itself, %s %% of one CPU.</p>\n",
		   text_count(rec->self_events, events, sizeof(events)),
		   str_format_ns(rec->self_cpu_ns, time, sizeof(time)),
		   html_share(rec->self_cpu_ns, rec->duration_ns, share, sizeof(share)));
	if (!rec->n_programs)
		return;
	html_print(h, "<details><summary>its programs in the kernel</summary><div class=\"scroll\" "
		      "tabindex=\"0\" role=\"region\" aria-label=\"programs\">"
		      "<table class=\"numbers\"><thead><tr>"
		      "<th scope=\"col\">program</th><th scope=\"col\">events</th>"
		      "<th scope=\"col\">ns each</th></tr></thead><tbody>\n");
	for (unsigned int i = 0; i < rec->n_programs; i++) {
		const struct rec_program *program = &rec->programs[i];

		html_print(h, "<tr><th scope=\"row\">");
		html_text(h, program->name);
		html_print(h, "</th><td>%s</td><td>",
			   text_count(program->events, events, sizeof(events)));
		if (program->run_cnt)
			html_print(h, "%" PRIu64, program->run_ns / program->run_cnt);
		html_print(h, "</td></tr>\n");
	}
	html_print(h, "</tbody></table></div></details>\n");
}

static void write_limits(struct html *h, const struct explain *explain)
{
	for (unsigned int i = 0; i < LIMITS_MAX; i++) {
		auto_str struct str words = { .s = NULL };
		int err = explain_add_limit(explain, i, &words);

		if (err == -ENOENT) {
			html_print(h, i ? "</ul>\n" : "");
			return;
		}
		html_fail(h, err);
		html_print(h, i ? "<li>" : "<p>What this recording cannot show:</p>\n<ul>\n<li>");
		html_str(h, &words);
		html_print(h, "</li>\n");
	}
	html_print(h, "</ul>\n");
}

void html_losses(struct html *h)
{
	html_section(h, "loss", "What was lost, and what measuring cost");
	for (unsigned int side = 0; side < h->what->n_sides; side++) {
		write_side_title(h, side);
		write_loss(h, h->what->sides[side].rec);
		write_self(h, h->what->sides[side].rec);
		write_limits(h, &h->explains[side]);
	}
	html_section_end(h);
}

/* ---- the numbers, as JSON: each string is escaped so that it cannot end the element */

static void json_text(struct html *h, const char *key, const char *text)
{
	auto_str struct str json = { .s = NULL };

	html_fail(h, export_add_json(text ?: "", &json));
	html_print(h, "\"%s\":%s", key, json.s ?: "\"\"");
}

static void json_gaps(struct html *h, const struct recording *rec)
{
	struct hist gaps = { .digits = 0 };
	const char *comma = "";

	html_fail(h, html_merge_gaps(rec, &gaps));
	html_print(h,
		   "\"gaps\":{\"unit\":\"ns\",\"count\":%" PRIu64 ",\"sum\":%" PRIu64
		   ",\"max\":%" PRIu64 ",\"buckets\":[",
		   gaps.count, gaps.sum, gaps.max);
	for (unsigned int i = 0; gaps.counts && i <= hist_slots(gaps.digits); i++) {
		uint64_t low, high;

		if (!gaps.counts[i])
			continue;
		hist_range(gaps.digits, i, &low, &high);
		html_print(h, "%s[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", comma, low, high,
			   gaps.counts[i]);
		comma = ",";
	}
	html_print(h, "]}");
	hist_done(&gaps);
}

static void json_causes(struct html *h, const struct explain *explain)
{
	html_print(h, "\"causes\":[");
	for (unsigned int i = 0; i < explain->n_causes && i < CAUSES_MAX; i++) {
		const struct explain_cause *cause = &explain->causes[i];

		html_print(h, "%s\n{", i ? "," : "");
		json_text(h, "name", cause->name);
		html_print(h,
			   ",\"kind\":\"%s\",\"row\":\"%s\",\"ns\":%" PRIu64 ",\"count\":%" PRIu64
			   ",\"max_ns\":%" PRIu64 "}",
			   cause->kind, cause->row, cause->ns, cause->count, cause->max_ns);
	}
	html_print(h, "]");
}

static void json_stalls(struct html *h, const struct recording *rec)
{
	unsigned int n = min(rec->n_stalls, STALLS_MAX / h->what->n_sides);

	html_print(h, "\"stalls\":[");
	for (unsigned int i = 0; i < n; i++) {
		const struct rec_stall *stall = &rec->stalls[i];

		html_print(h,
			   "%s\n{\"at_ns\":%" PRIu64 ",\"duration_ns\":%" PRIu64
			   ",\"tid\":%d,\"cpu\":%d,\"segments\":[",
			   i ? "," : "", stall->at_ns, stall->duration_ns, stall->tid, stall->cpu);
		for (unsigned int j = 0; j < stall->n_segments; j++) {
			html_print(h, "%s{\"row\":\"%s\",", j ? "," : "", stall->segments[j].row);
			json_text(h, "name", stall->segments[j].name);
			html_print(h, ",\"ns\":%" PRIu64 "}", stall->segments[j].ns);
		}
		html_print(h, "]}");
	}
	html_print(h, "]");
}

void html_data(struct html *h)
{
	html_print(h,
		   "<script type=\"application/json\" id=\"data\">\n{\"schema\":\"lull.report/1\","
		   "\"sides\":[");
	for (unsigned int side = 0; side < h->what->n_sides; side++) {
		const struct explain *explain = &h->explains[side];
		const struct recording *rec = explain->rec;

		html_print(h,
			   "%s\n{\"side\":\"%s\",\"verdict\":\"%s\",\"taken_ns\":%" PRIu64
			   ",\"wanted_ns\":%" PRIu64 ",\"longest_ns\":%" PRIu64
			   ",\"duration_ns\":%" PRIu64 ",\"stalls_total\":%" PRIu64
			   ",\"complete\":%s,\n",
			   side ? "," : "", h->what->sides[side].label,
			   explain_verdict_name(explain->verdict), explain->taken_ns,
			   explain->wanted_ns, explain->longest_ns, rec->duration_ns,
			   rec->stalls_total, rec->complete ? "true" : "false");
		json_gaps(h, rec);
		html_print(h, ",\n");
		json_causes(h, explain);
		html_print(h, ",\n");
		json_stalls(h, rec);
		html_print(h, "}");
	}
	html_print(h, "]");
	html_compare_data(h);
	html_print(h, "}\n</script>\n");
}
