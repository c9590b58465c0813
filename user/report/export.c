/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * export: walks the histograms of a recording and names them, for all formats alike.
 */
#include "report/export.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/rec_trace.h"
#include "model/recording.h"

/* The state of a walk. */
struct walk {
	const struct export_side *side;
	int (*each)(const struct export_hist *hist, void *arg);
	void *arg;
	struct str tag;
	uint64_t *seen; /* hashes of the tags of one owner */
	unsigned int n_seen, cap;
};

static bool is_tag_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("_.:/+-@#[]()<>", c));
}

static uint64_t hash_of(const char *text)
{
	uint64_t hash = 14695981039346656037ULL; /* FNV-1a */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
	return hash;
}

/* Notes the tag. -EEXIST: this owner has one already that looks the same. */
static int remember(struct walk *walk)
{
	uint64_t hash = hash_of(walk->tag.s), *seen;

	for (unsigned int i = 0; i < walk->n_seen; i++) {
		if (walk->seen[i] == hash)
			return -EEXIST;
	}
	if (walk->n_seen == walk->cap) {
		seen = reallocarray(walk->seen, walk->cap + 64, sizeof(*seen));
		if (!seen)
			return -ENOMEM;
		walk->seen = seen;
		walk->cap += 64;
	}
	walk->seen[walk->n_seen++] = hash;
	return 0;
}

static void cut(struct str *str, size_t len)
{
	str->len = len;
	str->s[len] = '\0';
}

/* ".@kind.@id" behind the owner, made unique by a number; the owner alone remains after it. */
static int visit(struct walk *walk, const char *kind, const char *id,
		 const struct export_hist *what)
{
	struct export_hist hist = *what;
	size_t owner = walk->tag.len, whole;
	int err;

	if (!hist.hist->counts)
		return 0;
	err = str_addf(&walk->tag, ".%s%s%s", kind, id && *id ? "." : "", id ?: "");
	if (err)
		return err;
	whole = walk->tag.len;
	for (size_t i = owner; i < whole; i++) {
		if (!is_tag_char(walk->tag.s[i]))
			walk->tag.s[i] = '_';
	}
	err = remember(walk);
	for (unsigned int n = 2; err == -EEXIST; n++) {
		cut(&walk->tag, whole);
		err = str_addf(&walk->tag, "~%u", n) ?: remember(walk);
	}
	if (err)
		return err;
	hist.tag = walk->tag.s;
	err = walk->each(&hist, walk->arg);
	cut(&walk->tag, owner);
	return err;
}

static int visit_entries(struct walk *walk, const struct rec_entry *entries, unsigned int n)
{
	int err = 0;

	for (unsigned int i = 0; i < n && !err; i++) {
		const struct rec_entry *entry = &entries[i];
		const char *id = entry->id && *entry->id ? entry->id : entry->name;
		struct export_hist hist = {
			.hist = &entry->hist,
			.name = entry->name && *entry->name ? entry->name : entry->kind,
		};

		err = visit(walk, entry->kind, id, &hist);
	}
	return err;
}

/* Begins the tags of an owner. */
static int begin(struct walk *walk)
{
	const char *label = walk->side->label;

	walk->n_seen = 0;
	walk->tag.len = 0;
	return str_addf(&walk->tag, "%s%s", label, *label ? "." : "");
}

static int visit_thread(struct walk *walk, const struct rec_thread *thread)
{
	const struct {
		const char *kind;
		struct export_hist hist;
	} hists[] = {
		{ "gap", { .hist = &thread->gap, .name = "from losing the CPU to having it" } },
		{ "wake", { .hist = &thread->wake, .name = "from being woken to running" } },
		{ "preempted", { .hist = &thread->preempted, .name = "another had the CPU" } },
	};
	int err = begin(walk);

	err = err ?: export_add_owner(walk->side->rec, thread, &walk->tag);
	for (unsigned int i = 0; i < ARRAY_SIZE(hists) && !err; i++)
		err = visit(walk, hists[i].kind, NULL, &hists[i].hist);
	return err ?: visit_entries(walk, thread->ledger, thread->n_ledger);
}

