/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csv: one tidy table of each kind, RFC 4180: a header, then a line for each observation, all
 * times in nanoseconds. Columns are the keys of the JSON form. A cell of text that a spreadsheet
 * would take for a formula gets an apostrophe before it; numbers are never quoted.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/rec_host.h"
#include "model/rec_place.h"
#include "model/rec_trace.h"
#include "model/recording.h"
#include "report/export.h"
#include "report/json_fields.h"

struct csv {
	const struct export_side *side;
	FILE *out;
	bool has_sides, is_inside; /* a cell was written in this line */
};

struct table {
	const char *name;
	const char *first;		 /* columns before those of @fields */
	const struct json_field *fields; /* NULL: no more */
	int (*write)(struct csv *csv);
	/* Or, where the fields are all: the array in a recording, its length, and an element's size. */
	size_t rows, n, size;
};

static void cell_begin(struct csv *csv)
{
	if (csv->is_inside)
		(void)fputc(',', csv->out);
	csv->is_inside = true;
}

static void cell_u64(struct csv *csv, uint64_t value)
{
	cell_begin(csv);
	(void)fprintf(csv->out, "%" PRIu64, value);
}

static void cell_text(struct csv *csv, const char *text)
{
	bool is_formula =
		text[0] && strchr("=+-@\t\r\n", text[strspn(text, " ")]) && text[strspn(text, " ")];

	cell_begin(csv);
	if (!is_formula && !strpbrk(text, ",\"\r\n'; ")) {
		(void)fputs(text, csv->out);
		return;
	}
	(void)fputs(is_formula ? "\"'" : "\"", csv->out);
	for (; *text; text++) {
		if (*text == '"')
			(void)fputc('"', csv->out);
		(void)fputc(*text, csv->out);
	}
	(void)fputc('"', csv->out);
}

static void cell_int(struct csv *csv, int value)
{
	cell_begin(csv);
	if (value >= 0)
		(void)fprintf(csv->out, "%d", value);
}

static void cell_field(struct csv *csv, const struct json_field *field, const void *member)
{
	switch (field->type) {
	case JSON_U64:
		cell_u64(csv, *(const uint64_t *)member);
		return;
	case JSON_UINT:
		cell_u64(csv, *(const unsigned int *)member);
		return;
	case JSON_INT:
	case JSON_INT_OR_NULL:
		cell_int(csv, *(const int *)member);
		return;
	case JSON_BOOL:
		cell_u64(csv, *(const bool *)member);
		return;
	case JSON_TEXT:
	case JSON_TEXT_OR_NULL:
		cell_text(csv, *(char *const *)member ?: "");
		return;
	}
}

static void cell_fields(struct csv *csv, const struct json_field *fields, const void *base)
{
	for (const struct json_field *field = fields; field->key; field++)
		cell_field(csv, field, (const char *)base + field->offset);
}

static void line_begin(struct csv *csv)
{
	csv->is_inside = false;
	if (csv->has_sides)
		cell_text(csv, csv->side->label);
}

static void line_end(struct csv *csv)
{
	(void)fputs("\r\n", csv->out);
}

static int write_recording(struct csv *csv)
{
	const struct recording *rec = csv->side->rec;
	const struct json_field *const tables[] = { json_top_fields,   json_host_fields,
						    json_time_fields,  json_watch_fields,
						    json_total_fields, json_loss_fields,
						    json_self_fields };

	for (unsigned int i = 0; i < ARRAY_SIZE(tables); i++) {
		for (const struct json_field *field = tables[i]; field->key; field++) {
			line_begin(csv);
			cell_text(csv, tables[i] == json_total_fields  ? "stalls_total"
				       : tables[i] == json_loss_fields ? "loss"
				       : tables[i] == json_self_fields ? "self"
								       : "");
			cell_text(csv, field->key);
			cell_field(csv, field, (const char *)rec + field->offset);
			line_end(csv);
		}
	}
	return 0;
}

