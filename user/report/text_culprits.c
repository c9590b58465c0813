/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_culprits: what took the most, by name and over all victims; without victims, and in full,
 * what ran on the watched CPUs. One name is one culprit, whichever rows it appears in.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/str.h"
#include "model/rec_thread.h"
#include "model/recording.h"
#include "model/rows.h"
#include "report/report.h"
#include "report/table.h"
#include "report/text.h"

#define CAUSES_SHOWN 20	 /* of the watched CPUs, when there is no victim */
#define WIDE	     100 /* columns; from here on there is room for long lists of CPUs */

/* One entry of one victim (or CPU), and after the merge the sum of all of that name. */
struct culprit {
	const struct rec_entry *entry; /* one of its entries */
	const char *class, *name;      /* "softirq ", "TIMER": both together are its name */
	uint64_t sum_ns, count, max_ns;
};

struct culprits {
	struct culprit *all;
	unsigned int n;
	bool of_cpus; /* from cpus[].sources, else from threads[].ledger */
	bool has_more_kinds;
};

static void culprits_done(struct culprits *culprits)
{
	free(culprits->all);
}

/* The entries of owner number @i, a thread or a CPU. */
static const struct rec_entry *entries_of(const struct recording *rec, bool of_cpus, unsigned int i,
					  unsigned int *ret_n)
{
	*ret_n = of_cpus ? rec->cpus[i].n_sources : rec->threads[i].n_ledger;
	return of_cpus ? rec->cpus[i].sources : rec->threads[i].ledger;
}

/* Is the class that of row @kind, other rows ("+") included? */
static bool has_class(const char *class, const char *kind)
{
	size_t len = strcspn(kind, "+");

	return strcspn(class, " ") == len && !strncmp(class, kind, len);
}

/*
 * An interrupt over the victim is "TIMER" of the row softirq, one that delayed its wake-up is
 * "softirq TIMER" of the row wake.
 */
static struct culprit culprit_of(const struct rec_entry *entry, bool of_cpus)
{
	static const char *const classes[] = { "irq ", "softirq " };
	struct culprit culprit = {
		.entry = entry,
		.class = "",
		.name = text_entry_name(entry),
		.sum_ns = entry->sum_ns,
		.count = entry->count,
		.max_ns = entry->max_ns,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(classes) && !of_cpus; i++) {
		if (str_starts(culprit.name, classes[i]))
			culprit.name += strlen(classes[i]);
		else if (!has_class(classes[i], entry->kind))
			continue;
		culprit.class = classes[i];
	}
	return culprit;
}

static bool is_culprit(const struct rec_entry *entry, bool of_cpus)
{
	return entry->sum_ns && (of_cpus ? !rec_entry_is_idle(entry) : rows_is_theft(entry->kind));
}

static int by_name(const void *a, const void *b)
{
	const struct culprit *x = a, *y = b;

	return strcmp(x->class, y->class) ?: strcmp(x->name, y->name);
}

static int by_time(const void *a, const void *b)
{
	const struct culprit *x = a, *y = b;

	if (x->sum_ns != y->sum_ns)
		return x->sum_ns < y->sum_ns ? 1 : -1;
	return by_name(a, b);
}

static void merge(struct culprits *culprits)
{
	unsigned int n = 0;

	if (!culprits->n)
		return;
	qsort(culprits->all, culprits->n, sizeof(*culprits->all), by_name);
	for (unsigned int i = 1; i < culprits->n; i++) {
		struct culprit *to = &culprits->all[n], *from = &culprits->all[i];

		if (by_name(to, from)) {
			culprits->all[++n] = *from;
			continue;
		}
		to->sum_ns += from->sum_ns;
		to->count += from->count;
		to->max_ns = max(to->max_ns, from->max_ns);
	}
	culprits->n = n + 1;
	qsort(culprits->all, culprits->n, sizeof(*culprits->all), by_time);
}

