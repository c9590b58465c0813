/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * comparison: the figures of rounds and their effects. Whether rounds may be compared is in
 * comparison_check.c, what the causes were in comparison_causes.c.
 */
#define LULL_MODEL_COMPARISON_PRIVATE
#include "model/comparison.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/comparison_p.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "model/rows.h"

#define MINUTE_NS 60e9
#define BUCKET	  0.0079 /* of its value: how wide one is, with two digits */

void comparison_done(struct comparison *comparison)
{
	for (unsigned int i = 0; i < comparison->n_causes; i++)
		free(comparison->causes[i].name);
	for (unsigned int i = 0; i < comparison->n_reasons; i++)
		free(comparison->reasons[i]);
	free(comparison->causes);
	free(comparison->reasons);
	free(comparison->figures);
	hist_done(&comparison->gap_a);
	hist_done(&comparison->gap_b);
	*comparison = (struct comparison){ .n_a = 0 };
}

bool comparison_is_theft(const struct rec_entry *entry, bool of_cpus)
{
	return of_cpus ? !rec_entry_is_idle(entry) : rows_is_theft(entry->kind);
}

/* Those of interrupts that the host takes say nothing of what the guest does; a shield moves them. */
static bool is_of_guest(const struct rec_entry *exit)
{
	static const char *const of_host[] = { "external_interrupt", "interrupt", "nmi", "smi" };

	for (size_t i = 0; i < ARRAY_SIZE(of_host); i++)
		if (streq(exit->name ?: "", of_host[i]))
			return false;
	return true;
}

static int sum_thread(const struct rec_thread *thread, struct round_sums *sums)
{
	sums->wall_ns += thread->wall_ns;
	sums->guest_ns += rec_thread_row_ns(thread, "guest");
	sums->wanted_ns += rec_thread_wanted_ns(thread);
	sums->taken_ns += rec_thread_taken_ns(thread);
	sums->longest_ns = max(sums->longest_ns, rec_thread_longest_ns(thread));
	for (unsigned int i = 0; i < thread->n_ledger; i++) {
		if (streq(thread->ledger[i].kind, "exit") && is_of_guest(&thread->ledger[i]))
			sums->exits += thread->ledger[i].count;
	}
	return hist_gather(&sums->gap, &thread->gap);
}

static void sum_cpu(const struct rec_cpu *cpu, struct round_sums *sums)
{
	sums->wall_ns += cpu->wall_ns;
	sums->wanted_ns += cpu->wall_ns;
	for (unsigned int i = 0; i < cpu->n_sources; i++) {
		if (!comparison_is_theft(&cpu->sources[i], true))
			continue;
		sums->taken_ns += cpu->sources[i].sum_ns;
		sums->longest_ns = max(sums->longest_ns, cpu->sources[i].max_ns);
	}
}

static int sum_round(const struct recording *rec, bool of_cpus, struct round_sums *sums)
{
	int err = 0;

	sums->duration_ns = rec->duration_ns;
	sums->stalls = rec->stalls_total;
	for (unsigned int i = 0; i < rec->n_threads && !of_cpus && !err; i++)
		err = sum_thread(&rec->threads[i], sums);
	for (unsigned int i = 0; i < rec->n_cpus && of_cpus; i++)
		sum_cpu(&rec->cpus[i], sums);
	return err;
}

/* A rate of which a side saw no event is below this at 95 %. */
static double bound_of(const struct rounds *rounds, unsigned int from, unsigned int to,
		       const double *values, enum figure_unit unit)
{
	double time_ns = 0;

	for (unsigned int i = from; i < to; i++) {
		if (values[i] > 0)
			return 0;
		time_ns += (double)rounds->sums[i].duration_ns;
	}
	return stats_rate_bound(0, time_ns / (unit == FIGURE_PER_MINUTE ? MINUTE_NS : 1e9));
}

int comparison_add_figure(const struct rounds *rounds, const char *name, enum figure_unit unit,
			  int cause, const double *values, struct comparison *comparison)
{
	const double *b = values + rounds->n_a;
	unsigned int n = comparison->n_figures;
	struct comparison_figure *bigger =
		reallocarray(comparison->figures, n + 1UL, sizeof(*bigger));
	struct comparison_figure figure = { .name = name, .unit = unit, .cause = cause };
	int err = 0;

	if (!bigger)
		return -ENOMEM;
	comparison->figures = bigger;
	figure.a = stats_mean(values, rounds->n_a);
	figure.b = stats_mean(b, rounds->n_b);
	if (rounds->is_paired)
		err = stats_paired(values, b, rounds->n_a, &figure.effect);
	else
		stats_unpaired(values, rounds->n_a, b, rounds->n_b, &figure.effect);
	if (err)
		return err;
	/* Rounds that fell into the same bucket did not agree by so much. */
	if (unit == FIGURE_NS && fabs(figure.effect.effect) <= BUCKET * max(figure.a, figure.b))
		figure.effect.p = 1;
	if (unit == FIGURE_PER_MINUTE || unit == FIGURE_PER_SECOND) {
		figure.bound_a = bound_of(rounds, 0, rounds->n_a, values, unit);
		figure.bound_b = bound_of(rounds, rounds->n_a, rounds->n, values, unit);
	}
	bigger[n] = figure;
	comparison->n_figures++;
	return 0;
}

