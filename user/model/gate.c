/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/gate.h"

#include <errno.h>

#include "base/cleanup.h"
#include "model/hist.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "model/stats.h"

#define MILLION	  1000000
#define MINUTE_NS 60e9

/* Of all recordings together. */
struct sums {
	uint64_t wanted_ns, taken_ns, longest_ns, stalls;
	bool lacks_gaps; /* something ran of which no histogram was kept */
	struct hist gap;
};

static int sum_thread(const struct rec_thread *thread, struct sums *sums)
{
	sums->wanted_ns += rec_thread_wanted_ns(thread);
	sums->taken_ns += rec_thread_taken_ns(thread);
	sums->longest_ns = max(sums->longest_ns, rec_thread_longest_ns(thread));
	sums->longest_ns = max(sums->longest_ns, rec_thread_open_ns(thread));
	return hist_gather(&sums->gap, &thread->gap);
}

static int sum_cpu(const struct rec_cpu *cpu, struct sums *sums)
{
	int err = 0;

	sums->wanted_ns += cpu->wall_ns;
	for (unsigned int i = 0; i < cpu->n_sources && !err; i++) {
		const struct rec_entry *entry = &cpu->sources[i];

		if (rec_entry_is_idle(entry))
			continue;
		sums->taken_ns += entry->sum_ns;
		sums->longest_ns = max(sums->longest_ns, entry->max_ns);
		sums->lacks_gaps |= entry->count && !entry->hist.digits;
		err = hist_gather(&sums->gap, &entry->hist);
	}
	return err;
}

static int sum_recording(const struct recording *rec, bool of_cpus, struct sums *sums)
{
	int err = 0;

	sums->stalls += rec->stalls_total;
	for (unsigned int i = 0; i < rec->n_threads && !of_cpus && !err; i++)
		err = sum_thread(&rec->threads[i], sums);
	for (unsigned int i = 0; i < rec->n_cpus && of_cpus && !err; i++)
		err = sum_cpu(&rec->cpus[i], sums);
	return err;
}

static uint64_t row_of_cpus_ns(const struct recording *rec, const char *source)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < rec->n_cpus; i++)
		for (unsigned int k = 0; k < rec->cpus[i].n_sources; k++) {
			const struct rec_entry *entry = &rec->cpus[i].sources[k];

			if (streq(entry->kind, source) && !rec_entry_is_idle(entry))
				sum += entry->sum_ns;
		}
	return sum;
}

static uint64_t row_ns(const struct recording *rec, const char *row, bool of_cpus)
{
	uint64_t sum = 0;

	if (of_cpus)
		return row_of_cpus_ns(rec, row);
	for (unsigned int i = 0; i < rec->n_threads; i++)
		sum += rec_thread_row_ns(&rec->threads[i], row);
	return sum;
}

static double share_of(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static bool has_samples(const struct gate_result *result, const struct sums *sums)
{
	return !sums->lacks_gaps &&
	       (double)result->samples * (MILLION - result->limit.quantile) >= MILLION;
}

static void judge_one(const struct gate *gate, const struct sums *sums, struct gate_result *result)
{
	const struct gate_limit *limit = &result->limit;
	bool is_kept = true, is_known = true;

	switch (limit->kind) {
	case GATE_TAKEN:
		result->share = share_of(sums->taken_ns, sums->wanted_ns);
		is_kept = result->share <= limit->share;
		break;
	case GATE_ROW:
		is_kept = result->share <= limit->share;
		break;
	case GATE_LONGEST:
		result->value = sums->longest_ns;
		is_kept = result->value <= limit->most;
		break;
	case GATE_QUANTILE:
		result->value = hist_percentile(&sums->gap, limit->quantile);
		result->samples = sums->gap.count;
		is_kept = result->value <= limit->most;
		is_known = has_samples(result, sums);
		break;
	case GATE_STALLS:
		result->value = sums->stalls;
		is_kept = result->value <= limit->most;
		if (!sums->stalls && gate->duration_ns)
			result->bound = stats_rate_bound(0, (double)gate->duration_ns / MINUTE_NS);
		break;
	}
	if (is_known && !is_kept)
		result->verdict = GATE_BROKEN;
	else if (!is_known || !gate->is_complete || gate->is_idle)
		result->verdict = GATE_INCONCLUSIVE;
}

static enum gate_verdict verdict_of(const struct gate *gate)
{
	bool is_known = gate->is_complete && !gate->is_idle;

	for (unsigned int i = 0; i < gate->n; i++) {
		if (gate->results[i].verdict == GATE_BROKEN)
			return GATE_BROKEN;
		is_known &= gate->results[i].verdict == GATE_KEPT;
	}
	return is_known ? GATE_KEPT : GATE_INCONCLUSIVE;
}

int gate_judge(const struct recording *const *recs, unsigned int n_recs,
	       const struct gate_limit *limits, unsigned int n_limits, struct gate *ret)
{
	struct gate gate = { .of_cpus = true, .is_complete = n_recs > 0 };
	struct sums sums = { .wanted_ns = 0 };
	int err = 0;

	if (n_limits > GATE_LIMITS_MAX)
		return -E2BIG;
	for (unsigned int i = 0; i < n_recs; i++)
		gate.of_cpus &= !recs[i]->n_threads;
	for (unsigned int i = 0; i < n_recs && !err; i++) {
		err = sum_recording(recs[i], gate.of_cpus, &sums);
		gate.is_complete &= recs[i]->complete;
		gate.duration_ns += recs[i]->duration_ns;
		gate.stall_ns = recs[i]->stall_threshold_ns;
	}
	gate.is_idle = !sums.wanted_ns;
	for (unsigned int i = 0; i < n_limits && !err; i++) {
		struct gate_result *result = &gate.results[gate.n++];
		uint64_t ns = 0;

		result->limit = limits[i];
		for (unsigned int k = 0; k < n_recs && limits[i].kind == GATE_ROW; k++)
			ns += row_ns(recs[k], limits[i].row, gate.of_cpus);
		result->share = share_of(ns, sums.wanted_ns);
		judge_one(&gate, &sums, result);
	}
	hist_done(&sums.gap);
	gate.verdict = verdict_of(&gate);
	if (!err)
		*ret = gate;
	return err;
}

const char *gate_word(enum gate_verdict verdict)
{
	static const char *const words[] = {
		[GATE_KEPT] = "kept",
		[GATE_BROKEN] = "broken",
		[GATE_INCONCLUSIVE] = "inconclusive",
	};

	return words[verdict];
}
