/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shielding_show: plans and journals become rows of words.
 */
#include <errno.h>

#include "app/cmd.h"
#include "app/shielding.h"
#include "app/style.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/str.h"
#include "isolate/knob.h"
#include "isolate/step.h"
#include "report/report.h"
#include "report/steps.h"

const char *shielding_state_name(enum step_state state)
{
	static const char *const names[] = {
		[STEP_PLANNED] = "planned", [STEP_HELD] = "held", [STEP_PENDING] = "pending",
		[STEP_DRIFTED] = "drifted", [STEP_GONE] = "gone", [STEP_REFUSED] = "refused",
		[STEP_FAILED] = "failed",
	};

	return names[state];
}

/* What went wrong with it, or why it is done. */
static const char *why_of(const struct plan_step *step)
{
	const char *words = NULL;

	if (step->state == STEP_REFUSED && step->knob->ops->refusal)
		words = step->knob->ops->refusal(step->err);
	if (step->state == STEP_FAILED || (step->state == STEP_REFUSED && !words))
		words = step->err == -EXDEV		? "the kernel made something else of it"
			: step->err == -EOPNOTSUPP	? "not on a recorded machine"
			: step->err			? strerror(-step->err)
			: streq(step->next, step->orig) ? "not put back yet"
							: "not written yet";
	if (step->state == STEP_PENDING)
		words = step->knob->ops->is_late ? "it takes it over at its next turn"
						 : "in effect at the next interrupt";
	return words ?: step->why ?: "";
}

/*
 * Who writes such values again and again: where it runs, a value that changed by itself is most
 * likely its. Who else did it the kernel does not tell.
 */
static const struct suspect {
	const char *objects, *comm;
} suspects[] = {
	{ "proc/irq/", "irqbalance" }, { "proc/irq/", "tuned" },
	{ "task/", "tuned" },	       { "task/", "libvirtd" },
	{ "task/", "virtqemud" },      { "sys/fs/cgroup/", "systemd" },
	{ "unit/", "systemd" },	       { "sys/kernel/mm/ksm/", "ksmtuned" },
};

/* Which of them run, each with one of its pids; 0: it does not. */
static void find_suspects(const struct root *root, uint32_t pids[ARRAY_SIZE(suspects)])
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;

	if (fs_opendir(root, &dir, "proc"))
		return;
	while ((entry = readdir(dir))) {
		auto_free char *comm = NULL;
		uint32_t pid;

		if (parse_u32(entry->d_name, &pid) ||
		    fs_read_line(root, &comm, "proc/%s/comm", entry->d_name))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(suspects); i++)
			if (streq(comm, suspects[i].comm) && (!pids[i] || pid < pids[i]))
				pids[i] = pid;
	}
}

/* -ENOMEM. */
static int name_culprit(struct plan_step *step, const uint32_t pids[ARRAY_SIZE(suspects)])
{
	auto_str struct str words = { 0 };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(suspects) && !err; i++)
		if (pids[i] && str_starts(step->object, suspects[i].objects))
			err = str_addf(&words, "%s%s (pid %u)", words.len ? " or " : "",
				       suspects[i].comm, pids[i]);
	if (!err && words.len)
		err = str_add(&words, ", probably");
	if (!err && words.len)
		step->by = take_ptr(words.s);
	return err;
}

int shielding_name_culprits(struct shielding *s)
{
	struct plan *plan = &s->apply.plan;
	uint32_t pids[ARRAY_SIZE(suspects)] = { 0 };
	bool is_asked = false;
	int err = 0;

	for (unsigned int i = 0; i < plan->n_steps && !err; i++) {
		struct plan_step *step = &plan->steps[i];

		if (step->state != STEP_DRIFTED || step->by)
			continue;
		if (!is_asked)
			find_suspects(&s->root, pids);
		is_asked = true;
		err = name_culprit(step, pids);
	}
	return err;
}

static struct step_row row_of(const struct plan_step *step)
{
	return (struct step_row){
		.knob = step->knob->name,
		.object = step->object,
		.name = step->name,
		.old_value = step->orig,
		.now = step->now,
		.want = step->next,
		.state = shielding_state_name(step->state),
		.by = step->by,
		.why = why_of(step),
		.knob_bit = 1ULL << knob_number(step->knob),
	};
}

static int add_rows(struct shielding *s)
{
	const struct plan *plan = &s->apply.plan;
	struct steps *steps = &s->steps;

	steps->fresh = calloc(s->fresh.n_steps + 1, sizeof(*steps->fresh));
	steps->rows = calloc(plan->n_steps + 1, sizeof(*steps->rows));
	steps->stays = calloc(plan->n_stays + 1, sizeof(*steps->stays));
	if (!steps->rows || !steps->stays || !steps->fresh)
		return -ENOMEM;
	for (unsigned int i = 0; i < plan->n_steps; i++)
		if (!step_is_untouched(&plan->steps[i]))
			steps->rows[steps->n_rows++] = row_of(&plan->steps[i]);
	for (unsigned int i = 0; i < s->fresh.n_steps; i++)
		steps->fresh[steps->n_fresh++] = row_of(&s->fresh.steps[i]);
	for (unsigned int i = 0; i < plan->n_stays; i++)
		steps->stays[i] = (struct stay_row){ .knob = plan->stays[i].knob->name,
						     .name = plan->stays[i].name,
						     .why = plan->stays[i].why };
	steps->n_stays = plan->n_stays;
	steps->advice = plan->advice;
	steps->n_advice = plan->n_advice;
	return 0;
}

