/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_rules: the tables made from rules.def and hints.def, and which row fits.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/explain_p.h"
#include "model/recording.h"

#define STORM_PER_S 10000
#define PATTERN_MAX 64 /* bytes of one alternative */
#define NAME_LEN    96 /* bytes of a name that are compared; names that matter are shorter */

static const struct explain_rule rules[] = {
#define RULE(id_, class_, names_, labels_, when_, remedy_, knob_, what_, to_do_, because_) \
	{ .id = (id_),                                                                     \
	  .class = EXPLAIN_##class_,                                                       \
	  .names = (names_),                                                               \
	  .labels = (labels_),                                                             \
	  .when = EXPLAIN_##when_,                                                         \
	  .remedy = EXPLAIN_##remedy_,                                                     \
	  .knob = (knob_),                                                                 \
	  .what = (what_),                                                                 \
	  .to_do = (to_do_),                                                               \
	  .because = (because_) },
#include "model/rules.def"
#include "model/hints.def"
#undef RULE
};

const struct explain_rule *explain_rule_at(unsigned int index)
{
	return index < ARRAY_SIZE(rules) ? &rules[index] : NULL;
}

/* Does @text fit one of the globs? An empty alternative fits an empty text. */
static bool fits(const char *globs, const char *text)
{
	while (true) {
		size_t len = strcspn(globs, "|");
		char glob[PATTERN_MAX];

		str_copy(glob, sizeof(glob), globs, len);
		if (!fnmatch(glob, text, 0))
			return true;
		if (!globs[len])
			return false;
		globs += len + 1;
	}
}

static bool fits_labels(const char *globs, const struct explain_cause *cause)
{
	bool is_sender = str_starts(globs, "from ");

	/* They are in order: the first of its kind has the most. */
	for (unsigned int i = 0; i < cause->n_labels; i++) {
		if (str_starts(cause->labels[i].name, "from ") == is_sender)
			return fits(globs, cause->labels[i].name);
	}
	return false;
}

static bool is_storm(const struct explain_work *work, const struct explain_cause *cause)
{
	uint64_t duration_ns = work->rec->duration_ns;

	for (unsigned int i = 0; i < cause->n_parts && duration_ns; i++) {
		if ((double)cause->parts[i].count * 1e9 / (double)duration_ns >= STORM_PER_S)
			return true;
	}
	return false;
}

static bool is_own(const struct explain_work *work, uint32_t tid)
{
	for (unsigned int i = 0; i < work->n_pids && tid; i++) {
		if (work->pids[i] == tid)
			return true;
	}
	return false;
}

static bool is_self(const struct subject *subject)
{
	static const char unit[] = "lull itself";

	return subject->unit && subject->unit_len == strlen(unit) &&
	       !strncmp(subject->unit, unit, subject->unit_len);
}

static bool is_watched_vcpu(const struct explain_work *work, const struct subject *subject)
{
	for (unsigned int i = 0; i < work->rec->n_threads && subject->is_watched; i++) {
		if ((uint32_t)work->rec->threads[i].tid == subject->tid)
			return work->rec->threads[i].vcpu >= 0;
	}
	return false;
}

static bool holds(const struct explain_work *work, const struct explain_rule *rule,
		  const struct subject *subject, const struct explain_cause *cause)
{
	switch (rule->when) {
	case EXPLAIN_ANY:
		return true;
	case EXPLAIN_STORM:
		return is_storm(work, cause);
	case EXPLAIN_WATCHED:
		return is_watched_vcpu(work, subject);
	case EXPLAIN_OWN:
		return is_own(work, subject->tid);
	case EXPLAIN_SELF:
		return is_self(subject);
	case EXPLAIN_BOUND:
		return subject->is_bound;
	case EXPLAIN_UNBOUND:
		return !subject->is_bound;
	}
	return false;
}

const struct explain_rule *explain_rule_of(const struct explain_work *work,
					   const struct subject *subject,
					   const struct explain_cause *cause)
{
	char name[NAME_LEN];
	const char *text = subject->name;
	size_t len = subject->len;

	/* "36 virtio1-req.0 (device)": what it is called, without its number. */
	while (subject->class == EXPLAIN_IRQ && len && isdigit((unsigned char)*text)) {
		text++;
		len--;
	}
	if (subject->class == EXPLAIN_IRQ && len && *text == ' ') {
		text++;
		len--;
	}
	str_copy(name, sizeof(name), text, len);
	for (unsigned int i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct explain_rule *rule = &rules[i];

		if (rule->class == subject->class && (!rule->names || fits(rule->names, name)) &&
		    (!rule->labels || fits_labels(rule->labels, cause)) &&
		    holds(work, rule, subject, cause))
			return rule;
	}
	return &rules[0]; /* never: each class ends in a rule for all, which a test holds it to */
}

const char *explain_remedy_name(enum explain_remedy remedy)
{
	static const char *const names[] = {
		[EXPLAIN_KNOB] = "knob", [EXPLAIN_HOST] = "host", [EXPLAIN_GUEST] = "guest",
		[EXPLAIN_BOOT] = "boot", [EXPLAIN_NONE] = "none",
	};

	return names[remedy];
}
