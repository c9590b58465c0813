/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/selfcost.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>

#include "base/cleanup.h"
#include "model/selfcost.h"
#include "report/json_value.h"

enum unit { UNIT_SHARE, UNIT_NS, UNIT_PER_SECOND };

static const struct row {
	const char *key, *what;
	enum unit unit;
} rows[] = {
	[SELFCOST_PROBE_LOST] = { "probe_lost", "time the probe was away", UNIT_SHARE },
	[SELFCOST_PROBE_P99] = { "probe_gap_p99", "gaps of the probe, p99", UNIT_NS },
	[SELFCOST_PROBE_MAX] = { "probe_gap_max", "gaps of the probe, longest", UNIT_NS },
	[SELFCOST_EXITS] = { "exits", "VM exits, of run time", UNIT_PER_SECOND },
	[SELFCOST_RUN] = { "run", "run time, of wall time", UNIT_SHARE },
	[SELFCOST_WAIT] = { "wait", "waiting for a CPU, of wall time", UNIT_SHARE },
	[SELFCOST_INTERRUPTS] = { "interrupts", "interrupts but the timer's", UNIT_PER_SECOND },
};

static const char *const unit_names[] = {
	[UNIT_SHARE] = "share", [UNIT_NS] = "ns", [UNIT_PER_SECOND] = "per_second"
};

static const char *value_text(double value, enum unit unit, bool is_signed, char *buf, size_t cap)
{
	const char *sign = is_signed && value >= 0 ? "+" : "";

	if (unit == UNIT_SHARE)
		(void)snprintf(buf, cap, "%s%.3f %%", sign, value * 100);
	else if (unit == UNIT_NS)
		(void)snprintf(buf, cap, "%s%.1f us", sign, value / 1000);
	else
		(void)snprintf(buf, cap, "%s%.1f /s", sign, value);
	return buf;
}

static void write_figure(const struct selfcost *cost, unsigned int i, FILE *out)
{
	const struct stats_effect *e = &cost->effect[i];
	char a[32], b[32], effect[32], low[32], high[32];

	(void)fprintf(
		out, "  %-32s %12s %12s %13s", rows[i].what,
		value_text(stats_mean(cost->a[i], cost->pairs), rows[i].unit, false, a, sizeof(a)),
		value_text(stats_mean(cost->b[i], cost->pairs), rows[i].unit, false, b, sizeof(b)),
		value_text(e->effect, rows[i].unit, true, effect, sizeof(effect)));
	if (e->has_interval)
		(void)fprintf(out, "  [%s, %s]",
			      value_text(e->low, rows[i].unit, true, low, sizeof(low)),
			      value_text(e->high, rows[i].unit, true, high, sizeof(high)));
	(void)fputc('\n', out);
}

static void write_change(const char *what, const struct selfcost_change *change, unsigned int n,
			 FILE *out)
{
	(void)fprintf(out, "  %-32s %.1f ms, at most %.1f; %.1f interrupts on the watched CPUs\n",
		      what, (double)change->ns_sum / n / 1e6, (double)change->ns_max / 1e6,
		      (double)change->interrupts_sum / n);
}

static void write_programs(const struct selfcost *cost, FILE *out)
{
	(void)fprintf(out,
		      "\nBy program, over %.1f s beside the rounds (with the kernel's statistics "
		      "on, which add to each):\n  %-20s %12s %10s\n",
		      (double)cost->programs_wall_ns / 1e9, "program", "events/s", "ns/event");
	for (unsigned int i = 0; i < cost->n_programs; i++) {
		const struct selfcost_program *p = &cost->programs[i];

		if (p->runs)
			(void)fprintf(out, "  %-20s %12.1f %10.0f\n", p->name,
				      (double)p->runs * 1e9 / (double)cost->programs_wall_ns,
				      (double)p->run_ns / (double)p->runs);
	}
	(void)fprintf(out, "  all together: %.4f %% of the watched CPUs' time\n",
		      selfcost_programs_share(cost) * 100);
}

static const char *answer(const struct selfcost *cost)
{
	const struct stats_effect *e = &cost->effect[SELFCOST_PROBE_LOST];

	if (!cost->complete)
		return "incomplete: events were lost";
	if (cost->pairs < STATS_ROUNDS_MIN)
		return "incomplete: fewer than 3 pairs of rounds";
	if (!cost->has[SELFCOST_PROBE_LOST])
		return "no probe was given: what a guest feels is shown by exits and run time only";
	if (e->low > 0)
		return "the probe lost more time with lull than without";
	return e->high < 0 ? "the probe lost less time with lull: something else changed"
			   : "no detectable effect on the probe";
}

