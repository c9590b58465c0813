/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_cpus: the CPUs of the host, by package, last-level cache and core, which of them are
 * watched, and what ran on those. Where the recording has no topology, CPUs stand in a row.
 */
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"
#include "model/rec_place.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "report/export.h"
#include "report/html.h"
#include "report/text.h"

#define NAMES_SHOWN 3
#define CPUS_SHOWN  256

static const char *const kinds[] = { "task", "irq", "vector", "softirq", "nmi" };

static const struct rec_cpu *cpu_of(const struct recording *rec, int cpu)
{
	for (unsigned int i = 0; i < rec->n_cpus; i++) {
		if (rec->cpus[i].cpu == cpu)
			return &rec->cpus[i];
	}
	return NULL;
}

static bool is_cause(const struct recording *rec, const struct rec_entry *entry)
{
	return entry->sum_ns && !rec_entry_is_idle(entry) && !export_is_victim(rec, entry);
}

static uint64_t kind_ns(const struct recording *rec, const struct rec_cpu *cpu, const char *kind)
{
	uint64_t ns = 0;

	for (unsigned int i = 0; i < cpu->n_sources; i++) {
		if (streq(cpu->sources[i].kind, kind) && is_cause(rec, &cpu->sources[i]))
			ns += cpu->sources[i].sum_ns;
	}
	return ns;
}

/* A bar of the CPU's whole time: what of it was not the victims' or idle. */
static void write_bar(struct html *h, const struct recording *rec, const struct rec_cpu *cpu)
{
	double at = 0;

	html_print(h,
		   "<svg class=\"strip thin\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
		   "aria-hidden=\"true\"><rect class=\"back\" width=\"1000\" height=\"10\"/>");
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds) && cpu->wall_ns; i++) {
		double width = 1000.0 * (double)kind_ns(rec, cpu, kinds[i]) / (double)cpu->wall_ns;

		if (width > 0)
			html_print(h,
				   "<rect class=\"%s\" x=\"%.2f\" width=\"%.2f\" height=\"10\"/>",
				   html_kind_class(kinds[i]), at, width);
		at += width;
	}
	html_print(h, "</svg>");
}

static void write_largest(struct html *h, const struct recording *rec, const struct rec_cpu *cpu)
{
	const struct rec_entry *shown[NAMES_SHOWN] = { NULL };
	char share[32];

	html_print(h, "<ul>");
	for (unsigned int round = 0; round < NAMES_SHOWN; round++) {
		const struct rec_entry *most = NULL;

		for (unsigned int i = 0; i < cpu->n_sources; i++) {
			const struct rec_entry *entry = &cpu->sources[i];
			bool is_shown = false;

			for (unsigned int j = 0; j < round; j++)
				is_shown = is_shown || shown[j] == entry;
			if (!is_shown && is_cause(rec, entry) &&
			    (!most || entry->sum_ns > most->sum_ns))
				most = entry;
		}
		if (!most)
			break;
		shown[round] = most;
		html_print(h, "<li><i class=\"key %s\"></i><bdi>", html_kind_class(most->kind));
		html_text(h, text_entry_name(most));
		html_print(h, "</bdi> %s %%</li>",
			   html_share(most->sum_ns, cpu->wall_ns, share, sizeof(share)));
	}
	html_print(h, "</ul>");
}

static void write_cpu(struct html *h, const struct recording *rec, int number)
{
	const struct rec_cpu *cpu = cpu_of(rec, number);

	html_print(h, "<div class=\"cpu%s\"><b>%d</b>", cpu ? " guest" : "", number);
	if (cpu) {
		write_bar(h, rec, cpu);
		write_largest(h, rec, cpu);
	} else {
		html_print(h, "<span class=\"kind\">not watched</span>");
	}
	html_print(h, "</div>\n");
}

static bool is_new_core(const struct rec_place *a, const struct rec_place *b)
{
	return !a || a->core != b->core || a->package != b->package;
}

static bool is_new_cache(const struct rec_place *a, const struct rec_place *b)
{
	return !a || a->l3 != b->l3 || a->package != b->package || a->node != b->node;
}

/* Places are sorted by package, node, cache, core, CPU. */
static void write_places(struct html *h, const struct recording *rec)
{
	const struct rec_place *last = NULL;

	for (unsigned int i = 0; i < rec->n_places && i < CPUS_SHOWN; i++) {
		const struct rec_place *place = &rec->places[i];

		if (last && is_new_core(last, place))
			html_print(h, "</div>");
		if (is_new_cache(last, place)) {
			html_print(h, "%s<h3>package %d", last ? "</div>\n" : "",
				   max(place->package, 0));
			if (place->node >= 0)
				html_print(h, ", memory %d", place->node);
			html_print(h, "%s</h3><div class=\"cpus\">\n",
				   place->l3 >= 0 ? ", one last-level cache" : "");
		}
		if (is_new_core(last, place))
			html_print(h, "<div class=\"core\">");
		write_cpu(h, rec, place->cpu);
		last = place;
	}
	html_print(h, "</div></div>\n");
}

static void write_row(struct html *h, const struct recording *rec)
{
	struct cpuset online;

	cpuset_clear(&online);
	if (cpuset_parse(rec->cpus_online ?: "", &online) || cpuset_is_empty(&online)) {
		cpuset_clear(&online);
		for (unsigned int i = 0; i < rec->n_cpus; i++)
			cpuset_add(&online, (unsigned int)rec->cpus[i].cpu);
	}
	html_print(h, "<div class=\"cpus\">\n");
	for (unsigned int cpu = 0, n = 0; cpu < CPUSET_MAX && n < CPUS_SHOWN; cpu++) {
		if (!cpuset_has(&online, cpu))
			continue;
		n++;
		write_cpu(h, rec, (int)cpu);
	}
	html_print(h, "</div>\n");
}

void html_cpus(struct html *h)
{
	const struct recording *rec = h->what->sides[h->what->n_sides - 1].rec;

	if (!rec->n_cpus)
		return;
	html_section(h, "cpus", "Where it ran");
	html_print(h,
		   "<p class=\"about\">CPUs of one core stand together. Of the watched ones: what "
		   "had them besides the victims");
	if (h->what->n_sides > 1) {
		html_print(h, ", ");
		html_text(h, html_side_name(h, 1));
	}
	html_print(h, ".</p>\n");
	if (rec->n_places)
		write_places(h, rec);
	else
		write_row(h, rec);
	html_section_end(h);
}
