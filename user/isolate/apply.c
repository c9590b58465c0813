/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply: one run over the journal. The intent is on disk, synced, before the first write to the
 * host, and the outcome after the last; so at any instant each value is prev or next of the journal,
 * or somebody else's.
 */
#include "isolate/apply.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "isolate/apply_p.h"
#include "isolate/knob.h"
#include "sys/threads.h"
#include "sys/topo.h"
#include "sys/vms.h"

#define SLEPT_MIN_NS 1000000ULL

/* Was irqbalance told by us which CPUs to keep off? */
static bool has_balancer(const struct journal *journal)
{
	const struct knob *knob = knob_find("irqbalance");

	for (unsigned int i = 0; i < journal->n_steps; i++)
		if (journal->steps[i].knob == knob &&
		    !streq(journal->steps[i].prev, journal->steps[i].orig))
			return true;
	return false;
}

void apply_read_reset(const struct apply *a, struct step_reset *ret)
{
	struct step_reset reset = { .known = a->online };

	cpuset_or(&reset.known, &a->journal.online);
	reset.has_happened = a->config.has_reset || a->slept || a->online_changed;
	reset.has_balancer = has_balancer(&a->journal);
	*ret = reset;
}

static int apply_steps(struct apply *a, struct plan *plan, bool is_lifting)
{
	auto_free unsigned int *order = apply_order(plan, is_lifting);
	struct step_reset reset;
	int err = order ? 0 : -ENOMEM;

	apply_read_reset(a, &reset);
	for (unsigned int i = 0, n; i < plan->n_steps && !err; i++) {
		for (n = step_count_nested(plan, order, i); n > 0 && !err; n--)
			err = step_widen(a->config.root, &plan->steps[order[i + n - 1]], &reset);
		err = err ?: step_apply(a->config.root, &plan->steps[order[i]], &reset);
	}
	return err;
}

/* A journal of @layers and the steps of @plan, which stay theirs. */
static struct journal view(const struct apply *a, const struct layer_list *layers,
			   const struct plan *plan, enum journal_state state)
{
	struct journal journal = a->journal;

	journal.state = state;
	journal.online = a->online;
	journal.layers = layers->v;
	journal.n_layers = layers->n;
	journal.steps = plan->steps;
	journal.n_steps = plan->n_steps;
	return journal;
}

/* The journal as it was: what was intended will not be done. */
static int write_back(struct apply *a)
{
	if (!a->journal.n_layers && !a->journal.n_steps)
		return journal_remove(&a->dir);
	return journal_write(a->config.root, &a->dir, &a->journal);
}

static int write_intent(struct apply *a, const struct layer_list *layers, const struct plan *plan,
			enum journal_state state)
{
	struct journal next = view(a, layers, plan, state);
	int err = journal_write(a->config.root, &a->dir, &next);

	a->journal.seq = next.seq;
	if (err) /* it may be there all the same: a sync that failed after the rename */
		(void)write_back(a);
	return err;
}

/* Is there anything left that the journal has to remember? */
static bool is_kept(const struct plan_step *step, bool has_layers)
{
	if (step->state == STEP_GONE)
		return false;
	if (step->state == STEP_DRIFTED && streq(step->next, step->orig))
		return false; /* somebody else's now */
	if (step->state == STEP_REFUSED)
		return false;
	return !step_is_untouched(step) || (step->is_remembered && has_layers);
}

static int keep_steps(const struct plan *plan, bool has_layers, struct journal *journal)
{
	journal->n_steps = 0;
	journal->steps = calloc(plan->n_steps + 1, sizeof(*journal->steps));
	if (!journal->steps)
		return -ENOMEM;
	for (unsigned int i = 0; i < plan->n_steps; i++) {
		if (!is_kept(&plan->steps[i], has_layers))
			continue;
		if (plan_step_copy(&plan->steps[i], &journal->steps[journal->n_steps]))
			return -ENOMEM;
		journal->n_steps++;
	}
	return 0;
}

static bool has_layer(const struct layer_list *layers, const struct layer *layer)
{
	for (unsigned int i = 0; i < layers->n; i++)
		if (layers->v[i] == layer)
			return true;
	return false;
}