int report_selfcost_text(const struct selfcost *cost, FILE *out)
{
	(void)fprintf(out, "%s\n\n%u pairs of rounds of %.1f s; watched: %u CPU%s, %u thread%s\n\n",
		      answer(cost), cost->pairs, (double)cost->round_ns / 1e9, cost->n_cpus,
		      cost->n_cpus == 1 ? "" : "s", cost->n_threads,
		      cost->n_threads == 1 ? "" : "s");
	(void)fprintf(out, "  %-32s %12s %12s %13s  [95 %%]\n", "", "without", "with lull",
		      "effect");
	for (unsigned int i = 0; i < SELFCOST_FIGURES; i++)
		if (cost->has[i])
			write_figure(cost, i, out);
	(void)fputc('\n', out);
	if (cost->pairs) {
		write_change("attaching", &cost->attach, cost->pairs, out);
		write_change("detaching", &cost->detach, cost->pairs, out);
	}
	(void)fprintf(out, "  %-32s %" PRIu64 " on the watched CPUs while measuring\n",
		      "interrupts that lull asked for", cost->own_interrupts);
	if (cost->attached_ns)
		(void)fprintf(out, "  %-32s %.3f %% of a CPU, for %.0f events/s\n",
			      "lull's process",
			      (double)cost->own_cpu_ns * 100 / (double)cost->attached_ns,
			      (double)cost->events * 1e9 / (double)cost->attached_ns);
	if (cost->n_programs)
		write_programs(cost, out);
	return ferror(out) ? -EIO : 0;
}

static int add_figure(struct json_object *figures, const struct selfcost *cost, unsigned int i)
{
	struct json_object *item = json_value_item(figures), *rounds;
	int err = json_value_text(item, "name", rows[i].key);

	err = err ?: json_value_text(item, "unit", unit_names[rows[i].unit]);
	err = err ?: json_value_number(item, "without", stats_mean(cost->a[i], cost->pairs));
	err = err ?: json_value_number(item, "with", stats_mean(cost->b[i], cost->pairs));
	err = err ?: json_value_effect(item, &cost->effect[i]);
	rounds = json_value_list(item, "rounds_without");
	for (unsigned int k = 0; k < cost->pairs && !err; k++)
		err = json_value_add_number(rounds, cost->a[i][k]);
	rounds = json_value_list(item, "rounds_with");
	for (unsigned int k = 0; k < cost->pairs && !err; k++)
		err = json_value_add_number(rounds, cost->b[i][k]);
	return err;
}

static int add_change(struct json_object *document, const char *key,
		      const struct selfcost_change *change, unsigned int n)
{
	struct json_object *item = json_value_object(document, key);
	int err = json_value_u64(item, "mean_ns", n ? change->ns_sum / n : 0);

	err = err ?: json_value_u64(item, "max_ns", change->ns_max);
	return err
		       ?: json_value_number(item, "interrupts",
					    n ? (double)change->interrupts_sum / n : NAN);
}

static int add_program(struct json_object *programs, const struct selfcost_program *p)
{
	struct json_object *item = json_value_item(programs);
	int err = json_value_text(item, "name", p->name);

	err = err ?: json_value_u64(item, "run_cnt", p->runs);
	return err ?: json_value_u64(item, "run_ns", p->run_ns);
}

static int fill(struct json_object *document, const struct selfcost *cost)
{
	struct json_object *list;
	int err = json_value_text(document, "schema", "lull.selfcost/1");

	err = err ?: json_value_text(document, "answer", answer(cost));
	err = err ?: json_value_bool(document, "complete", cost->complete);
	err = err ?: json_value_u64(document, "pairs", cost->pairs);
	err = err ?: json_value_u64(document, "round_ns", cost->round_ns);
	err = err ?: json_value_u64(document, "cpus", cost->n_cpus);
	err = err ?: json_value_u64(document, "threads", cost->n_threads);
	if (!err && cost->probe_cpu >= 0)
		err = json_value_i64(document, "probe_cpu", cost->probe_cpu);
	list = json_value_list(document, "figures");
	for (unsigned int i = 0; i < SELFCOST_FIGURES && !err; i++)
		if (cost->has[i])
			err = add_figure(list, cost, i);
	err = err ?: add_change(document, "attach", &cost->attach, cost->pairs);
	err = err ?: add_change(document, "detach", &cost->detach, cost->pairs);
	err = err ?: json_value_u64(document, "own_interrupts", cost->own_interrupts);
	err = err ?: json_value_u64(document, "events", cost->events);
	err = err ?: json_value_u64(document, "cpu_ns", cost->own_cpu_ns);
	err = err ?: json_value_u64(document, "attached_ns", cost->attached_ns);
	err = err ?: json_value_u64(document, "programs_wall_ns", cost->programs_wall_ns);
	err = err ?: json_value_number(document, "programs_share", selfcost_programs_share(cost));
	list = json_value_list(document, "programs");
	for (unsigned int i = 0; i < cost->n_programs && !err; i++)
		err = add_program(list, &cost->programs[i]);
	return err;
}

int report_selfcost_json(const struct selfcost *cost, FILE *out)
{
	struct json_object *document = json_object_new_object();
	int err = document ? fill(document, cost) : -ENOMEM;

	err = err ?: json_value_write(document, out);
	json_object_put(document);
	return err;
}
