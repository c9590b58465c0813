/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_findings: what is wrong with a set-up, for people: what, why it matters, and what to type.
 * It judges nothing: see model/findings.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/inventory.h"
#include "report/report.h"
#include "report/text.h"
#include "report/text_inventory.h"

static const struct {
	const char *name, *color;
} severities[] = {
	[INV_SERIOUS] = { .name = "serious", .color = "\033[1;31m" },
	[INV_WARNING] = { .name = "warning", .color = "\033[33m" },
	[INV_NOTE] = { .name = "note", .color = "" },
};

/* "serious: win11 vCPU 0-3: not pinned (may run on 0-15)" */
static int finding_write(const struct text *text, const struct inv_finding *finding)
{
	bool has_color = text->style->color && *severities[finding->severity].color;
	auto_str struct str line = { 0 };
	int err;

	err = str_addf(&line, "%s: %s%s%s: %s", severities[finding->severity].name,
		       finding->vm ?: "", finding->vm ? " " : "", finding->object, finding->title);
	if (!err && *finding->is)
		err = str_addf(&line, " (%s)", finding->is);
	if (err)
		return err;
	(void)fputc('\n', text->out);
	(void)fputs(has_color ? severities[finding->severity].color : "", text->out);
	text_paragraph(text, 2, 4, line.s);
	(void)fputs(has_color ? "\033[0m" : "", text->out);
	text_paragraph(text, 4, 4, finding->why);
	/* Never wrapped: they are there to be copied. */
	for (unsigned int i = 0; i < finding->n_fixes; i++)
		(void)fprintf(text->out, "    %s %s\n", i ? "    " : "fix:", finding->fixes[i]);
	return 0;
}

int text_findings_write(const struct text *text, const struct inventory *inv)
{
	unsigned int n = inv->n_findings;
	int err;

	if (!n)
		return 0;
	err = text_title(text, "%u finding%s", n, n == 1 ? "" : "s");
	for (unsigned int i = 0; i < n && !err; i++)
		err = finding_write(text, &inv->findings[i]);
	return err;
}
