/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * comparison_causes: what took time, matched by name between rounds. A name that differs from run
 * to run (the pid of a task, the number of an interrupt) is cut to what stays.
 */
#define LULL_MODEL_COMPARISON_PRIVATE
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/comparison_p.h"
#include "model/recording.h"
#include "model/subject.h"

#define FIGURES_OF 10	/* causes; each one more makes the correction of all others dearer */
#define LEFT	   0.05 /* of its time, and it went */

/* One cause while it is gathered: @ns and @count hold one number a round. */
struct gathered {
	enum explain_class class;
	char *name;
	const char *row;
	uint64_t largest_ns; /* of one entry: names the row */
	double *ns, *count;  /* per round */
	double share[2], rate[2];
};

struct gathering {
	struct gathered *v;
	unsigned int n;
};

static void gathering_done(struct gathering *g)
{
	for (unsigned int i = 0; i < g->n; i++) {
		free(g->v[i].name);
		free(g->v[i].ns);
		free(g->v[i].count);
	}
	free(g->v);
}

/*
 * Who it was, as the next round would call it: "kworker/2:1 311" is "kworker/2", whichever worker of
 * that CPU it is, "131 nvme0q3 (...)" is "nvme0q3 (...)", "make 4242 (user.slice)" is "make". -ENOMEM.
 */
static int stable_name(const struct rec_entry *entry, bool of_cpus, enum explain_class *ret_class,
		       char **ret)
{
	struct subject subject;
	size_t digits;

	subject_of_entry(entry, of_cpus, &subject);
	*ret_class = subject.class;
	if (subject.class == EXPLAIN_WORKER)
		*ret = strndup(entry->name, strcspn(entry->name, ": "));
	else if (!subject.len)
		*ret = strdup(entry->kind);
	else {
		digits = strspn(subject.name, "0123456789");
		if (subject.class != EXPLAIN_IRQ || digits + 1 >= subject.len)
			digits = 0;
		else
			digits++;
		*ret = strndup(subject.name + digits, subject.len - digits);
	}
	return *ret ? 0 : -ENOMEM;
}

static int find_or_add(struct gathering *g, enum explain_class class, char *name,
		       unsigned int n_rounds, struct gathered **ret)
{
	struct gathered *bigger;

	for (unsigned int i = 0; i < g->n; i++) {
		if (g->v[i].class == class && streq(g->v[i].name, name)) {
			*ret = &g->v[i];
			free(name);
			return 0;
		}
	}
	bigger = reallocarray(g->v, g->n + 1UL, sizeof(*bigger));
	if (!bigger) {
		free(name);
		return -ENOMEM;
	}
	g->v = bigger;
	bigger[g->n] = (struct gathered){ .class = class,
					  .name = name,
					  .ns = calloc(n_rounds, sizeof(double)),
					  .count = calloc(n_rounds, sizeof(double)) };
	*ret = &bigger[g->n++];
	return (*ret)->ns && (*ret)->count ? 0 : -ENOMEM;
}

static int gather_entries(const struct rounds *rounds, unsigned int round,
			  const struct rec_entry *entries, unsigned int n, struct gathering *g)
{
	for (unsigned int i = 0; i < n; i++) {
		struct gathered *cause = NULL;
		enum explain_class class;
		char *name = NULL;
		int err;

		if (!comparison_is_theft(&entries[i], rounds->of_cpus))
			continue;
		err = stable_name(&entries[i], rounds->of_cpus, &class, &name);
		err = err ?: find_or_add(g, class, name, rounds->n, &cause);
		if (err)
			return err;
		cause->ns[round] += (double)entries[i].sum_ns;
		cause->count[round] += (double)entries[i].count;
		if (!cause->row || entries[i].sum_ns > cause->largest_ns) {
			cause->row = entries[i].kind;
			cause->largest_ns = entries[i].sum_ns;
		}
	}
	return 0;
}

static int gather(const struct rounds *rounds, struct gathering *g)
{
	int err = 0;

	for (unsigned int i = 0; i < rounds->n; i++) {
		const struct recording *rec = rounds->rounds[i].rec;

		for (unsigned int t = 0; t < rec->n_threads && !rounds->of_cpus && !err; t++)
			err = gather_entries(rounds, i, rec->threads[t].ledger,
					     rec->threads[t].n_ledger, g);
		for (unsigned int c = 0; c < rec->n_cpus && rounds->of_cpus && !err; c++)
			err = gather_entries(rounds, i, rec->cpus[c].sources,
					     rec->cpus[c].n_sources, g);
	}
	return err;
}

/* From sums to shares of the wanted time and events a second, and their means a side. */
static void scale(const struct rounds *rounds, struct gathered *cause)
{
	for (unsigned int i = 0; i < rounds->n; i++) {
		const struct round_sums *sums = &rounds->sums[i];
		bool is_b = i >= rounds->n_a;
		unsigned int n = is_b ? rounds->n_b : rounds->n_a;

		cause->ns[i] = sums->wanted_ns ? cause->ns[i] / (double)sums->wanted_ns : 0;
		cause->count[i] =
			sums->duration_ns ? 1e9 * cause->count[i] / (double)sums->duration_ns : 0;
		cause->share[is_b] += cause->ns[i] / n;
		cause->rate[is_b] += cause->count[i] / n;
	}
}

static int by_share(const void *a, const void *b)
{
	const struct gathered *x = a, *y = b;
	double of_x = x->share[0] + x->share[1], of_y = y->share[0] + y->share[1];

	return of_x < of_y || of_x > of_y ? (of_x < of_y) - (of_x > of_y)
					  : strcmp(x->name, y->name);
}

static enum cause_fate fate_of(double before, double after)
{
	if (after < LEFT * before)
		return CAUSE_WENT;
	return before < LEFT * after ? CAUSE_CAME : CAUSE_STAYED;
}

static int add_cause(const struct rounds *rounds, struct gathered *from, unsigned int index,
		     struct comparison *comparison)
{
	struct comparison_cause *cause = &comparison->causes[index];
	int err;

	*cause = (struct comparison_cause){
		.row = from->row,
		.name = take_ptr(from->name),
		.share_a = from->share[0],
		.share_b = from->share[1],
		.rate_a = from->rate[0],
		.rate_b = from->rate[1],
		.fate = fate_of(from->share[0], from->share[1]),
		.verdict = VERDICT_INCOMPLETE,
	};
	comparison->n_causes++;
	if (index >= FIGURES_OF)
		return 0;
	err = comparison_add_figure(rounds, "cause_share", FIGURE_SHARE, (int)index, from->ns,
				    comparison);
	return err
		       ?: comparison_add_figure(rounds, "cause_rate", FIGURE_PER_SECOND, (int)index,
						from->count, comparison);
}

int comparison_add_causes(const struct rounds *rounds, struct comparison *comparison)
{
	struct gathering g = { .v = NULL };
	int err = gather(rounds, &g);

	for (unsigned int i = 0; i < g.n && !err; i++)
		scale(rounds, &g.v[i]);
	if (!err && g.n)
		qsort(g.v, g.n, sizeof(*g.v), by_share);
	if (!err) {
		comparison->causes = calloc(g.n + 1UL, sizeof(*comparison->causes));
		err = comparison->causes ? 0 : -ENOMEM;
	}
	for (unsigned int i = 0; i < g.n && !err; i++) {
		if (g.v[i].share[0] + g.v[i].share[1] > 0)
			err = add_cause(rounds, &g.v[i], comparison->n_causes, comparison);
	}
	gathering_done(&g);
	return err;
}
