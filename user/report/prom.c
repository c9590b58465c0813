/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prom: a recording as Prometheus text, in seconds, for a textfile collector. The edges of its
 * histograms are powers of two of nanoseconds, which are edges of our bins: no sample is guessed
 * into a bucket. Names of tasks, interrupts and pids are no labels: they would make a series each.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "model/rows.h"
#include "report/export.h"

#define EDGE_FIRST 10 /* 2^10 ns: 1.024 us */
#define EDGE_LAST  30 /* 2^30 ns: 1.07 s */

struct prom {
	const struct export *what;
	FILE *out;
	const struct export_side *side;
};

/* All victims that share the labels of one series. */
struct group {
	const struct rec_thread *first;
	const struct recording *rec;
	bool is_per_vcpu;
};

static bool is_in(const struct group *group, const struct rec_thread *thread)
{
	const struct rec_thread *first = group->first;

	if ((first->vcpu < 0) != (thread->vcpu < 0))
		return false;
	if (!streq(first->vm ?: "", thread->vm ?: ""))
		return false;
	return !group->is_per_vcpu || first->vcpu < 0 || first->vcpu == thread->vcpu;
}

/* Is this thread the first one of its group? */
static bool group_at(const struct prom *prom, unsigned int i, struct group *ret)
{
	const struct recording *rec = prom->side->rec;
	struct group group = { .first = &rec->threads[i],
			       .rec = rec,
			       .is_per_vcpu = prom->what->is_per_vcpu };

	for (unsigned int j = 0; j < i; j++) {
		if (is_in(&group, &rec->threads[j]))
			return false;
	}
	*ret = group;
	return true;
}

static void write_label(const struct prom *prom, const char *name, const char *value, bool *is_open)
{
	(void)fprintf(prom->out, "%s%s=\"", *is_open ? "," : "{", name);
	*is_open = true;
	for (; *value; value++) {
		if (*value == '\n')
			(void)fputs("\\n", prom->out);
		else if (*value == '\\' || *value == '"')
			(void)fprintf(prom->out, "\\%c", *value);
		else
			(void)fputc(*value, prom->out);
	}
	(void)fputc('"', prom->out);
}

static bool write_side_label(const struct prom *prom)
{
	bool is_open = false;

	if (*prom->side->label)
		write_label(prom, "side", prom->side->label, &is_open);
	return is_open;
}

/* "{side="a",vm="win11",vcpu="0"" so far. */
static bool write_group_labels(const struct prom *prom, const struct group *group)
{
	bool is_open = write_side_label(prom);
	char vcpu[16];

	if (group->first->vm)
		write_label(prom, "vm", group->first->vm, &is_open);
	if (group->is_per_vcpu && group->first->vcpu >= 0) {
		(void)snprintf(vcpu, sizeof(vcpu), "%d", group->first->vcpu);
		write_label(prom, "vcpu", vcpu, &is_open);
	}
	return is_open;
}

