/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * subject: takes names apart. What does not look as capture writes it is a task of that name.
 */
#include "model/subject.h"

#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"

#define WORKER	"kworker/"
#define SEVERAL " (several)"

static const char *const vectors[] = {
#define VECTOR(id, nr, tp, label, name) name,
#include "vectors.def"
	"unknown vector",
};

/* Rows and sources that are one class. */
static const struct {
	const char *kind;
	enum explain_class class;
} classes[] = {
	{ "irq", EXPLAIN_IRQ },		  { "vector", EXPLAIN_VECTOR },
	{ "softirq", EXPLAIN_SOFTIRQ },	  { "nmi", EXPLAIN_NMI },
	{ "untraced", EXPLAIN_UNTRACED }, { "lost", EXPLAIN_LOST },
	{ "exit", EXPLAIN_EXIT },	  { "user", EXPLAIN_USER },
	{ "haltpoll", EXPLAIN_HALTPOLL },
};

/* Names of the rows wake and preempted that are no task's. */
static const struct {
	const char *name;
	enum explain_class class;
} fixed[] = {
	{ "on its way to the run queue", EXPLAIN_QUEUE },
	{ "idle exit", EXPLAIN_IDLE },
	{ "others, beyond the table", EXPLAIN_OTHERS },
	{ "before the first event", EXPLAIN_UNKNOWN },
	{ "NMI", EXPLAIN_NMI },
};

bool subject_is(const struct subject *subject, const char *name)
{
	return subject->len == strlen(name) && !strncmp(subject->name, name, subject->len);
}

/* Cuts " 4242" off the end of the @len bytes at @name. False: there is none. */
static bool cut_tid(const char *name, size_t *len, uint32_t *ret)
{
	size_t n = *len, digits = 0;
	uint64_t value = 0, unit = 1;

	while (n && isdigit((unsigned char)name[n - 1]) && digits < 10) {
		value += unit * (uint64_t)(name[n - 1] - '0');
		unit *= 10;
		digits++;
		n--;
	}
	if (!digits || n < 2 || name[n - 1] != ' ' || value > UINT32_MAX)
		return false;
	*len = n - 1;
	*ret = (uint32_t)value;
	return true;
}

/* "comm 4242", "comm 4242 (unit)", "comm (several)". A comm may have blanks and brackets. */
static void parse_task(const char *name, struct subject *to)
{
	to->class = EXPLAIN_TASK;
	to->name = name;
	to->len = strlen(name);
	if (str_ends(name, SEVERAL)) {
		to->len -= strlen(SEVERAL);
		return;
	}
	if (cut_tid(name, &to->len, &to->tid) || !str_ends(name, ")"))
		return;
	for (size_t i = to->len - 1; i > 1; i--) {
		size_t len = i;

		if (name[i] != ' ' || name[i + 1] != '(' || !cut_tid(name, &len, &to->tid))
			continue;
		to->unit = name + i + 2;
		to->unit_len = to->len - i - 3;
		to->len = len;
		return;
	}
}

/* A worker is known by what it ran, which a segment has behind its name. */
static void parse_worker(struct subject *to)
{
	if (to->len < strlen(WORKER) || !str_starts(to->name, WORKER))
		return;
	to->class = EXPLAIN_WORKER;
	to->is_bound = isdigit((unsigned char)to->name[strlen(WORKER)]);
	to->name = to->unit ?: "";
	to->len = to->unit ? to->unit_len : 0;
	to->unit = NULL;
	to->unit_len = 0;
}

/* "irq 36 virtio1-req.0": with its number, so that no task is taken for it when that is known. */
static bool parse_irq(const char *name, const char *id, struct subject *to)
{
	size_t digits;

	if (!str_starts(name, "irq "))
		return false;
	name += strlen("irq ");
	digits = strspn(name, "0123456789");
	if (!digits || (name[digits] && name[digits] != ' '))
		return false;
	if (*id && (strlen(id) != digits || strncmp(name, id, digits) != 0))
		return false;
	to->class = EXPLAIN_IRQ;
	to->name = name;
	to->len = strlen(name);
	return true;
}

static bool parse_softirq(const char *name, struct subject *to)
{
	if (!str_starts(name, "softirq "))
		return false;
	name += strlen("softirq ");
	to->class = EXPLAIN_SOFTIRQ;
	to->name = name;
	to->len = strlen(name);
	return to->len && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == to->len;
}

/* What had the CPU instead of the victim: any kind of thing. */
static void parse_occupant(const char *row, const char *name, const char *id, struct subject *to)
{
	to->name = name;
	to->len = strlen(name);
	for (unsigned int i = 0; i < ARRAY_SIZE(fixed); i++) {
		if (!streq(fixed[i].name, name))
			continue;
		to->class = fixed[i].class;
		if (to->class == EXPLAIN_IDLE && streq(row, "preempted"))
			to->class = EXPLAIN_THROTTLED;
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(vectors); i++) {
		if (streq(vectors[i], name)) {
			to->class = EXPLAIN_VECTOR;
			return;
		}
	}
	if (parse_irq(name, id, to) || parse_softirq(name, to))
		return;
	parse_task(name, to);
	parse_worker(to);
}

static void parse(const char *row, const char *name, const char *id, struct subject *ret)
{
	struct subject subject = { .name = name, .len = strlen(name) };

	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++) {
		if (streq(classes[i].kind, row)) {
			subject.class = classes[i].class;
			*ret = subject;
			return;
		}
	}
	parse_occupant(row, name, id, &subject);
	*ret = subject;
}

void subject_of_entry(const struct rec_entry *entry, bool of_cpus, struct subject *ret)
{
	struct subject subject = { .class = EXPLAIN_TASK };

	if (of_cpus && streq(entry->kind, "task") &&
	    !streq(entry->name, "others, beyond the table")) {
		parse_task(entry->name, &subject);
		parse_worker(&subject);
		*ret = subject;
		return;
	}
	parse(entry->kind, entry->name, entry->id ?: "", ret);
}

void subject_of_segment(const char *row, const char *name, struct subject *ret)
{
	parse(row, name, "", ret);
}

static int compare_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return a_len ? memcmp(a, b, a_len) : 0;
}

int subject_compare(const struct subject *a, const struct subject *b)
{
	int order = (int)a->class - (int)b->class;

	order = order ?: compare_text(a->name, a->len, b->name, b->len);
	order = order ?: compare_text(a->unit, a->unit_len, b->unit, b->unit_len);
	order = order ?: a->is_bound - b->is_bound;
	order = order ?: a->is_watched - b->is_watched;
	if (!order && a->is_watched)
		order = (a->tid > b->tid) - (a->tid < b->tid);
	return order;
}
