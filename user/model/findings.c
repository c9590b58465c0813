/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings: goes through the table of what may be wrong, for each VM, and keeps what was found.
 * What is looked for is in findings_*.c.
 */
#define LULL_MODEL_FINDINGS_PRIVATE
#include "model/findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/findings_p.h"

static const struct finding_row rows[] = {
#define FINDING(id_, severity_, function_, title_, why_) \
	{ .id = (id_),                                   \
	  .severity = INV_##severity_,                   \
	  .find = function_,                             \
	  .title = (title_),                             \
	  .why = (why_) },
#include "model/findings.def"
#undef FINDING
};

__attribute__((format(printf, 2, 0))) static char *format(struct finder *f, const char *fmt,
							  va_list ap)
{
	char *text = f->err ? NULL : str_vformat(fmt, ap);

	if (!text)
		f->err = f->err ?: -ENOMEM;
	return text;
}

void finder_begin(struct finder *f, const char *fmt, ...)
{
	struct inventory *inv = f->inv;
	struct inv_finding *grown;
	va_list ap;
	char *object;

	va_start(ap, fmt);
	object = format(f, fmt, ap);
	va_end(ap);
	grown = object ? reallocarray(inv->findings, inv->n_findings + 1, sizeof(*grown)) : NULL;
	if (!grown) {
		free(object);
		f->err = -ENOMEM;
		return;
	}
	inv->findings = grown;
	grown[inv->n_findings++] = (struct inv_finding){
		.id = f->row->id,
		.severity = f->row->severity,
		.title = f->row->title,
		.why = f->row->why,
		.vm = f->vm->name,
		.object = object,
	};
}

void finder_is(struct finder *f, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format(f, fmt, ap);
	va_end(ap);
	if (text)
		f->inv->findings[f->inv->n_findings - 1].is = text;
}

void finder_fix(struct finder *f, const char *fmt, ...)
{
	struct inv_finding *finding;
	char **grown, *text;
	va_list ap;

	va_start(ap, fmt);
	text = format(f, fmt, ap);
	va_end(ap);
	if (!text)
		return;
	finding = &f->inv->findings[f->inv->n_findings - 1];
	grown = reallocarray(finding->fixes, finding->n_fixes + 1, sizeof(*grown));
	if (!grown) {
		free(text);
		f->err = -ENOMEM;
		return;
	}
	finding->fixes = grown;
	grown[finding->n_fixes++] = text;
}

/* Stable: within a severity by VM and row, in which order they were found. */
static void sort(struct inventory *inv)
{
	for (unsigned int i = 1; i < inv->n_findings; i++) {
		struct inv_finding moved = inv->findings[i];
		unsigned int j = i;

		for (; j && inv->findings[j - 1].severity < moved.severity; j--)
			inv->findings[j] = inv->findings[j - 1];
		inv->findings[j] = moved;
	}
}

int findings_find(struct inventory *inv)
{
	int err = 0;

	for (unsigned int i = 0; i < inv->n_vms && !err; i++) {
		auto_placement struct placement place = { .cpus = NULL };
		struct finder f = { .inv = inv, .vm = &inv->vms[i], .place = &place };

		err = placement_make(inv, f.vm, true, &place);
		for (size_t j = 0; j < ARRAY_SIZE(rows) && !err; j++) {
			f.row = &rows[j];
			f.row->find(&f);
			err = f.err;
		}
	}
	sort(inv);
	/* One that lacks its words for want of memory may not be printed. */
	for (unsigned int i = 0; i < inv->n_findings && !err; i++)
		if (!inv->findings[i].is && !(inv->findings[i].is = strdup("")))
			err = -ENOMEM;
	return err;
}