static int write_threads(struct csv *csv)
{
	for (unsigned int i = 0; i < csv->side->rec->n_threads; i++) {
		const struct rec_thread *thread = &csv->side->rec->threads[i];

		line_begin(csv);
		cell_u64(csv, thread->stalls);
		cell_u64(csv, thread->stalls_ns);
		cell_begin(csv);
		if (thread->has_sibling)
			(void)fprintf(csv->out, "%" PRIu64, thread->sibling_ns);
		cell_fields(csv, json_thread_fields, thread);
		line_end(csv);
	}
	return 0;
}

static void cell_owner(struct csv *csv, const struct rec_thread *thread)
{
	cell_int(csv, thread->tid);
	cell_text(csv, thread->vm ?: "");
	cell_int(csv, thread->vcpu);
}

static int write_ledger(struct csv *csv)
{
	for (unsigned int i = 0; i < csv->side->rec->n_threads; i++) {
		const struct rec_thread *thread = &csv->side->rec->threads[i];

		for (unsigned int j = 0; j < thread->n_ledger; j++) {
			line_begin(csv);
			cell_owner(csv, thread);
			cell_text(csv, thread->ledger[j].kind);
			cell_text(csv, thread->ledger[j].id ?: "");
			cell_fields(csv, json_entry_fields, &thread->ledger[j]);
			line_end(csv);
		}
	}
	return 0;
}

static int write_sources(struct csv *csv)
{
	for (unsigned int i = 0; i < csv->side->rec->n_cpus; i++) {
		const struct rec_cpu *cpu = &csv->side->rec->cpus[i];

		for (unsigned int j = 0; j < cpu->n_sources; j++) {
			line_begin(csv);
			cell_fields(csv, json_cpu_fields, cpu);
			cell_text(csv, cpu->sources[j].kind);
			cell_text(csv, cpu->sources[j].id ?: "");
			cell_fields(csv, json_entry_fields, &cpu->sources[j]);
			line_end(csv);
		}
	}
	return 0;
}

static void write_labels_of(struct csv *csv, const char *owner, const struct rec_entry *entries,
			    unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		for (unsigned int j = 0; j < entries[i].n_labels; j++) {
			line_begin(csv);
			cell_text(csv, owner);
			cell_text(csv, entries[i].kind);
			cell_text(csv, entries[i].name ?: "");
			cell_fields(csv, json_label_fields, &entries[i].labels[j]);
			line_end(csv);
		}
	}
}

static int write_labels(struct csv *csv)
{
	const struct recording *rec = csv->side->rec;
	int err = 0;

	for (unsigned int i = 0; i < rec->n_cpus; i++) {
		char name[24];

		(void)snprintf(name, sizeof(name), "cpu%d", rec->cpus[i].cpu);
		write_labels_of(csv, name, rec->cpus[i].sources, rec->cpus[i].n_sources);
	}
	for (unsigned int i = 0; i < rec->n_threads && !err; i++) {
		auto_str struct str name = { .s = NULL };

		err = export_add_owner(rec, &rec->threads[i], &name);
		if (!err)
			write_labels_of(csv, name.s, rec->threads[i].ledger,
					rec->threads[i].n_ledger);
	}
	return err;
}

static int write_hist(const struct export_hist *hist, void *arg)
{
	struct csv *csv = arg;

	line_begin(csv);
	cell_text(csv, hist->tag);
	cell_text(csv, hist->name);
	cell_fields(csv, json_hist_fields, hist->hist);
	line_end(csv);
	return 0;
}

static int write_bins(const struct export_hist *hist, void *arg)
{
	struct csv *csv = arg;

	for (unsigned int i = 0; i <= hist_slots(hist->hist->digits); i++) {
		uint64_t low, high;

		if (!hist->hist->counts[i])
			continue;
		hist_range(hist->hist->digits, i, &low, &high);
		line_begin(csv);
		cell_text(csv, hist->tag);
		cell_u64(csv, low);
		cell_u64(csv, high);
		cell_u64(csv, hist->hist->counts[i]);
		line_end(csv);
	}
	return 0;
}

/* Of one side its tags are those of hlog without the label, which has a column of its own. */
static int write_each_hist(struct csv *csv, int (*each)(const struct export_hist *, void *))
{
	const struct export_side bare = { .label = "", .rec = csv->side->rec };

	return export_hists(&bare, each, csv);
}