static char *describe_owner(const struct root *root, const struct layer *layer)
{
	static const char *const kinds[] = {
		[OWNER_NOBODY] = "nobody: until lull restore",
		[OWNER_VM] = "VM",
		[OWNER_THREAD] = "thread",
		[OWNER_LULL] = "lull",
	};
	char *text = NULL;
	int n;

	if (layer->owner.kind == OWNER_NOBODY)
		return strdup(kinds[OWNER_NOBODY]);
	n = asprintf(&text, "%s, pid %d%s", kinds[layer->owner.kind], layer->owner.pid,
		     apply_owner_is_alive(root, &layer->owner)
			     ? ""
			     : "; it is gone, so the next shield or restore lifts this");
	return n < 0 ? NULL : text;
}

static int add_shields(struct shielding *s)
{
	const struct journal *journal = &s->apply.journal;
	struct steps *steps = &s->steps;
	uint64_t now = journal_now_ns(&s->root);

	steps->shields = calloc(journal->n_layers + 1, sizeof(*steps->shields));
	if (!steps->shields)
		return -ENOMEM;
	for (unsigned int i = 0; i < journal->n_layers; i++) {
		const struct layer *layer = journal->layers[i];
		struct shield_row row = { .id = layer->id,
					  .name = layer->name,
					  .owner = describe_owner(&s->root, layer),
					  .cpus = cpuset_format(&layer->guest),
					  .knobs = layer->knobs,
					  .age_ns = layer->since_ns && now > layer->since_ns
							    ? now - layer->since_ns
							    : 0 };

		steps->shields[steps->n_shields++] = row;
		if (!row.owner || !row.cpus)
			return -ENOMEM;
	}
	return 0;
}

int shielding_show(struct shielding *s, const char *command, bool with_shields)
{
	struct cpuset host = s->online;
	int err = shielding_name_culprits(s);

	err = err ?: add_rows(s);
	s->steps.command = command;
	s->steps.is_interrupted = s->apply.was_interrupted;
	s->steps.has_shields = with_shields;
	if (with_shields)
		err = err ?: add_shields(s);
	if (s->layer) {
		cpuset_subtract(&host, &s->layer->guest);
		s->guest_text = cpuset_format(&s->layer->guest);
		s->host_text = cpuset_format(&host);
		if (!s->guest_text || !s->host_text)
			err = -ENOMEM;
		s->steps.title = s->layer->name;
	}
	s->steps.guest = s->guest_text;
	s->steps.host = s->host_text;
	if (err)
		log_error("%s: out of memory", command);
	return err ? EXIT_ERROR : 0;
}

bool shielding_has_rest(const struct shielding *s)
{
	struct apply_tally tally;

	apply_count(&s->apply.plan, &tally);
	return tally.drifted || tally.failed || s->apply.bad;
}

static bool is_left(const struct step_row *row)
{
	return row->state && (streq(row->state, "drifted") || streq(row->state, "failed"));
}

static bool is_not_held(const struct step_row *row)
{
	return !streq(row->state, "held");
}

static void keep_rows(struct steps *steps, bool (*is_wanted)(const struct step_row *))
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < steps->n_rows; i++)
		if (is_wanted(&steps->rows[i]))
			steps->rows[n++] = steps->rows[i];
	steps->n_rows = n;
}

void shielding_drop_held(struct shielding *s)
{
	keep_rows(&s->steps, is_not_held);
}

int shielding_tell_lifted(struct shielding *s)
{
	struct report_style style = { 0 };
	struct apply_tally tally;
	unsigned int n_left;

	apply_count(&s->apply.plan, &tally);
	n_left = tally.drifted + tally.failed;
	if (shielding_show(s, "restore", false))
		return EXIT_ERROR;
	(void)printf("restored %u of %u, verified", s->apply.n_restored,
		     s->apply.n_restored + n_left);
	if (tally.gone)
		(void)printf("; %u %s", tally.gone,
			     tally.gone == 1 ? "is gone by itself" : "are gone by themselves");
	(void)printf("\n");
	keep_rows(&s->steps, is_left);
	if (s->steps.n_rows) {
		style_read(COLOR_AUTO, false, &style);
		(void)printf("\nleft as it is (drifted: somebody else changed it; failed: "
			     "restore tries again):\n\n");
		(void)report_states_text_write(&s->steps, &style, stdout);
	}
	if (s->apply.bad)
		log_warn("%s could not be looked at: what appeared under the shield may keep its "
			 "mask",
			 s->apply.bad->name);
	return shielding_has_rest(s) ? EXIT_LIMIT : EXIT_GOOD;
}
