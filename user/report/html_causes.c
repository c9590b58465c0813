/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_causes: who took the time, as bars, the most first; of two recordings both under each
 * other. With each what it is and what removes it, as explain has it.
 */
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/explain.h"
#include "model/recording.h"
#include "report/explain.h"
#include "report/html.h"
#include "report/text.h"

#define CAUSES_SHOWN 16
#define CAUSES_OPEN  4	   /* at least so many are not folded */
#define SHARE_OPEN   0.001 /* nor is one that takes more */
#define PARTS_SHOWN  8

/* Causes are the same on both sides when they have kind and name in common. */
static const struct explain_cause *same_cause(const struct explain *explain,
					      const struct explain_cause *cause)
{
	for (unsigned int i = 0; i < explain->n_causes; i++) {
		if (streq(explain->causes[i].kind, cause->kind) &&
		    streq(explain->causes[i].name, cause->name))
			return &explain->causes[i];
	}
	return NULL;
}

static double share_of(const struct explain_cause *cause)
{
	return cause ? cause->share : 0;
}

static void write_bar(struct html *h, const struct explain_cause *cause, const char *class,
		      double largest)
{
	char text[32] = "0", time[32] = "";

	if (cause)
		(void)html_share(cause->ns, cause->of_ns, text, sizeof(text));
	if (cause)
		(void)str_format_ns(cause->ns, time, sizeof(time));
	html_print(
		h,
		"<div class=\"barline\"><svg class=\"bar\" aria-hidden=\"true\"><rect class=\"%s\" "
		"width=\"%.2f%%\" height=\"100%%\" rx=\"2\"/></svg><span><b>%s %%</b> %s</span>"
		"</div>\n",
		class, largest > 0 ? 100 * share_of(cause) / largest : 0, text, time);
}

static void write_parts(struct html *h, const struct explain *explain,
			const struct explain_cause *cause)
{
	char time[32];

	html_print(h, "<p class=\"about\">%s", explain->of_cpus ? "on" : "from");
	for (unsigned int i = 0; i < cause->n_parts && i < PARTS_SHOWN; i++) {
		unsigned int owner = cause->parts[i].owner;

		html_print(h, i ? ", " : " ");
		if (explain->of_cpus)
			html_print(h, "CPU %d", explain->rec->cpus[owner].cpu);
		else if (explain->rec->threads[owner].vcpu >= 0)
			html_print(h, "vcpu %d", explain->rec->threads[owner].vcpu);
		else
			html_print(h, "thread %d", explain->rec->threads[owner].tid);
		html_print(h, " %s", str_format_ns(cause->parts[i].ns, time, sizeof(time)));
	}
	if (cause->n_parts > PARTS_SHOWN)
		html_print(h, " and %u more", cause->n_parts - PARTS_SHOWN);
	html_print(h, "</p>\n");
}

/* What it is and what removes it, for all to see; the rest for those who ask. */
static void write_words(struct html *h, const struct explain *explain,
			const struct explain_cause *cause)
{
	auto_str struct str remedy = { .s = NULL };
	auto_str struct str sure = { .s = NULL };
	char count[32], time[32];

	html_fail(h, explain_add_remedy(explain, cause, &remedy));
	html_fail(h, explain_add_sure(explain, cause, &sure));
	html_print(h, "<p class=\"remedy\"><b>Remedy</b> <code>");
	html_str(h, &remedy);
	html_print(h, "</code></p>\n<details><summary>");
	html_text(h, cause->rule->what);
	html_print(h, "</summary>\n<p class=\"about\">%s times, %s at most; ",
		   text_count(cause->count, count, sizeof(count)),
		   str_format_ns(cause->max_ns, time, sizeof(time)));
	html_str(h, &sure);
	html_print(h, "</p>\n");
	write_parts(h, explain, cause);
	html_print(h, "</details>\n");
}