static int collect(const struct recording *rec, struct culprits *culprits)
{
	unsigned int n_owners = culprits->of_cpus ? rec->n_cpus : rec->n_threads;
	unsigned int n, total = 0;

	for (unsigned int i = 0; i < n_owners; i++) {
		(void)entries_of(rec, culprits->of_cpus, i, &n);
		total += n;
	}
	culprits->all = calloc(total + 1, sizeof(*culprits->all));
	if (!culprits->all)
		return -ENOMEM;
	for (unsigned int i = 0; i < n_owners; i++) {
		const struct rec_entry *entries = entries_of(rec, culprits->of_cpus, i, &n);

		for (unsigned int j = 0; j < n; j++) {
			if (is_culprit(&entries[j], culprits->of_cpus))
				culprits->all[culprits->n++] =
					culprit_of(&entries[j], culprits->of_cpus);
		}
	}
	merge(culprits);
	return 0;
}

/* The time of @culprit in one owner, in one row or (kind NULL) in all that count. */
static uint64_t time_in(const struct recording *rec, bool of_cpus, unsigned int owner,
			const char *kind, const struct culprit *culprit)
{
	unsigned int n;
	const struct rec_entry *entries = entries_of(rec, of_cpus, owner, &n);
	uint64_t sum_ns = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct culprit other = culprit_of(&entries[i], of_cpus);

		if (is_culprit(&entries[i], of_cpus) && (!kind || streq(entries[i].kind, kind)) &&
		    !by_name(&other, culprit))
			sum_ns += entries[i].sum_ns;
	}
	return sum_ns;
}

/* "preempted", or "preempted+": the row with most of its time, and that there are others. */
static int add_kind(const struct recording *rec, const struct culprit *culprit, bool of_cpus,
		    struct str *to)
{
	const char *largest = culprit->entry->kind;
	uint64_t largest_ns = 0;
	unsigned int n = 0;

	for (unsigned int i = 0; rows_at(i) && !of_cpus; i++) {
		uint64_t sum_ns = 0;

		for (unsigned int j = 0; j < rec->n_threads; j++)
			sum_ns += time_in(rec, false, j, rows_at(i)->name, culprit);
		n += sum_ns > 0;
		if (sum_ns > largest_ns) {
			largest_ns = sum_ns;
			largest = rows_at(i)->name;
		}
	}
	return str_addf(to, "%s%s", largest, n > 1 ? "+" : "");
}

/* "0-3,7" where a few numbers say it; else the one victim's name, or "3 of 16". */
static int add_owners(const struct text *text, const struct culprits *culprits,
		      const struct culprit *culprit, struct str *to)
{
	const struct recording *rec = text->rec;
	unsigned int n_owners = culprits->of_cpus ? rec->n_cpus : rec->n_threads;
	unsigned int n = 0, last = 0;
	bool by_number = culprits->of_cpus || text->one_vm;
	struct cpuset set;
	auto_free char *list = NULL;

	cpuset_clear(&set);
	for (unsigned int i = 0; i < n_owners; i++) {
		int number = culprits->of_cpus ? rec->cpus[i].cpu : rec->threads[i].vcpu;

		if (!time_in(rec, culprits->of_cpus, i, NULL, culprit))
			continue;
		n++;
		last = i;
		if (number >= 0 && number < CPUSET_MAX)
			cpuset_add(&set, (unsigned int)number);
	}
	if (by_number) {
		list = cpuset_format(&set);
		if (!list)
			return -ENOMEM;
		if (strlen(list) <= (text->style->width < WIDE ? 11 : 24))
			return str_add(to, list);
	}
	if (n == 1 && !culprits->of_cpus)
		return text_add_victim(text, &rec->threads[last], to);
	return str_addf(to, "%u of %u", n, n_owners);
}