static int write_hists(struct csv *csv)
{
	return write_each_hist(csv, write_hist);
}

static int write_buckets(struct csv *csv)
{
	return write_each_hist(csv, write_bins);
}

static int write_stalls(struct csv *csv)
{
	for (unsigned int i = 0; i < csv->side->rec->n_stalls; i++) {
		line_begin(csv);
		cell_u64(csv, i + 1);
		cell_fields(csv, json_stall_fields, &csv->side->rec->stalls[i]);
		line_end(csv);
	}
	return 0;
}

static int write_segments(struct csv *csv)
{
	for (unsigned int i = 0; i < csv->side->rec->n_stalls; i++) {
		const struct rec_stall *stall = &csv->side->rec->stalls[i];

		for (unsigned int j = 0; j < stall->n_segments; j++) {
			line_begin(csv);
			cell_u64(csv, i + 1);
			cell_u64(csv, j + 1);
			cell_text(csv, stall->segments[j].row);
			cell_fields(csv, json_segment_fields, &stall->segments[j]);
			line_end(csv);
		}
	}
	return 0;
}

static int write_stacks(struct csv *csv)
{
	for (unsigned int i = 0; i < csv->side->rec->n_stalls; i++) {
		const struct rec_stall *stall = &csv->side->rec->stalls[i];

		for (unsigned int j = 0; j < stall->n_stack; j++) {
			line_begin(csv);
			cell_u64(csv, i + 1);
			cell_u64(csv, j + 1);
			cell_text(csv, stall->stack[j]);
			line_end(csv);
		}
	}
	return 0;
}

/* What the flight recorder kept, an event a line. */
static int write_trace(struct csv *csv)
{
	const struct rec_trace *trace = csv->side->rec->trace;

	for (unsigned int i = 0; trace && i < trace->n_windows; i++) {
		const struct rec_trace_window *w = &trace->windows[i];

		for (unsigned int j = 0; j < w->n_events; j++) {
			const struct rec_trace_event *e = &w->events[j];

			line_begin(csv);
			cell_int(csv, w->cpu);
			cell_u64(csv, e->at_ns);
			cell_u64(csv, e->ns);
			cell_text(csv, trace->causes[e->cause].kind);
			cell_fields(csv, json_trace_cause_fields, &trace->causes[e->cause]);
			line_end(csv);
		}
	}
	return 0;
}

static int write_audit(struct csv *csv)
{
	for (unsigned int i = 0; i < csv->side->rec->n_audit; i++) {
		const struct rec_audit *audit = &csv->side->rec->audit[i];

		line_begin(csv);
		cell_begin(csv);
		if (audit->has_lull)
			(void)fprintf(csv->out, "%" PRIu64, audit->lull);
		cell_fields(csv, json_audit_fields, audit);
		line_end(csv);
	}
	return 0;
}

static int write_interrupts(struct csv *csv)
{
	const struct recording *rec = csv->side->rec;

	for (unsigned int i = 0; i < rec->n_host_cpus; i++) {
		for (unsigned int j = 0; j < rec->host_cpus[i].n_interrupts; j++) {
			line_begin(csv);
			cell_int(csv, rec->host_cpus[i].cpu);
			cell_fields(csv, json_interrupt_fields, &rec->host_cpus[i].interrupts[j]);
			line_end(csv);
		}
	}
	return 0;
}

/* What a reader must know, and what is missing: sentences, and counters. */
static int write_notes(struct csv *csv)
{
	const struct recording *rec = csv->side->rec;
	const struct {
		const char *kind;
		char *const *texts;
		unsigned int n;
	} lists[] = {
		{ "note", rec->notes, rec->n_notes },
		{ "missing", rec->missing, rec->n_missing },
	};
	const struct {
		const char *kind;
		const struct rec_counter *counters;
		unsigned int n;
	} losses[] = {
		{ "anomaly", rec->anomalies, rec->n_anomalies },
		{ "incomplete", rec->incomplete, rec->n_incomplete },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(lists); i++) {
		for (unsigned int j = 0; j < lists[i].n; j++) {
			line_begin(csv);
			cell_text(csv, lists[i].kind);
			cell_u64(csv, 1);
			cell_text(csv, lists[i].texts[j]);
			line_end(csv);
		}
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(losses); i++) {
		for (unsigned int j = 0; j < losses[i].n; j++) {
			line_begin(csv);
			cell_text(csv, losses[i].kind);
			cell_u64(csv, losses[i].counters[j].count);
			cell_text(csv, losses[i].counters[j].name);
			line_end(csv);
		}
	}
	return 0;
}