/* From now on @next, with the array of @layers, is what is in force. */
static void adopt(struct apply *a, struct layer_list *layers, const struct journal *next)
{
	for (unsigned int i = 0; i < a->journal.n_layers; i++)
		if (!has_layer(layers, a->journal.layers[i]))
			layer_free(&a->journal.layers[i]);
	for (unsigned int i = 0; i < a->journal.n_steps; i++)
		plan_step_done(&a->journal.steps[i]);
	free(a->journal.layers);
	free(a->journal.steps);
	a->journal = *next;
	a->journal.layers = take_ptr(layers->v);
}

/* The outcome on disk. Without layers and without anything owed there is no journal any more. */
static int write_outcome(struct apply *a, struct layer_list *layers, const struct plan *plan)
{
	struct journal next = view(a, layers, plan, JOURNAL_CLEAN);
	int err = keep_steps(plan, layers->n > 0, &next);

	for (unsigned int i = 0; i < layers->n; i++)
		layers->v[i]->is_new = false;
	if (!err && (next.n_layers || next.n_steps))
		err = journal_write(a->config.root, &a->dir, &next);
	else if (!err)
		err = journal_remove(&a->dir);
	if (err) {
		for (unsigned int i = 0; i < next.n_steps; i++)
			plan_step_done(&next.steps[i]);
		free(next.steps);
		return err;
	}
	adopt(a, layers, &next);
	return 0;
}

/*
 * What appeared between planning and writing, such as an interrupt that took the default mask of a
 * moment ago, comes as steps that the first plan does not have.
 */
static int second_scan(struct apply *a, const struct layer_list *layers, bool is_lifting)
{
	struct plan again = { .journal = NULL }, fresh = { .journal = NULL };
	int err = apply_plan_all(a, layers, false, true, &again);

	for (unsigned int i = 0; i < again.n_steps && !err; i++)
		if (!plan_planned(&a->plan, again.steps[i].knob, again.steps[i].object))
			err = plan_take_step(&fresh, &again.steps[i]);
	plan_done(&again);
	for (unsigned int i = 0; i < fresh.n_steps && !err; i++)
		err = plan_take_step(&a->plan, &fresh.steps[i]);
	if (!err && fresh.n_steps) {
		struct journal next =
			view(a, layers, &a->plan, is_lifting ? JOURNAL_LIFTING : JOURNAL_ADDING);

		err = journal_write(a->config.root, &a->dir, &next);
		a->journal.seq = next.seq;
		err = err ?: apply_steps(a, &a->plan, is_lifting);
	}
	plan_done(&fresh);
	return err;
}

static void mark_returning(struct plan *plan)
{
	for (unsigned int i = 0; i < plan->n_steps; i++)
		plan->steps[i].is_returning = streq(plan->steps[i].next, plan->steps[i].orig) &&
					      !streq(plan->steps[i].prev, plan->steps[i].orig);
}

static unsigned int count_returned(const struct plan *plan)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < plan->n_steps; i++)
		n += plan->steps[i].is_returning &&
		     (plan->steps[i].state == STEP_HELD || plan->steps[i].state == STEP_PENDING);
	return n;
}

static int run(struct apply *a, struct layer_list *layers, bool is_lifting)
{
	enum journal_state state = is_lifting ? JOURNAL_LIFTING : JOURNAL_ADDING;
	int err;

	plan_done(&a->plan);
	a->bad = NULL;
	/* The last ones are lifted whatever cannot be read: the originals are known. */
	err = apply_plan_all(a, layers, !is_lifting || layers->n, false, &a->plan);
	err = err ?: write_intent(a, layers, &a->plan, state);
	if (err)
		return err;
	a->has_begun = true;
	mark_returning(&a->plan);
	err = apply_steps(a, &a->plan, is_lifting);
	a->n_restored = count_returned(&a->plan);
	err = err ?: second_scan(a, layers, is_lifting);
	err = err ?: write_outcome(a, layers, &a->plan);
	a->has_begun = err != 0;
	return err;
}

