/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify_rounds: the same load without and with the shield, in pairs of rounds in random order, and
 * what that shows. The programs are attached once, before the first. Whatever ends it, the host is
 * put back first and then there is an answer from the pairs that are whole.
 */
#include <errno.h>
#include <sys/random.h>

#include "app/cmd.h"
#include "app/host.h"
#include "app/style.h"
#include "app/verify.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "measure/capture.h"
#include "model/comparison.h"
#include "model/stats.h"
#include "model/verification.h"
#include "report/report.h"
#include "report/rounds.h"
#include "report/verify.h"

#define NAME_ROOM 24UL /* "round 12" */

struct rounds {
	struct verify *v;
	bool *b_first; /* of each pair */
	struct round *done;
	unsigned int n, n_wanted;
	const char *ended_by; /* NULL: all were made */
	uint64_t seed;
	char *order;
};

static uint64_t choose_seed(const struct verify *v)
{
	uint32_t seed = v->config.seed;

	if (!seed && getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint32_t)getpid();
	return seed;
}

static int rounds_init(struct verify *v, struct rounds *r)
{
	unsigned int pairs = v->config.rounds;

	r->v = v;
	r->n_wanted = 2 * pairs;
	r->seed = choose_seed(v);
	r->b_first = calloc(pairs, sizeof(*r->b_first));
	r->done = calloc(r->n_wanted, sizeof(*r->done));
	r->order = calloc(r->n_wanted + 1UL, 1);
	if (!r->b_first || !r->done || !r->order)
		return verify_no_memory();
	stats_order(r->seed, pairs, r->b_first);
	return 0;
}

static void rounds_done(struct rounds *r)
{
	report_rounds_free(r->done, r->n_wanted);
	free(r->b_first);
	free(r->order);
}

static bool is_b(const struct rounds *r, unsigned int i)
{
	return r->b_first[i / 2] != (i % 2 == 1);
}

static int count_from(void *arg)
{
	return verify_shield_count_from(arg);
}

/* One round, from the settled host to its recording. 0, or an exit code. */
static int measure(struct rounds *r, struct recording *rec, bool is_shielded)
{
	struct verify *v = r->v;
	char label[64];
	const struct session_config config = {
		.root = &v->root,
		.duration_ns = v->config.duration_ns,
		.settle_ns = v->config.settle_ns,
		.vm_pid = v->target.vm_pid,
		.signals = v->signals,
		.begin = count_from,
		.begin_arg = &v->shield,
		.progress = verify_has_progress(v),
		.label = label,
		.is_one_of_many = true,
		.victims = v->target.n_threads > 0,
	};
	struct session session = { .ended_by = NULL };
	int err;

	(void)snprintf(label, sizeof(label), "round %u of %u, %s: ", r->n + 1, r->n_wanted,
		       is_shielded ? "shielded" : "as it was");
	err = session_run(v->capture, &config, rec, &session);
	if (!err && !streq(session.ended_by, "duration"))
		r->ended_by = session.ended_by;
	err = err ?: verify_shield_count_to(&v->shield, is_shielded);
	err = err ?: capture_harvest(v->capture, rec);
	err = err ?: capture_rewind(v->capture);
	if (err) {
		log_error("verify: measuring failed: %s", strerror(-err));
		return EXIT_ERROR;
	}
	rec->ended_by = strdup(session.ended_by);
	return rec->ended_by && !host_describe(&v->root, v->argc, v->argv, rec)
		       ? 0
		       : verify_no_memory();
}

/* A shielded round in which somebody else lifted the shield shows nothing. */
static int lift(struct rounds *r)
{
	struct verify_shield *shield = &r->v->shield;
	int code = verify_shield_off(shield);

	if (code || !shield->was_lifted || r->ended_by || !r->n)
		return code;
	r->ended_by = "somebody else lifted the shield";
	r->done[r->n - 1].rec.complete = false;
	return recording_add_incomplete(&r->done[r->n - 1].rec, r->ended_by) ? verify_no_memory()
									     : 0;
}

static int make_rounds(struct rounds *r)
{
	struct verify_shield *shield = &r->v->shield;
	int code = 0;

	for (unsigned int i = 0; i < r->n_wanted && !code && !r->ended_by; i++) {
		struct round *round = &r->done[i];

		round->is_b = is_b(r, i);
		code = round->is_b ? verify_shield_on(shield) : lift(r);
		if (code || r->ended_by)
			break;
		code = measure(r, &round->rec, round->is_b);
		if (!code && !r->ended_by)
			r->order[r->n++] = round->is_b ? 'b' : 'a';
	}
	if (verify_has_progress(r->v))
		(void)fputs("\r\033[K", stderr);
	return code;
}

/* Pairs that are whole; the sides in their order. */
static int compare(struct rounds *r, struct comparison *ret)
{
	unsigned int n = r->n / 2;
	auto_free struct comparison_round *sides = calloc(2UL * n + 1, sizeof(*sides));
	auto_free char *names = calloc(2UL * n + 1, NAME_ROOM);
	struct comparison_sides both = { .a = sides, .n_a = n, .n_b = n, .is_paired = true };

	if (!sides || !names)
		return -ENOMEM;
	both.b = sides + n;
	for (unsigned int i = 0; i < 2 * n; i++) {
		struct comparison_round *side = &sides[i / 2 + (r->done[i].is_b ? n : 0)];

		(void)snprintf(names + NAME_ROOM * i, NAME_ROOM, "round %u", i + 1);
		side->rec = &r->done[i].rec;
		side->name = names + NAME_ROOM * i;
	}
	return comparison_make(&both, &r->v->limits.verdict, ret);
}