static void write_head(const struct prom *prom, const char *name, const char *type,
		       const char *help)
{
	(void)fprintf(prom->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_ns(const struct prom *prom, bool is_open, uint64_t ns)
{
	(void)fprintf(prom->out, "%s %" PRIu64 ".%09" PRIu64 "\n", is_open ? "}" : "",
		      ns / 1000000000, ns % 1000000000);
}

static void write_count(const struct prom *prom, bool is_open, uint64_t count)
{
	(void)fprintf(prom->out, "%s %" PRIu64 "\n", is_open ? "}" : "", count);
}

/* ---- histograms */

struct metric {
	const char *name; /* behind "lull_vcpu_" or "lull_thread_" */
	const char *help;
	size_t offset; /* of the histogram in struct rec_thread */
};

static const struct metric metrics[] = {
	{ "gap_seconds", "Time from losing the CPU, or guest mode, to having it again.",
	  offsetof(struct rec_thread, gap) },
	{ "wake_seconds", "Time from being woken to running.", offsetof(struct rec_thread, wake) },
	{ "preempted_seconds", "Time in which it was runnable while another task had its CPU.",
	  offsetof(struct rec_thread, preempted) },
};

static const struct hist *hist_of(const struct rec_thread *thread, const struct metric *metric)
{
	return (const struct hist *)((const char *)thread + metric->offset);
}

/* How many samples are below 2^@bits ns. */
static uint64_t below(const struct hist *hist, unsigned int bits)
{
	unsigned int slots = hist_slot(hist->digits, (uint64_t)1 << bits);
	uint64_t count = 0;

	for (unsigned int i = 0; i < slots; i++)
		count += hist->counts[i];
	return count;
}

/* What one series of a histogram adds up from all its victims. */
struct sums {
	uint64_t buckets[EDGE_LAST + 1], sum, count;
};

static void add_up(const struct group *group, const struct metric *metric, struct sums *ret)
{
	for (unsigned int i = 0; i < group->rec->n_threads; i++) {
		const struct rec_thread *thread = &group->rec->threads[i];
		const struct hist *hist = hist_of(thread, metric);

		if (!hist->counts || !is_in(group, thread))
			continue;
		for (unsigned int bits = EDGE_FIRST; bits <= EDGE_LAST; bits++)
			ret->buckets[bits] += below(hist, bits);
		ret->sum += hist->sum;
		ret->count += hist->count;
	}
}

static void write_series(const struct prom *prom, const struct group *group, const char *name,
			 const struct sums *sums)
{
	char edge[32];
	bool is_open;

	for (unsigned int bits = EDGE_FIRST; bits <= EDGE_LAST + 1; bits++) {
		bool is_last = bits > EDGE_LAST;

		(void)snprintf(edge, sizeof(edge), "%.10g", (double)((uint64_t)1 << bits) / 1e9);
		(void)fprintf(prom->out, "%s_bucket", name);
		is_open = write_group_labels(prom, group);
		write_label(prom, "le", is_last ? "+Inf" : edge, &is_open);
		write_count(prom, is_open, is_last ? sums->count : sums->buckets[bits]);
	}
	(void)fprintf(prom->out, "%s_sum", name);
	write_ns(prom, write_group_labels(prom, group), sums->sum);
	(void)fprintf(prom->out, "%s_count", name);
	write_count(prom, write_group_labels(prom, group), sums->count);
}

/* Calls @write for each group of vCPUs, or of other threads, on all sides. */
static bool each_group(struct prom *prom, bool of_vcpus, const void *arg,
		       void (*write)(const struct prom *, const struct group *, const void *))
{
	bool has_any = false;

	for (unsigned int i = 0; i < prom->what->n_sides; i++) {
		prom->side = &prom->what->sides[i];
		for (unsigned int j = 0; j < prom->side->rec->n_threads; j++) {
			struct group group;

			if ((prom->side->rec->threads[j].vcpu >= 0) != of_vcpus ||
			    !group_at(prom, j, &group))
				continue;
			has_any = true;
			if (write)
				write(prom, &group, arg);
		}
	}
	return has_any;
}

static void write_metric(const struct prom *prom, const struct group *group, const void *arg)
{
	const struct metric *metric = arg;
	struct sums sums = { .sum = 0 };
	char name[64];

	(void)snprintf(name, sizeof(name), "lull_%s_%s",
		       group->first->vcpu >= 0 ? "vcpu" : "thread", metric->name);
	add_up(group, metric, &sums);
	write_series(prom, group, name, &sums);
}

static void write_histograms(struct prom *prom)
{
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(metrics); i++) {
		const struct metric *metric = &metrics[i / 2];
		bool of_vcpus = i % 2 == 0;
		char name[64];

		if (!each_group(prom, of_vcpus, NULL, NULL))
			continue;
		(void)snprintf(name, sizeof(name), "lull_%s_%s", of_vcpus ? "vcpu" : "thread",
			       metric->name);
		write_head(prom, name, "histogram", metric->help);
		(void)each_group(prom, of_vcpus, metric, write_metric);
	}
}

/* ---- counters */

static void write_rows(const struct prom *prom, const struct group *group, const void *arg)
{
	const char *name = arg;

	for (unsigned int i = 0; rows_at(i); i++) {
		uint64_t ns = 0;
		bool is_open;

		for (unsigned int j = 0; j < group->rec->n_threads; j++) {
			if (is_in(group, &group->rec->threads[j]))
				ns += rec_thread_row_ns(&group->rec->threads[j], rows_at(i)->name);
		}
		(void)fputs(name, prom->out);
		is_open = write_group_labels(prom, group);
		write_label(prom, "row", rows_at(i)->name, &is_open);
		write_ns(prom, is_open, ns);
	}
}

static void write_stalls(const struct prom *prom, const struct group *group, const void *arg)
{
	const char *name = arg;
	uint64_t stalls = 0;

	for (unsigned int i = 0; i < group->rec->n_threads; i++) {
		if (is_in(group, &group->rec->threads[i]))
			stalls += group->rec->threads[i].stalls;
	}
	(void)fputs(name, prom->out);
	write_count(prom, write_group_labels(prom, group), stalls);
}

static void write_groups(struct prom *prom, const char *name, const char *help,
			 void (*write)(const struct prom *, const struct group *, const void *))
{
	bool has_vcpus = each_group(prom, true, NULL, NULL);

	if (!has_vcpus && !each_group(prom, false, NULL, NULL))
		return;
	write_head(prom, name, "counter", help);
	(void)each_group(prom, true, name, write);
	(void)each_group(prom, false, name, write);
}

/* Idle is no cause, and a victim is none. */
static bool is_cause(const struct recording *rec, const struct rec_entry *entry, const char *source)
{
	return streq(entry->kind, source) && !rec_entry_is_idle(entry) &&
	       !export_is_victim(rec, entry);
}

static void write_cpu(const struct prom *prom, const struct rec_cpu *cpu)
{
	static const char *const sources[] = { "irq", "vector", "softirq", "nmi", "task" };

	for (unsigned int i = 0; i < ARRAY_SIZE(sources); i++) {
		uint64_t ns = 0;
		char number[16];
		bool is_open;

		for (unsigned int j = 0; j < cpu->n_sources; j++) {
			if (is_cause(prom->side->rec, &cpu->sources[j], sources[i]))
				ns += cpu->sources[j].sum_ns;
		}
		(void)snprintf(number, sizeof(number), "%d", cpu->cpu);
		(void)fputs("lull_stolen_seconds_total", prom->out);
		is_open = write_side_label(prom);
		write_label(prom, "cpu", number, &is_open);
		write_label(prom, "cause", sources[i], &is_open);
		write_ns(prom, is_open, ns);
	}
}

static void write_cpus(struct prom *prom)
{
	bool has_head = false;

	for (unsigned int i = 0; i < prom->what->n_sides; i++) {
		prom->side = &prom->what->sides[i];
		for (unsigned int j = 0; j < prom->side->rec->n_cpus; j++) {
			if (!has_head)
				write_head(prom, "lull_stolen_seconds_total", "counter",
					   "Time that interrupts and other tasks took on a watched "
					   "CPU, by cause.");
			has_head = true;
			write_cpu(prom, &prom->side->rec->cpus[j]);
		}
	}
}

/* ---- the recording */

static void write_totals(struct prom *prom)
{
	const struct {
		const char *name, *type, *help;
	} totals[] = {
		{ "lull_lost_events_total", "counter", "Events that were lost, of all kinds." },
		{ "lull_recording_complete", "gauge", "1 when nothing was lost." },
		{ "lull_recording_duration_seconds", "gauge", "How long was measured." },
		{ "lull_recording_start_timestamp_seconds", "gauge", "When it began, Unix time." },
		{ "lull_self_cpu_seconds_total", "counter", "CPU time of lull's own process." },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(totals); i++) {
		write_head(prom, totals[i].name, totals[i].type, totals[i].help);
		for (unsigned int j = 0; j < prom->what->n_sides; j++) {
			const struct recording *rec = prom->what->sides[j].rec;
			uint64_t lost = rec->dropped + rec->recursion_misses;
			const uint64_t values[] = { 0, 0, rec->duration_ns, rec->started_unix_ns,
						    rec->self_cpu_ns };
			bool is_open;

			for (unsigned int k = 0; k < rec->n_anomalies; k++)
				lost += rec->anomalies[k].count;
			prom->side = &prom->what->sides[j];
			(void)fputs(totals[i].name, prom->out);
			is_open = write_side_label(prom);
			if (i < 2)
				write_count(prom, is_open, i ? rec->complete : lost);
			else
				write_ns(prom, is_open, values[i]);
		}
	}
}

static void write_build(struct prom *prom)
{
	write_head(prom, "lull_build_info", "gauge", "The lull that measured.");
	for (unsigned int i = 0; i < prom->what->n_sides; i++) {
		bool is_open;

		prom->side = &prom->what->sides[i];
		(void)fputs("lull_build_info", prom->out);
		is_open = write_side_label(prom);
		write_label(prom, "version", prom->side->rec->lull_version ?: "", &is_open);
		write_count(prom, is_open, 1);
	}
}

int report_prom_write(const struct export *what, FILE *out)
{
	struct prom prom = { .what = what, .out = out };

	write_histograms(&prom);
	write_groups(&prom, "lull_ledger_seconds_total",
		     "Wall time of the watched threads, by row of the ledger.", write_rows);
	write_groups(&prom, "lull_stalls_total", "Stalls over the threshold.", write_stalls);
	write_cpus(&prom);
	write_totals(&prom);
	write_build(&prom);
	return export_end(out, 0);
}