static bool is_failed(const struct plan *plan)
{
	for (unsigned int i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].state == STEP_FAILED)
			return true;
	return false;
}

/* The layers in force without those that @is_out says. -ENOMEM. */
static int layers_without(const struct apply *a,
			  bool (*is_out)(const struct apply *a, const struct layer *layer,
					 const void *arg),
			  const void *arg, struct layer_list *ret)
{
	struct layer_list list = { .v = calloc(a->journal.n_layers + 2, sizeof(void *)) };

	if (!list.v)
		return -ENOMEM;
	for (unsigned int i = 0; i < a->journal.n_layers; i++)
		if (!is_out(a, a->journal.layers[i], arg))
			list.v[list.n++] = a->journal.layers[i];
	*ret = list;
	return 0;
}

static bool has_id(const struct apply *a, const struct layer *layer, const void *id)
{
	(void)a;
	return !id || streq(layer->id, id);
}

static bool is_none(const struct apply *a, const struct layer *layer, const void *arg)
{
	(void)a;
	(void)layer;
	(void)arg;
	return false;
}

static bool is_orphan(const struct apply *a, const struct layer *layer, const void *arg)
{
	(void)arg;
	return !apply_owner_is_alive(a->config.root, &layer->owner);
}

int apply_plan(struct apply *a, const struct layer *layer)
{
	struct layer_list list = { .v = NULL };
	struct layer *added = NULL;
	int err = layers_without(a, layer ? has_id : is_none, layer ? layer->id : NULL, &list);

	if (err)
		return err;
	if (layer) {
		err = layer_copy(layer, &added);
		if (!err)
			list.v[list.n++] = added;
	}
	plan_done(&a->plan);
	a->bad = NULL;
	err = err ?: apply_plan_all(a, &list, true, false, &a->plan);
	layer_free(&added);
	free(list.v);
	return err;
}

/* Those without @id and with *@layer, which the journal takes over when it can. */
static int run_with(struct apply *a, const char *id, struct layer **layer, bool is_lifting)
{
	struct layer_list list = { .v = NULL };
	int err = layers_without(a, has_id, id, &list);

	if (err)
		return err;
	list.v[list.n++] = *layer;
	err = run(a, &list, is_lifting);
	if (has_layer(&(struct layer_list){ a->journal.layers, a->journal.n_layers }, *layer))
		*layer = NULL;
	free(list.v);
	return err;
}

/*
 * The new layer is not to be: the others, and *@before that it would have replaced. What failed is
 * what there is to tell.
 */
static int roll_back(struct apply *a, const char *id, struct layer **before)
{
	struct plan failed = a->plan;
	int err;

	a->plan = (struct plan){ .journal = NULL };
	err = *before ? run_with(a, id, before, true) : apply_lift(a, id);
	a->n_owed = 0;
	for (unsigned int i = 0; i < a->plan.n_steps; i++)
		a->n_owed += a->plan.steps[i].state == STEP_FAILED;
	plan_done(&a->plan);
	a->plan = failed;
	return err ?: -ECANCELED;
}

int apply_add(struct apply *a, const struct layer *layer)
{
	const struct layer *old = apply_layer(a, layer->id);
	struct layer *added = NULL, *before = NULL;
	int err = layer_copy(layer, &added);

	if (!err && old)
		err = layer_copy(old, &before);
	if (!err) {
		added->is_new = true;
		added->since_ns = journal_now_ns(a->config.root);
		err = run_with(a, layer->id, &added, false);
	}
	if (!err && is_failed(&a->plan) && !layer->is_best_effort)
		err = roll_back(a, layer->id, &before);
	layer_free(&added);
	layer_free(&before);
	return err;
}

static int run_without(struct apply *a,
		       bool (*is_out)(const struct apply *a, const struct layer *layer,
				      const void *arg),
		       const void *arg, bool is_lifting)
{
	struct layer_list list = { .v = NULL };
	int err = layers_without(a, is_out, arg, &list);

	err = err ?: run(a, &list, is_lifting);
	free(list.v);
	return err;
}

int apply_lift(struct apply *a, const char *id)
{
	if (id && !apply_layer(a, id))
		return -ENOENT;
	return run_without(a, has_id, id, true);
}

