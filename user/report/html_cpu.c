/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html_cpu: a CPU of the map. One that was watched: its victims, and what had it besides. One of
 * the host's: how busy it was, and which interrupts came to it.
 */
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "model/rec_host.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "report/export.h"
#include "report/html.h"
#include "report/text.h"

#define CAUSES_SHOWN	 3
#define VICTIMS_SHOWN	 2
#define INTERRUPTS_SHOWN 2
#define CPUS_IN_FULL	 64 /* of a larger host its CPUs are bars alone */

static const char *const kinds[] = { "victim", "task", "irq", "vector", "softirq", "nmi" };

static const struct rec_cpu *watched(const struct recording *rec, int cpu)
{
	for (unsigned int i = 0; i < rec->n_cpus; i++) {
		if (rec->cpus[i].cpu == cpu)
			return &rec->cpus[i];
	}
	return NULL;
}

static const struct rec_host_cpu *of_host(const struct recording *rec, int cpu)
{
	for (unsigned int i = 0; i < rec->n_host_cpus; i++) {
		if (rec->host_cpus[i].cpu == cpu)
			return &rec->host_cpus[i];
	}
	return NULL;
}

/* NULL: nobody's, the CPU was idle. */
static const char *kind_of(const struct recording *rec, const struct rec_entry *entry)
{
	if (!entry->sum_ns || rec_entry_is_idle(entry))
		return NULL;
	return export_is_victim(rec, entry) ? "victim" : entry->kind;
}

static bool is_of(const char *kind, const char *wanted)
{
	return kind && streq(kind, wanted);
}

static void begin_bar(struct html *h)
{
	html_print(h,
		   "<svg class=\"strip thin\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
		   "aria-hidden=\"true\"><rect class=\"back\" width=\"1000\" height=\"10\"/>");
}

/* Returns where the next one begins. */
static double write_part(struct html *h, const char *kind, uint64_t ns, uint64_t wall_ns, double at)
{
	double width = wall_ns ? 1000.0 * (double)ns / (double)wall_ns : 0;

	if (width > 0)
		html_print(h, "<rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" height=\"10\"/>",
			   html_kind_class(kind), at, max(width, 0.1));
	return at + width;
}

static void write_bar(struct html *h, const struct recording *rec, const struct rec_cpu *cpu)
{
	double at = 0;

	begin_bar(h);
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		uint64_t ns = 0;

		for (unsigned int k = 0; k < cpu->n_sources; k++) {
			if (is_of(kind_of(rec, &cpu->sources[k]), kinds[i]))
				ns += cpu->sources[k].sum_ns;
		}
		at = write_part(h, kinds[i], ns, cpu->wall_ns, at);
	}
	html_print(h, "</svg>");
}

static void write_victim(struct html *h, const struct recording *rec, const struct rec_entry *entry)
{
	uint32_t tid;
	const struct rec_thread *thread =
		parse_u32(entry->id ?: "", &tid) ? NULL : export_thread(rec, (pid_t)tid);

	if (thread && thread->vcpu >= 0)
		html_print(h, "vcpu %d", thread->vcpu);
	else
		html_text(h, text_entry_name(entry));
}

static void write_entry(struct html *h, const struct recording *rec, const struct rec_cpu *cpu,
			const struct rec_entry *entry)
{
	const char *kind = kind_of(rec, entry);
	char share[32];

	html_print(h, "<li><i class=\"key %s\"></i><bdi>", html_kind_class(kind));
	if (is_of(kind, "victim"))
		write_victim(h, rec, entry);
	else
		html_text(h, text_entry_name(entry));
	html_print(h, "</bdi><span>%s %%</span></li>",
		   html_share(entry->sum_ns, cpu->wall_ns, share, sizeof(share)));
}

/* The @n largest that are victims, or that are not. */
static void write_largest(struct html *h, const struct recording *rec, const struct rec_cpu *cpu,
			  bool of_victims, unsigned int n)
{
	const struct rec_entry *last = NULL;

	for (unsigned int round = 0; round < n; round++) {
		const struct rec_entry *most = NULL;

		for (unsigned int i = 0; i < cpu->n_sources; i++) {
			const struct rec_entry *entry = &cpu->sources[i];
			const char *kind = kind_of(rec, entry);

			if (!kind || streq(kind, "victim") != of_victims)
				continue;
			/* Of equal ones the first comes first. */
			if (last && (entry->sum_ns > last->sum_ns ||
				     (entry->sum_ns == last->sum_ns && entry <= last)))
				continue;
			if (!most || entry->sum_ns > most->sum_ns)
				most = entry;
		}
		if (!most)
			return;
		write_entry(h, rec, cpu, most);
		last = most;
	}
}

static void write_watched(struct html *h, const struct recording *rec, const struct rec_cpu *cpu)
{
	html_print(h, "<div class=\"cpu guest\"><p><b>%d</b> %s</p>", cpu->cpu,
		   rec->n_threads ? "guest" : "watched");
	write_bar(h, rec, cpu);
	html_print(h, "<ul>");
	write_largest(h, rec, cpu, true, VICTIMS_SHOWN);
	write_largest(h, rec, cpu, false, CAUSES_SHOWN);
	html_print(h, "</ul></div>\n");
}

static void write_host(struct html *h, const struct recording *rec, const struct rec_host_cpu *cpu)
{
	uint64_t busy = rec_host_cpu_busy_ns(cpu), wall = busy + cpu->idle_ns;
	char text[32] = "0";
	double at = 0;

	if (busy && wall)
		(void)html_share(busy, wall, text, sizeof(text));
	html_print(h, "<div class=\"cpu\"><p><b>%d</b> host, busy %s %%</p>", cpu->cpu, text);
	begin_bar(h);
	at = write_part(h, "task", cpu->user_ns + cpu->system_ns, wall, at);
	at = write_part(h, "irq", cpu->irq_ns, wall, at);
	at = write_part(h, "softirq", cpu->softirq_ns, wall, at);
	(void)write_part(h, "steal", cpu->steal_ns, wall, at);
	html_print(h, "</svg>");
	if (rec->n_places > CPUS_IN_FULL) {
		html_print(h, "</div>\n");
		return;
	}
	html_print(h, "<ul>");
	for (unsigned int i = 0; i < cpu->n_interrupts && i < INTERRUPTS_SHOWN; i++) {
		const struct rec_interrupt *interrupt = &cpu->interrupts[i];
		bool is_line = interrupt->id[0] >= '0' && interrupt->id[0] <= '9';

		html_print(h, "<li><i class=\"key %s\"></i><bdi>",
			   html_kind_class(is_line ? "irq" : "vector"));
		html_text(h, interrupt->name);
		html_print(h, "</bdi><span>%s/s</span></li>",
			   html_rate(interrupt->count, rec->duration_ns, text, sizeof(text)));
	}
	html_print(h, "</ul></div>\n");
}

void html_cpu(struct html *h, const struct recording *rec, int number)
{
	const struct rec_cpu *cpu = watched(rec, number);
	const struct rec_host_cpu *host = of_host(rec, number);

	if (cpu)
		write_watched(h, rec, cpu);
	else if (host)
		write_host(h, rec, host);
	else
		html_print(h, "<div class=\"cpu\"><p><b>%d</b> not watched</p></div>\n", number);
}