/* Limits are of the shielded host. */
static int judge(struct rounds *r, struct gate *ret)
{
	auto_free const struct recording **recs = calloc(r->n + 1UL, sizeof(struct recording *));
	unsigned int n = 0;

	if (!recs)
		return -ENOMEM;
	for (unsigned int i = 0; i < r->n; i++)
		if (r->done[i].is_b)
			recs[n++] = &r->done[i].rec;
	return gate_judge(recs, n, r->v->limits.v, r->v->limits.n, ret);
}

static int write_recording(struct rounds *r)
{
	struct verify *v = r->v;
	const struct recording *whole = NULL;
	int err;

	for (unsigned int i = 0; i < r->n && !whole; i++)
		if (!r->done[i].is_b)
			whole = &r->done[i].rec;
	if (!whole)
		return 0;
	if (v->output.is_stdout)
		return report_rounds_write(whole, r->done, r->n, stdout) ? EXIT_ERROR : 0;
	if (!v->output.writer.data)
		return 0;
	err = writer_commit(&v->output.writer,
			    report_rounds_write(whole, r->done, r->n, v->output.writer.data));
	if (!err)
		return 0;
	log_error("verify: writing %s: %s", v->output.path, strerror(-err));
	return EXIT_ERROR;
}

static int print(const struct rounds *r, const struct verification *found)
{
	const struct verify *v = r->v;
	struct report_style style = { .top = v->config.top };
	int err;

	if (v->output.is_stdout)
		return 0;
	if (v->config.json)
		return report_verify_json(found, stdout);
	if (v->config.verbose <= 0)
		return 0;
	style_read(v->config.color, v->config.ascii, &style);
	err = report_verify_text(found, &style, stdout);
	if (!err && v->output.path)
		(void)printf("\nrecording: %s\n", v->output.path);
	return err;
}

static int code_of(const struct verify *v, const struct comparison *comparison,
		   const struct gate *gate)
{
	if (v->shield.has_rest || comparison->verdict == VERDICT_WORSE ||
	    gate->verdict == GATE_BROKEN)
		return EXIT_LIMIT;
	if (comparison->verdict == VERDICT_INCOMPLETE ||
	    (gate->n && gate->verdict == GATE_INCONCLUSIVE))
		return EXIT_INCONCLUSIVE;
	return EXIT_GOOD;
}

/* The first that is whole tells what was watched. */
static const struct recording *example(const struct rounds *r)
{
	for (unsigned int i = 0; i < r->n; i++)
		if (r->done[i].rec.complete)
			return &r->done[i].rec;
	return &r->done[0].rec;
}

static int tell(struct rounds *r, const struct comparison *comparison, const struct gate *gate)
{
	const struct verify_shield *shield = &r->v->shield;
	char restored[64];
	const struct verification found = {
		.rec = example(r),
		.gate = gate,
		.comparison = comparison,
		.order = r->order,
		.round_ns = r->v->config.duration_ns,
		.seed = r->seed,
		.n_steps = shield->n_steps,
		.n_held = shield->n_held,
		.irqs = shield->irqs,
		.n_irqs = shield->n_irqs,
		.notes = shield->notes,
		.n_notes = shield->n_notes,
		.restored = shield->n_steps ? restored : NULL,
	};
	int code, err;

	(void)snprintf(restored, sizeof(restored), "Restored %u of %u settings, verified",
		       shield->n_restored, shield->n_restored + shield->n_left);
	code = write_recording(r);
	err = print(r, &found);
	if (err == -ENOMEM)
		return verify_no_memory();
	return err || code ? EXIT_ERROR : code_of(r->v, comparison, gate);
}

static int answer(struct rounds *r)
{
	struct comparison comparison = { .n_a = 0 };
	struct gate gate;
	int err, code;

	if (r->ended_by)
		log_warn("ended after %u of %u rounds: %s", r->n, r->n_wanted, r->ended_by);
	if (r->n < 2) {
		log_error("verify: no pair of rounds is whole, so there is nothing to compare");
		return EXIT_INCONCLUSIVE;
	}
	err = compare(r, &comparison);
	err = err ?: judge(r, &gate);
	code = err ? verify_no_memory() : tell(r, &comparison, &gate);
	comparison_done(&comparison);
	return code;
}

int verify_rounds(struct verify *v)
{
	struct rounds r = { .n = 0 };
	int code = verify_shield_open(v), off;

	code = code ?: rounds_init(v, &r);
	code = code ?: verify_open(v);
	code = code ?: verify_settle(v, &r.done[0].rec);
	if (!code) {
		code = make_rounds(&r);
		off = lift(&r);
		code = code ?: off;
	}
	r.n -= r.n % 2; /* half a pair is none */
	if (r.order)
		r.order[r.n] = '\0';
	code = code ?: answer(&r);
	rounds_done(&r);
	return code;
}
