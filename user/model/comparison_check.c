/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * comparison_check: may these rounds be compared? They must be whole, watch the same, and have
 * worked alike: a guest that does less is disturbed less.
 */
#define LULL_MODEL_COMPARISON_PRIVATE
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/comparison_p.h"
#include "model/recording.h"

#define LOAD_RATIO 1.2
#define EXITS_MIN  100 /* a second: fewer take less than a tenth of what counts as a change */

int comparison_add_reason(struct comparison *comparison, const char *fmt, ...)
{
	char **bigger =
		reallocarray(comparison->reasons, comparison->n_reasons + 1UL, sizeof(*bigger));
	va_list ap;
	char *text;

	if (!bigger)
		return -ENOMEM;
	comparison->reasons = bigger;
	va_start(ap, fmt);
	text = str_vformat(fmt, ap);
	va_end(ap);
	if (!text)
		return -ENOMEM;
	bigger[comparison->n_reasons++] = text;
	return 0;
}

static bool is_whole(const struct recording *rec)
{
	return rec->complete && !rec->dropped && !rec->recursion_misses && !rec->n_anomalies &&
	       !rec->n_incomplete;
}

/* What was lost, in words, of a round that is not whole. */
static const char *loss_of(const struct recording *rec)
{
	if (rec->n_incomplete)
		return rec->incomplete[0].name;
	if (rec->n_anomalies)
		return rec->anomalies[0].name;
	return rec->dropped ? "stalls that did not fit" : "something was lost";
}

static int leave_out(const struct comparison_sides *sides, unsigned int pair,
		     struct comparison *comparison)
{
	bool is_b = is_whole(sides->a[pair].rec);
	const struct recording *rec = is_b ? sides->b[pair].rec : sides->a[pair].rec;

	comparison->n_left_out++;
	return comparison_add_reason(comparison, "pair %u is left out, for the round %s: %.80s",
				     pair + 1, is_b ? "after" : "before", loss_of(rec));
}

static void take(struct comparison_round *all, const struct comparison_round *side, unsigned int n)
{
	if (n)
		memcpy(all, side, n * sizeof(*all));
}

int comparison_choose(const struct comparison_sides *sides, struct comparison_round *all,
		      struct comparison *comparison)
{
	unsigned int n = 0;
	int err = 0;

	if (!sides->is_paired) {
		comparison->n_a = sides->n_a;
		comparison->n_b = sides->n_b;
		take(all, sides->a, sides->n_a);
		take(all + sides->n_a, sides->b, sides->n_b);
		return 0;
	}
	for (unsigned int i = 0; i < sides->n_a; i++)
		n += is_whole(sides->a[i].rec) && is_whole(sides->b[i].rec);
	for (unsigned int i = 0; i < sides->n_a && !err; i++) {
		if (!is_whole(sides->a[i].rec) || !is_whole(sides->b[i].rec)) {
			err = leave_out(sides, i, comparison);
			continue;
		}
		all[comparison->n_a] = sides->a[i];
		all[n + comparison->n_a++] = sides->b[i];
	}
	comparison->n_b = n;
	return err;
}