int apply_again(struct apply *a)
{
	return run_without(a, is_none, NULL, false);
}

/* Ends what a killed run began, with the very values that it intended. */
static int redo(struct apply *a)
{
	struct layer_list list = { .v = NULL };
	bool is_lifting = a->journal.state == JOURNAL_LIFTING;
	const struct layer *fresh = NULL;
	int err = layers_without(a, is_none, NULL, &list);

	for (unsigned int i = 0; i < a->journal.n_layers; i++)
		if (a->journal.layers[i]->is_new && !a->journal.layers[i]->is_best_effort)
			fresh = a->journal.layers[i];
	plan_done(&a->plan);
	for (unsigned int i = 0; i < a->journal.n_steps && !err; i++) {
		struct plan_step step = { .knob = NULL };

		err = plan_step_copy(&a->journal.steps[i], &step);
		step.is_remembered = true;
		err = err ?: plan_take_step(&a->plan, &step);
	}
	a->has_begun = true;
	err = err ?: apply_steps(a, &a->plan, is_lifting);
	err = err ?: write_outcome(a, &list, &a->plan);
	free(list.v);
	a->has_begun = err != 0;
	if (!err && fresh && is_failed(&a->plan))
		err = apply_lift(a, fresh->id);
	return err;
}

static bool is_unfinished(const struct journal *journal)
{
	bool is_owed = journal->state != JOURNAL_CLEAN;

	for (unsigned int i = 0; i < journal->n_steps && !is_owed; i++)
		is_owed = !streq(journal->steps[i].prev, journal->steps[i].next);
	return is_owed;
}

static int sweep(struct apply *a)
{
	for (unsigned int i = 0; i < a->journal.n_layers; i++)
		a->n_swept += is_orphan(a, a->journal.layers[i], NULL);
	return a->n_swept ? run_without(a, is_orphan, NULL, true) : 0;
}

/* The VM of a layer, as it runs now. */
static void attach_vms(struct apply *a)
{
	const struct vm_list *vms = a->config.vms;

	for (unsigned int i = 0; i < a->journal.n_layers; i++)
		for (unsigned int k = 0; vms && k < vms->n; k++)
			if (vms->vms[k].pid && vms->vms[k].pid == a->journal.layers[i]->vm_pid)
				a->journal.layers[i]->vm = &vms->vms[k];
}

int apply_read_state(struct apply *a)
{
	const struct root *root = a->config.root;
	uint64_t slept_ns = journal_slept_ns(root);
	int err = topo_read_online(root, &a->online);

	err = err ?: a->dir.fd < 0 ? err : journal_read(root, &a->dir, &a->journal);
	if (err)
		return err;
	a->slept = a->journal.n_layers && slept_ns > a->journal.suspended_ns + SLEPT_MIN_NS;
	a->online_changed = a->journal.n_layers && !cpuset_is_equal(&a->online, &a->journal.online);
	attach_vms(a);
	return 0;
}

int apply_open_writer(struct apply *a, const struct apply_config *config)
{
	int err;

	*a = (struct apply){ .config = *config, .dir = { .fd = -1, .lock = -1 } };
	err = journal_dir_open(config->root, true, &a->dir);
	err = err ?: journal_dir_lock(&a->dir, config->wait_ns, &a->lock_holder);
	err = err ?: apply_read_state(a);
	if (err) {
		journal_dir_close(&a->dir);
		return err;
	}
	a->was_interrupted = a->journal.state != JOURNAL_CLEAN;
	a->was_owed = is_unfinished(&a->journal);
	if (a->was_owed)
		err = redo(a);
	err = err ?: sweep(a);
	return err;
}

void apply_close(struct apply *a)
{
	if (!a)
		return;
	plan_done(&a->plan);
	journal_done(&a->journal);
	journal_dir_close(&a->dir);
}

const struct layer *apply_layer(const struct apply *a, const char *id)
{
	for (unsigned int i = 0; i < a->journal.n_layers; i++)
		if (streq(a->journal.layers[i]->id, id))
			return a->journal.layers[i];
	return NULL;
}