int export_hists(const struct export_side *side,
		 int (*each)(const struct export_hist *hist, void *arg), void *arg)
{
	const struct recording *rec = side->rec;
	struct walk walk = { .side = side, .each = each, .arg = arg };
	int err = 0;

	for (unsigned int i = 0; i < rec->n_cpus && !err; i++) {
		err = begin(&walk) ?: str_addf(&walk.tag, "cpu%d", rec->cpus[i].cpu);
		err = err ?: visit_entries(&walk, rec->cpus[i].sources, rec->cpus[i].n_sources);
	}
	for (unsigned int i = 0; i < rec->n_threads && !err; i++)
		err = visit_thread(&walk, &rec->threads[i]);
	str_done(&walk.tag);
	free(walk.seen);
	return err;
}

/* Is there one VM at most, each of whose vCPUs is there once? */
static bool is_vcpu_unique(const struct recording *rec, const struct rec_thread *thread)
{
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		const struct rec_thread *other = &rec->threads[i];

		if (other != thread && other->vcpu >= 0 &&
		    (other->vcpu == thread->vcpu || !streq(other->vm ?: "", thread->vm ?: "")))
			return false;
	}
	return true;
}

int export_add_owner(const struct recording *rec, const struct rec_thread *thread, struct str *to)
{
	if (thread->vcpu >= 0 && is_vcpu_unique(rec, thread))
		return str_addf(to, "vcpu%d", thread->vcpu);
	return str_addf(to, "tid%d", thread->tid);
}

int export_add_victim(const struct rec_thread *thread, struct str *to)
{
	if (thread->vcpu < 0)
		return str_addf(to, "%s %d", thread->comm ?: "", thread->tid);
	return str_addf(to, "%s%svcpu %d", thread->vm ?: "", thread->vm ? " " : "", thread->vcpu);
}

int export_add_segment(const struct rec_segment *segment, struct str *to)
{
	bool is_wait = streq(segment->row, "preempted") || streq(segment->row, "wake");

	if (!segment->name || !*segment->name)
		return str_add(to, segment->row);
	if (is_wait)
		return str_addf(to, "%s: %s", segment->row, segment->name);
	return str_addf(to, "%s %s", segment->row, segment->name);
}

int export_add_trace_cause(const struct recording *rec, const struct rec_trace_cause *cause,
			   struct str *to)
{
	const struct rec_thread *victim = cause->tid ? export_thread(rec, cause->tid) : NULL;
	bool is_task = streq(cause->kind, "task");
	int err;

	if (is_task || streq(cause->kind, "nmi"))
		return str_add(to, cause->name);
	if (streq(cause->kind, "run"))
		return victim ? export_add_victim(victim, to) : str_add(to, cause->kind);
	err = str_add(to, cause->kind);
	if (!err && *cause->name)
		err = str_addf(to, " %s", cause->name);
	if (!err && victim)
		err = str_add(to, " ") ?: export_add_victim(victim, to);
	return err;
}

int export_add_json(const char *text, struct str *to)
{
	int err = str_add(to, "\"");

	for (; *text && !err; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			err = str_addf(to, "\\%c", c);
		else if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x7f)
			err = str_addf(to, "\\u%04x", c);
		else
			err = str_addn(to, text, 1);
	}
	return err ?: str_add(to, "\"");
}

const struct rec_thread *export_thread(const struct recording *rec, int tid)
{
	for (unsigned int i = 0; i < rec->n_threads; i++) {
		if (rec->threads[i].tid == tid)
			return &rec->threads[i];
	}
	return NULL;
}

bool export_is_victim(const struct recording *rec, const struct rec_entry *task)
{
	for (unsigned int i = 0; i < rec->n_threads && streq(task->kind, "task"); i++) {
		char tid[16];

		(void)snprintf(tid, sizeof(tid), "%d", rec->threads[i].tid);
		if (task->id && streq(task->id, tid))
			return true;
	}
	return false;
}

int export_end(FILE *out, int err)
{
	errno = 0;
	if (!err && (fflush(out) || ferror(out)))
		return errno ? -errno : -EIO;
	return err;
}