/* What a victim is called wherever it runs: pids and tids differ from run to run. */
static int victim_name(const struct rec_thread *thread, struct str *ret)
{
	if (thread->vcpu >= 0)
		return str_addf(ret, "%s vcpu %d", thread->vm ?: "VM", thread->vcpu);
	return str_addf(ret, "%s", thread->comm ?: "?");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "comm, comm, win11 vcpu 0", sorted; or "CPUs 2-3". */
static int watched(const struct recording *rec, bool of_cpus, struct str *ret)
{
	auto_free char **names = calloc(rec->n_threads + 1UL, sizeof(*names));
	unsigned int n = 0;
	int err = names ? 0 : -ENOMEM;

	if (of_cpus)
		return err ?: str_addf(ret, "CPUs %s", rec->watch_cpus ?: "?");
	for (; n < rec->n_threads && !err; n++) {
		struct str name = { .s = NULL };

		err = victim_name(&rec->threads[n], &name);
		names[n] = name.s;
	}
	if (!err)
		qsort(names, n, sizeof(*names), by_name);
	for (unsigned int i = 0; i < n; i++) {
		err = err ?: str_addf(ret, "%s%s", i ? ", " : "", names[i]);
		free(names[i]);
	}
	return err;
}

/* Many victims make a long line: its beginning is enough to see what is meant. */
static int check_watched(const struct rounds *rounds, struct comparison *comparison)
{
	auto_str struct str first = { .s = NULL };
	int err = watched(rounds->rounds[0].rec, rounds->of_cpus, &first);

	for (unsigned int i = 1; i < rounds->n && !err; i++) {
		auto_str struct str other = { .s = NULL };

		err = watched(rounds->rounds[i].rec, rounds->of_cpus, &other);
		if (err || streq(first.s ?: "", other.s ?: ""))
			continue;
		comparison->is_refused = true;
		return comparison_add_reason(comparison, "%s watched %.120s, but %s watched %.120s",
					     rounds->rounds[0].name, first.s ?: "nothing",
					     rounds->rounds[i].name, other.s ?: "nothing");
	}
	return err;
}

static int check_loss(const struct rounds *rounds, struct comparison *comparison)
{
	int err = 0;

	for (unsigned int i = 0; i < rounds->n && !err; i++) {
		if (is_whole(rounds->rounds[i].rec))
			continue;
		comparison->is_refused = true;
		err = comparison_add_reason(comparison, "%s is incomplete: something was lost",
					    rounds->rounds[i].name);
	}
	return err;
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

/* A figure of the load, before and after. */
static bool differs(const double of[2], double least)
{
	double low = min(of[0], of[1]), high = max(of[0], of[1]);

	return high > LOAD_RATIO * low && high - low > least;
}

/*
 * The same work runs as long, and wants more time while it is kept waiting; work without an end
 * wants all of the time, and runs for what is left. A load that is another one runs and wants less,
 * or more.
 */
static bool is_other_load(const double wanted[2], const double ran[2])
{
	return differs(wanted, 0) && differs(ran, 0) &&
	       (wanted[0] < wanted[1]) == (ran[0] < ran[1]);
}

static int check_load(const struct rounds *rounds, struct comparison *comparison)
{
	double wanted[2] = { 0 }, ran[2] = { 0 }, exits[2] = { 0 };
	int err = 0;

	for (unsigned int i = 0; i < rounds->n; i++) {
		const struct round_sums *sums = &rounds->sums[i];
		bool is_b = i >= rounds->n_a;
		unsigned int n = is_b ? rounds->n_b : rounds->n_a;
		uint64_t taken_ns = min(sums->taken_ns, sums->wanted_ns);

		wanted[is_b] += ratio(sums->wanted_ns, sums->wall_ns) / n;
		ran[is_b] += ratio(sums->wanted_ns - taken_ns, sums->wall_ns) / n;
		exits[is_b] += 1e9 * ratio(sums->exits, sums->guest_ns) / n;
	}
	comparison->is_refused |= is_other_load(wanted, ran) || differs(exits, EXITS_MIN);
	if (is_other_load(wanted, ran))
		err = comparison_add_reason(
			comparison,
			"the load differs by more than 20 %%: the victims wanted to run %.1f %% of the time before, %.1f %% after, and ran %.1f %% and %.1f %%",
			100 * wanted[0], 100 * wanted[1], 100 * ran[0], 100 * ran[1]);
	if (!err && differs(exits, EXITS_MIN))
		err = comparison_add_reason(
			comparison,
			"the load differs by more than 20 %%: %.0f exits a second of guest time before, %.0f after",
			exits[0], exits[1]);
	return err;
}

int comparison_check(const struct rounds *rounds, struct comparison *comparison)
{
	int err = 0;

	if (!rounds->n_a || !rounds->n_b) {
		comparison->is_refused = true;
		if (comparison->n_left_out)
			return 0;
		return comparison_add_reason(comparison, "no rounds %s",
					     rounds->n_a ? "after" : "before");
	}
	err = check_loss(rounds, comparison);
	err = err ?: check_watched(rounds, comparison);
	if (!err && !comparison->is_refused)
		err = check_load(rounds, comparison);
	return err;
}