static void write_cause(struct html *h, const struct explain *explain,
			const struct explain_cause *cause, double largest)
{
	html_print(h, "<li><p class=\"name\"><i class=\"key %s\"></i><bdi>",
		   html_kind_class(cause->kind));
	html_text(h, cause->name);
	html_print(h, "</bdi> <span class=\"kind\">%s</span></p>\n", cause->kind);
	if (h->what->n_sides > 1) {
		for (unsigned int side = 0; side < 2; side++)
			write_bar(h, same_cause(&h->explains[side], cause), html_side_class(side),
				  largest);
	} else {
		write_bar(h, cause, html_kind_class(cause->kind), largest);
	}
	write_words(h, explain, cause);
	html_print(h, "</li>\n");
}

/* Shown are those of the first side, then those that came with the second. */
static const struct explain_cause *nth_cause(const struct html *h, unsigned int n,
					     const struct explain **ret_explain)
{
	for (unsigned int side = 0; side < h->what->n_sides; side++) {
		const struct explain *explain = &h->explains[side];

		for (unsigned int i = 0; i < explain->n_causes && i < CAUSES_SHOWN; i++) {
			if (side && same_cause(&h->explains[0], &explain->causes[i]))
				continue;
			if (n--)
				continue;
			*ret_explain = explain;
			return &explain->causes[i];
		}
	}
	return NULL;
}

static bool is_small(const struct html *h, const struct explain_cause *cause)
{
	for (unsigned int side = 0; side < h->what->n_sides; side++) {
		if (share_of(same_cause(&h->explains[side], cause)) > SHARE_OPEN)
			return false;
	}
	return true;
}

/* The large ones, or the small ones, behind a fold. */
static void write_causes(struct html *h, double largest, bool of_small)
{
	const struct explain_cause *cause;
	const struct explain *explain;
	unsigned int n_small = 0;

	for (unsigned int i = 0; (cause = nth_cause(h, i, &explain)); i++)
		n_small += i >= CAUSES_OPEN && is_small(h, cause);
	if (of_small && !n_small)
		return;
	if (of_small)
		html_print(
			h,
			"<details class=\"more\"><summary>%u that took less than 0.1 %% each</summary>\n",
			n_small);
	html_print(h, "<ol class=\"causes\">\n");
	for (unsigned int i = 0; (cause = nth_cause(h, i, &explain)); i++) {
		if ((i >= CAUSES_OPEN && is_small(h, cause)) == of_small)
			write_cause(h, explain, cause, largest);
	}
	html_print(h, "</ol>\n%s", of_small ? "</details>\n" : "");
}

void html_causes(struct html *h)
{
	double largest = 0;

	for (unsigned int side = 0; side < h->what->n_sides; side++) {
		if (h->explains[side].n_causes)
			largest = max(largest, h->explains[side].causes[0].share);
	}
	if (largest <= 0)
		return;
	html_section(h, "causes",
		     h->explains[0].of_cpus ? "What ran on these CPUs" : "Who stole the time");
	html_print(h, "<p class=\"about\">Per cent of the time that %s%s.</p>\n",
		   h->explains[0].of_cpus ? "was measured" : "the victims wanted to run",
		   html_has_rounds(h) ? ", here and below in the last round of each side" : "");
	if (h->what->n_sides > 1) {
		html_print(h, "<p class=\"legend\">");
		for (unsigned int side = 0; side < 2; side++) {
			html_print(h, "<span><i class=\"key %s\"></i>", html_side_class(side));
			html_text(h, html_side_name(h, side));
			html_print(h, "</span> ");
		}
		html_print(h, "</p>\n");
	}
	write_causes(h, largest, false);
	write_causes(h, largest, true);
	if (h->explains[0].n_causes > CAUSES_SHOWN)
		html_print(h, "<p class=\"about\">And %u smaller ones.</p>\n",
			   h->explains[0].n_causes - CAUSES_SHOWN);
	html_section_end(h);
}