static int culprit_row(const struct text *text, struct culprits *culprits,
		       const struct culprit *culprit, uint64_t whole_ns, struct table *table)
{
	auto_str struct str kind = { .s = NULL };
	auto_str struct str owners = { .s = NULL };
	char buf[32];
	int err = add_kind(text->rec, culprit, culprits->of_cpus, &kind);

	err = err ?: add_owners(text, culprits, culprit, &owners);
	if (err)
		return err;
	culprits->has_more_kinds |= str_ends(kind.s, "+");
	/* "softirq TIMER" of the row softirq would say it twice. */
	table_cell(table, "%s%s", has_class(culprit->class, kind.s) ? "" : culprit->class,
		   culprit->name);
	table_cell(table, "%s", kind.s);
	table_cell(table, "%s", text_share(culprit->sum_ns, whole_ns, buf, sizeof(buf)));
	table_cell(table, "%s", str_format_ns(culprit->sum_ns, buf, sizeof(buf)));
	table_cell(table, "%s", text_count(culprit->count, buf, sizeof(buf)));
	table_cell(table, "%s",
		   text_rate(culprit->count, text->rec->duration_ns, buf, sizeof(buf)));
	table_cell(table, "%s",
		   culprit->max_ns ? str_format_ns(culprit->max_ns, buf, sizeof(buf)) : "-");
	table_cell(table, "%s", owners.s ?: "");
	return 0;
}

static int table_of(const struct text *text, struct culprits *culprits, unsigned int n,
		    uint64_t whole_ns)
{
	auto_table struct table *table = table_new();
	int err = 0;

	if (!table)
		return -ENOMEM;
	table_group(table, "");
	table_column(table, "name", TABLE_LEFT, TABLE_SHRINK);
	table_column(table, "kind", TABLE_LEFT, 0);
	table_column(table, "%", TABLE_POINT, 0);
	table_column(table, "time", TABLE_UNIT, 0);
	table_column(table, "count", TABLE_RIGHT, TABLE_SPARE);
	table_column(table, "/s", TABLE_RIGHT, 0);
	table_column(table, "max", TABLE_UNIT, TABLE_OPTIONAL);
	table_column(table,
		     culprits->of_cpus ? "CPU"
		     : text->one_vm    ? "vCPU"
				       : "victim",
		     TABLE_LEFT, 0);
	for (unsigned int i = 0; i < n && !err; i++)
		err = culprit_row(text, culprits, &culprits->all[i], whole_ns, table);
	return err ?: table_write(table, text->style, 2, text->out);
}

static uint64_t whole_of(const struct recording *rec, bool of_cpus)
{
	uint64_t whole = 0;

	for (unsigned int i = 0; of_cpus && i < rec->n_cpus; i++)
		whole += rec->cpus[i].wall_ns;
	for (unsigned int i = 0; !of_cpus && i < rec->n_threads; i++)
		whole += rec_thread_wanted_ns(&rec->threads[i]);
	return whole;
}

int text_add_largest(const struct text *text, bool of_cpus, struct str *to, uint64_t *ret_ns)
{
	__attribute__((cleanup(culprits_done))) struct culprits culprits = { .of_cpus = of_cpus };
	int err = collect(text->rec, &culprits);

	if (err || !culprits.n)
		return err;
	*ret_ns = culprits.all[0].sum_ns;
	return str_addf(to, "%s%s", culprits.all[0].class, culprits.all[0].name);
}

static int culprits_write(const struct text *text, bool of_cpus)
{
	__attribute__((cleanup(culprits_done))) struct culprits culprits = { .of_cpus = of_cpus };
	unsigned int limit =
		of_cpus ? max(text->style->top, (unsigned int)CAUSES_SHOWN) : text->style->top;
	uint64_t whole_ns = whole_of(text->rec, of_cpus);
	char whole[32];
	unsigned int n;
	int err = collect(text->rec, &culprits);

	n = min(culprits.n, limit);
	if (err || !n)
		return err;
	(void)str_format_ns(whole_ns, whole, sizeof(whole));
	if (of_cpus)
		err = text_title(text, "What ran on the watched CPUs (%% of their %s)", whole);
	else
		err = text_title(text, "Largest culprits (%% of the %s that victims wanted to run)",
				 whole);
	err = err ?: table_of(text, &culprits, n, whole_ns);
	if (!err && culprits.has_more_kinds)
		(void)fputs("  + and in other rows\n", text->out);
	if (!err && culprits.n > n)
		(void)fprintf(text->out, "  and %u smaller ones\n", culprits.n - n);
	return err;
}

int text_culprits_write(const struct text *text)
{
	int err = text->rec->n_threads ? culprits_write(text, false) : 0;

	if (!err && (!text->rec->n_threads || text->style->verbose))
		err = culprits_write(text, true);
	return err;
}