static double share_of(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static int add_gaps(const struct rounds *rounds, double *values, struct comparison *comparison)
{
	static const struct {
		const char *name;
		uint32_t share;
	} quantiles[] = { { "gap_p50", 500000 },
			  { "gap_p99", 990000 },
			  { "gap_p999", 999000 },
			  { "gap_max", 1000000 } };
	int err = 0;

	for (unsigned int q = 0; q < ARRAY_SIZE(quantiles) && !err; q++) {
		for (unsigned int i = 0; i < rounds->n; i++)
			values[i] =
				(double)hist_percentile(&rounds->sums[i].gap, quantiles[q].share);
		err = comparison_add_figure(rounds, quantiles[q].name, FIGURE_NS, -1, values,
					    comparison);
	}
	for (unsigned int i = 0; i < rounds->n && !err; i++)
		err = hist_gather(i < rounds->n_a ? &comparison->gap_a : &comparison->gap_b,
				  &rounds->sums[i].gap);
	return err;
}

static int add_figures(const struct rounds *rounds, struct comparison *comparison)
{
	auto_free double *values = calloc(rounds->n + 1UL, sizeof(*values));
	int err;

	if (!values)
		return -ENOMEM;
	for (unsigned int i = 0; i < rounds->n; i++)
		values[i] = share_of(rounds->sums[i].taken_ns, rounds->sums[i].wanted_ns);
	err = comparison_add_figure(rounds, "taken", FIGURE_SHARE, -1, values, comparison);
	if (!err && !rounds->of_cpus)
		err = add_gaps(rounds, values, comparison);
	for (unsigned int i = 0; i < rounds->n && !err; i++)
		values[i] =
			MINUTE_NS * share_of(rounds->sums[i].stalls, rounds->sums[i].duration_ns);
	if (!err && !rounds->of_cpus)
		err = comparison_add_figure(rounds, "stalls", FIGURE_PER_MINUTE, -1, values,
					    comparison);
	return err ?: comparison_add_causes(rounds, comparison);
}

/* All figures but the primary one are corrected together. */
static int judge(const struct verdict_limits *limits, struct comparison *comparison)
{
	unsigned int n = comparison->n_figures;
	auto_free double *p = calloc(n + 1UL, sizeof(*p));
	struct comparison_figure *figures = comparison->figures;
	const struct verdict_case given = {
		.complete = true,
		.share_before = figures[0].a,
		.longest_before_ns = comparison->longest_a_ns,
		.effect = &figures[0].effect,
	};

	if (!p)
		return -ENOMEM;
	for (unsigned int i = 1; i < n; i++)
		p[i] = figures[i].effect.p;
	if (stats_holm(p + 1, n - 1))
		return -ENOMEM;
	comparison->verdict = verdict_of(&given, limits);
	figures[0].p = figures[0].effect.p;
	figures[0].verdict = comparison->verdict;
	for (unsigned int i = 1; i < n; i++) {
		figures[i].p = p[i];
		figures[i].verdict = verdict_of_figure(&figures[i].effect, p[i]);
		if (figures[i].cause >= 0 && figures[i].unit == FIGURE_SHARE)
			comparison->causes[figures[i].cause].verdict = figures[i].verdict;
	}
	return 0;
}

static int compare(const struct rounds *rounds, const struct verdict_limits *limits,
		   struct comparison *comparison)
{
	int err = comparison_check(rounds, comparison);

	for (unsigned int i = 0; i < rounds->n; i++) {
		const struct round_sums *sums = &rounds->sums[i];
		bool is_b = i >= rounds->n_a;
		uint64_t *longest = is_b ? &comparison->longest_b_ns : &comparison->longest_a_ns;

		*(is_b ? &comparison->time_b_ns : &comparison->time_a_ns) += sums->duration_ns;
		*longest = max(*longest, sums->longest_ns);
	}
	if (err || comparison->is_refused)
		return err;
	if (min(rounds->n_a, rounds->n_b) < STATS_ROUNDS_MIN)
		err = comparison_add_reason(
			comparison, "%u and %u rounds: an interval needs at least %u a side",
			rounds->n_a, rounds->n_b, STATS_ROUNDS_MIN);
	err = err ?: add_figures(rounds, comparison);
	return err ?: judge(limits, comparison);
}

/* Rounds with victims are compared by these, others by their CPUs. */
static bool are_of_cpus(const struct comparison_round *rounds, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (rounds[i].rec->n_threads)
			return false;
	}
	return true;
}

int comparison_make(const struct comparison_sides *sides, const struct verdict_limits *limits,
		    struct comparison *ret)
{
	struct comparison comparison = { .is_paired = sides->is_paired };
	auto_free struct comparison_round *all =
		calloc(sides->n_a + sides->n_b + 1UL, sizeof(*all));
	struct rounds rounds = { .rounds = all, .is_paired = sides->is_paired };
	int err = all ? comparison_choose(sides, all, &comparison) : -ENOMEM;

	rounds.n_a = comparison.n_a;
	rounds.n_b = comparison.n_b;
	rounds.n = rounds.n_a + rounds.n_b;
	rounds.sums = calloc(rounds.n + 1UL, sizeof(*rounds.sums));
	if (!rounds.sums)
		err = -ENOMEM;
	if (!err)
		rounds.of_cpus = comparison.of_cpus = are_of_cpus(all, rounds.n);
	for (unsigned int i = 0; i < rounds.n && !err; i++)
		err = sum_round(all[i].rec, rounds.of_cpus, &rounds.sums[i]);
	err = err ?: compare(&rounds, limits, &comparison);
	for (unsigned int i = 0; i < rounds.n && rounds.sums; i++)
		hist_done(&rounds.sums[i].gap);
	free(rounds.sums);
	if (err)
		comparison_done(&comparison);
	else
		*ret = comparison;
	return err;
}