#define ROWS(array, type)                                                                      \
	.rows = offsetof(struct recording, array), .n = offsetof(struct recording, n_##array), \
	.size = sizeof(struct type)
#define TABLE(nam, cols, keys, ...)                                     \
	{                                                               \
		.name = nam, .first = cols, .fields = keys, __VA_ARGS__ \
	}
static const struct table tables[] = {
	TABLE("ledger", "tid,vm,vcpu,row,id", json_entry_fields, .write = write_ledger),
	TABLE("sources", "cpu,wall_ns,source,id", json_entry_fields, .write = write_sources),
	TABLE("threads", "stalls,stalls_ns,sibling_ns", json_thread_fields, .write = write_threads),
	TABLE("labels", "owner,row,entry", json_label_fields, .write = write_labels),
	TABLE("hists", "tag,what", json_hist_fields, .write = write_hists),
	TABLE("buckets", "tag,low_ns,high_ns,count", NULL, .write = write_buckets),
	TABLE("stalls", "stall", json_stall_fields, .write = write_stalls),
	TABLE("segments", "stall,segment,row", json_segment_fields, .write = write_segments),
	TABLE("stacks", "stall,depth,symbol", NULL, .write = write_stacks),
	TABLE("trace", "cpu,at_ns,ns,kind", json_trace_cause_fields, .write = write_trace),
	TABLE("audit", "lull", json_audit_fields, .write = write_audit),
	TABLE("programs", NULL, json_program_fields, ROWS(programs, rec_program)),
	TABLE("topology", NULL, json_place_fields, ROWS(places, rec_place)),
	TABLE("caches", NULL, json_cache_fields, ROWS(caches, rec_cache)),
	TABLE("host_cpus", NULL, json_host_cpu_fields, ROWS(host_cpus, rec_host_cpu)),
	TABLE("host_interrupts", "cpu", json_interrupt_fields, .write = write_interrupts),
	TABLE("notes", "kind,count,text", NULL, .write = write_notes),
	TABLE("recording", "part,key,value", NULL, .write = write_recording),
};

static int write_rows(struct csv *csv, const struct table *table)
{
	const char *rec = (const char *)csv->side->rec;
	const char *rows = *(const char *const *)(const void *)(rec + table->rows);

	for (unsigned int i = 0; i < *(const unsigned int *)(const void *)(rec + table->n); i++) {
		line_begin(csv);
		cell_fields(csv, table->fields, rows + i * table->size);
		line_end(csv);
	}
	return 0;
}

const char *report_csv_table_at(unsigned int index)
{
	return index < ARRAY_SIZE(tables) ? tables[index].name : NULL;
}

static void write_header(struct csv *csv, const struct table *table)
{
	csv->is_inside = false;
	if (csv->has_sides)
		cell_text(csv, "side");
	if (table->first) {
		cell_begin(csv);
		(void)fputs(table->first, csv->out);
	}
	for (const struct json_field *field = table->fields; field && field->key; field++)
		cell_text(csv, field->key);
	line_end(csv);
}

int report_csv_write(const struct export *what, FILE *out)
{
	const char *name = what->table ?: tables[0].name;
	struct csv csv = { .out = out, .has_sides = what->n_sides && *what->sides[0].label };
	const struct table *table = NULL;
	int err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(tables); i++)
		if (streq(tables[i].name, name))
			table = &tables[i];
	if (!table)
		return -ENOENT;
	write_header(&csv, table);
	for (unsigned int i = 0; i < what->n_sides && !err; i++) {
		csv.side = &what->sides[i];
		err = table->write ? table->write(&csv) : write_rows(&csv, table);
	}
	return export_end(out, err);
}
