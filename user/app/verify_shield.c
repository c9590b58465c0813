/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/verify_shield.h"

#include <errno.h>
#include <stdarg.h>

#include "app/cmd.h"
#include "app/verify.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/str.h"
#include "isolate/knob.h"
#include "isolate/step.h"

#define WAIT_NS	  10000000000ULL
#define NOTES_MAX 20
#define IRQ_DIR	  "proc/irq/"

void verify_shield_done(struct verify_shield *shield)
{
	for (unsigned int i = 0; i < shield->n_irqs; i++) {
		free(shield->irqs[i].name);
		free(shield->irqs[i].wanted);
		free(shield->irqs[i].fired);
	}
	for (unsigned int i = 0; i < shield->n_notes; i++)
		free(shield->notes[i]);
	free(shield->irqs);
	free(shield->targets);
	free(shield->notes);
	irqs_done(&shield->before);
	if (shield->is_open)
		shielding_done(&shield->s);
}

/* Once each: a step that fails does so in every round. */
static int note(struct verify_shield *shield, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int note(struct verify_shield *shield, const char *fmt, ...)
{
	auto_free char *text = NULL;
	char **bigger;
	va_list ap;

	va_start(ap, fmt);
	text = str_vformat(fmt, ap);
	va_end(ap);
	if (!text)
		return verify_no_memory();
	for (unsigned int i = 0; i < shield->n_notes; i++)
		if (streq(shield->notes[i], text))
			return 0;
	if (shield->n_notes == NOTES_MAX)
		return 0;
	bigger = reallocarray(shield->notes, shield->n_notes + 1UL, sizeof(*bigger));
	if (!bigger)
		return verify_no_memory();
	shield->notes = bigger;
	bigger[shield->n_notes++] = take_ptr(text);
	return 0;
}

static void close_journal(struct verify_shield *shield)
{
	if (shield->s.is_open)
		apply_close(&shield->s.apply);
	shield->s.is_open = false;
}

static int open_journal(struct verify_shield *shield)
{
	int code = shielding_open_journal(&shield->s, "verify", true, WAIT_NS);

	if (code)
		close_journal(shield);
	return code;
}

/* The interrupts that the plan moves. */
static int add_irq(struct verify_shield *shield, const struct plan_step *step, const char *line)
{
	struct moved_irq *irq = &shield->irqs[shield->n_irqs];

	if (cpuset_parse(step->next, &shield->targets[shield->n_irqs]))
		return 0;
	*irq = (struct moved_irq){ .name = strdup(step->name), .wanted = strdup(step->next) };
	str_copy(irq->line, sizeof(irq->line), line, strlen(line));
	shield->n_irqs++;
	return irq->name && irq->wanted ? 0 : verify_no_memory();
}

/* "131" of "proc/irq/131/smp_affinity_list"; false: it is no interrupt's step. */
static bool line_of(const struct plan_step *step, char line[16])
{
	const char *from = step->object + sizeof(IRQ_DIR) - 1;

	if (!str_starts(step->object, IRQ_DIR) || !streq(step->knob->name, "irq"))
		return false;
	str_copy(line, 16, from, strcspn(from, "/"));
	return true;
}

static int find_irqs(struct verify_shield *shield)
{
	const struct plan *plan = &shield->s.apply.plan;
	char line[16];
	int code = 0;

	shield->irqs = calloc(plan->n_steps + 1UL, sizeof(*shield->irqs));
	shield->targets = calloc(plan->n_steps + 1UL, sizeof(*shield->targets));
	if (!shield->irqs || !shield->targets)
		return verify_no_memory();
	for (unsigned int i = 0; i < plan->n_steps && !code; i++)
		if (line_of(&plan->steps[i], line) && !step_is_untouched(&plan->steps[i]))
			code = add_irq(shield, &plan->steps[i], line);
	return code;
}

/* Rounds begin with the host as it is, which must be one without a shield on these CPUs. */
static int plan_shield(struct verify_shield *shield)
{
	struct shielding *s = &shield->s;
	int err, code = open_journal(shield);

	if (code)
		return code;
	code = shielding_check(s, "verify");
	if (!code && apply_layer(&s->apply, s->layer->id)) {
		log_error("verify: %s is shielded already: lull restore first, or --as-is",
			  s->layer->name);
		code = EXIT_REFUSED;
	}
	err = code ? 0 : apply_plan(&s->apply, s->layer);
	if (err)
		code = shielding_error(s, "verify", err);
	code = code ?: find_irqs(shield);
	close_journal(shield);
	return code;
}

int verify_shield_open(struct verify *v)
{
	const struct shielding_request request = {
		.command = "verify",
		.target = { .vm = v->config.vm,
			    .tids = v->config.tids,
			    .pids = v->config.pids,
			    .cpus = &v->cpus },
		.only = v->config.only,
		.without = v->config.without,
		.is_forced = v->config.force,
	};
	struct verify_shield *shield = &v->shield;
	int code = shielding_open("verify", "/", &shield->s);

	shield->is_open = true;
	code = code ?: shielding_resolve(&shield->s, &request);
	if (code)
		return code;
	if (shielding_own_layer(&shield->s)) {
		log_error("verify: its own entry in /proc cannot be read");
		return EXIT_ERROR;
	}
	v->target = shield->s.target;
	shield->s.target = (struct target){ .n_threads = 0 };
	v->target.cpus = shield->s.layer->guest;
	return plan_shield(shield);
}

/* One step failed for good, and everything is back: shield would not stay either. */
static int rolled_back(const struct shielding *s)
{
	for (unsigned int i = 0; i < s->apply.plan.n_steps; i++) {
		const struct plan_step *step = &s->apply.plan.steps[i];

		if (step->state == STEP_FAILED)
			log_error("verify: %s (%s): %s -> %s: %s", step->name, step->knob->name,
				  step->orig, step->next,
				  step->err == -EXDEV ? "the kernel made something else of it"
						      : strerror(-step->err));
	}
	log_error("verify: the shield does not hold, and was rolled back; --without leaves a "
		  "knob out");
	return EXIT_ERROR;
}

int verify_shield_on(struct verify_shield *shield)
{
	struct shielding *s = &shield->s;
	struct apply_tally tally;
	int err, code;

	if (shield->is_in_force)
		return 0;
	code = open_journal(shield);
	if (code)
		return code;
	shield->is_in_force = true; /* also when it is not known how far it came */
	err = apply_add(&s->apply, s->layer);
	if (err)
		code = err == -ECANCELED ? rolled_back(s) : shielding_error(s, "verify", err);
	apply_count(&s->apply.plan, &tally);
	shield->n_held = tally.held + tally.pending;
	shield->n_steps = shield->n_held + tally.failed + tally.drifted;
	close_journal(shield);
	return code;
}

/* What somebody has changed while it was in force. */
static int note_drift(struct verify_shield *shield)
{
	const struct apply *a = &shield->s.apply;
	int code = 0;

	for (unsigned int i = 0; i < a->plan.n_steps && !code; i++) {
		const struct plan_step *step = &a->plan.steps[i];

		if (step->state != STEP_DRIFTED)
			continue;
		shield->n_held -= shield->n_held > 0;
		code = note(shield, "Changed by somebody else while shielded: %s (%s), now %s.",
			    step->name, step->knob->name, step->now ?: "not readable");
	}
	return code;
}

#define NOT_BACK "Not put back: "

/* What is still to be put back is tried again with the next change of the host. */
static void forget_rest(struct verify_shield *shield)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < shield->n_notes; i++) {
		if (str_starts(shield->notes[i], NOT_BACK))
			free(shield->notes[i]);
		else
			shield->notes[n++] = shield->notes[i];
	}
	shield->n_notes = n;
}

