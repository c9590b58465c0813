/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folded: the ledgers as folded stacks, one line for each entry with its nanoseconds: victim, row,
 * name and, where it is known in more detail, its label. The lines of a victim sum to its wall
 * time. Of the watched CPUs only what ran there, when there is no victim.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/recording.h"
#include "report/export.h"

/* A semicolon would end the frame; a blank is allowed in it, the number is behind the last one. */
static int add_frame(struct str *to, const char *text)
{
	size_t from = to->len;
	int err = str_addf(to, "%s%s", from ? ";" : "", text);

	for (size_t i = from + (from != 0); !err && i < to->len; i++) {
		if (to->s[i] == ';')
			to->s[i] = ':';
	}
	return err;
}

/* Labels refine an entry; what they leave is the entry's own. */
static int write_entry(FILE *out, const char *owner, const struct rec_entry *entry)
{
	auto_str struct str stack = { .s = NULL };
	uint64_t rest = entry->sum_ns;
	int err = str_add(&stack, owner) ?: add_frame(&stack, entry->kind);

	if (!err && entry->name && *entry->name)
		err = add_frame(&stack, entry->name);
	for (unsigned int i = 0; i < entry->n_labels && !err; i++) {
		const struct rec_label *label = &entry->labels[i];
		size_t len = stack.len;

		if (!label->sum_ns || label->sum_ns > rest)
			continue;
		rest -= label->sum_ns;
		err = add_frame(&stack, label->name);
		if (!err)
			(void)fprintf(out, "%s %" PRIu64 "\n", stack.s, label->sum_ns);
		stack.len = len;
		stack.s[len] = '\0';
	}
	if (!err && rest)
		(void)fprintf(out, "%s %" PRIu64 "\n", stack.s, rest);
	return err;
}

static int write_entries(FILE *out, const char *owner, const struct rec_entry *entries,
			 unsigned int n)
{
	int err = 0;

	for (unsigned int i = 0; i < n && !err; i++)
		err = write_entry(out, owner, &entries[i]);
	return err;
}

static int write_thread(const struct export_side *side, const struct rec_thread *thread, FILE *out)
{
	auto_str struct str owner = { .s = NULL };
	auto_str struct str victim = { .s = NULL };
	int err = *side->label ? add_frame(&owner, side->label) : 0;

	if (!err && thread->vm)
		err = add_frame(&owner, thread->vm);
	if (!err && thread->vcpu >= 0)
		err = str_addf(&victim, "vcpu %d", thread->vcpu);
	else if (!err)
		err = export_add_victim(thread, &victim);
	err = err ?: add_frame(&owner, victim.s);
	return err ?: write_entries(out, owner.s, thread->ledger, thread->n_ledger);
}

static int write_cpu(const struct export_side *side, const struct rec_cpu *cpu, FILE *out)
{
	auto_str struct str owner = { .s = NULL };
	char name[24];
	int err = *side->label ? add_frame(&owner, side->label) : 0;

	(void)snprintf(name, sizeof(name), "cpu %d", cpu->cpu);
	err = err ?: add_frame(&owner, name);
	return err ?: write_entries(out, owner.s, cpu->sources, cpu->n_sources);
}

int report_folded_write(const struct export *what, FILE *out)
{
	int err = 0;

	for (unsigned int i = 0; i < what->n_sides && !err; i++) {
		const struct recording *rec = what->sides[i].rec;

		for (unsigned int j = 0; j < rec->n_threads && !err; j++)
			err = write_thread(&what->sides[i], &rec->threads[j], out);
		for (unsigned int j = 0; j < rec->n_cpus && !rec->n_threads && !err; j++)
			err = write_cpu(&what->sides[i], &rec->cpus[j], out);
	}
	return export_end(out, err);
}