static int note_rest(struct verify_shield *shield)
{
	const struct apply *a = &shield->s.apply;
	int code = 0;

	forget_rest(shield);

	for (unsigned int i = 0; i < a->plan.n_steps && !code; i++) {
		const struct plan_step *step = &a->plan.steps[i];

		if (step->state == STEP_DRIFTED)
			code = note(shield, "Left as somebody else has made it: %s (%s), now %s.",
				    step->name, step->knob->name, step->now ?: "not readable");
		else if (step->state == STEP_FAILED)
			code = note(shield, NOT_BACK "%s (%s): %s; lull restore tries again.",
				    step->name, step->knob->name, strerror(-step->err));
	}
	return code;
}

int verify_shield_off(struct verify_shield *shield)
{
	struct shielding *s = &shield->s;
	struct apply_tally tally;
	int err, code;

	if (!shield->is_in_force)
		return 0;
	code = open_journal(shield);
	if (code)
		return code;
	shield->is_in_force = false;
	if (!apply_layer(&s->apply, s->layer->id)) {
		shield->was_lifted = true;
		close_journal(shield);
		return note(shield, "Somebody else has lifted the shield in a round.");
	}
	err = apply_check(&s->apply);
	code = err ? 0 : note_drift(shield);
	err = apply_lift(&s->apply, s->layer->id);
	if (err) {
		code = shielding_error(s, "verify", err);
		close_journal(shield);
		return code;
	}
	apply_count(&s->apply.plan, &tally);
	shield->n_restored = s->apply.n_restored;
	shield->n_left = tally.drifted + tally.failed;
	shield->has_rest = shielding_has_rest(s);
	code = code ?: note_rest(shield);
	close_journal(shield);
	return code;
}

int verify_shield_count_from(struct verify_shield *shield)
{
	irqs_done(&shield->before);
	shield->before = (struct irq_table){ .n_lines = 0 };
	return irqs_read(&shield->s.root, &shield->before, NULL);
}

static struct fired *fired_on(struct moved_irq *irq, int cpu)
{
	struct fired *bigger;

	for (unsigned int i = 0; i < irq->n_fired; i++)
		if (irq->fired[i].cpu == cpu)
			return &irq->fired[i];
	bigger = reallocarray(irq->fired, irq->n_fired + 1UL, sizeof(*bigger));
	if (!bigger)
		return NULL;
	irq->fired = bigger;
	bigger[irq->n_fired] = (struct fired){ .cpu = cpu };
	return &bigger[irq->n_fired++];
}

/* One line, on one CPU. -ENOMEM. */
static int count_on(struct moved_irq *irq, const struct cpuset *target, int cpu, uint64_t n,
		    bool is_b)
{
	struct fired *fired = fired_on(irq, cpu);

	if (!fired)
		return -ENOMEM;
	if (!is_b)
		fired->a += n;
	else
		fired->b += n;
	if (is_b && !cpuset_has(target, (unsigned int)cpu))
		irq->strayed += n;
	return 0;
}

int verify_shield_count_to(struct verify_shield *shield, bool is_b)
{
	struct irq_table now = { .n_lines = 0 };
	int err = irqs_read(&shield->s.root, &now, NULL);

	for (unsigned int i = 0; i < shield->n_irqs && !err; i++) {
		struct moved_irq *irq = &shield->irqs[i];

		for (unsigned int k = 0; k < now.n_cpus && !err; k++) {
			uint64_t was = irqs_count(&shield->before, irq->line, now.cpus[k]);
			uint64_t is = irqs_count(&now, irq->line, now.cpus[k]);

			if (is > was)
				err = count_on(irq, &shield->targets[i], now.cpus[k], is - was,
					       is_b);
		}
	}
	irqs_done(&now);
	return err;
}
