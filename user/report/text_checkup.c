/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_checkup: a checkup for people: a line per check, its state as a word, and under it what to
 * do. Colour only repeats what the words say.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/checkup.h"
#include "report/checkup.h"
#include "report/report.h"
#include "report/text.h"
#include "report/width.h"

#define INDENT	   2
#define STATE_WIDE 9  /* the longest state, and two blanks */
#define NAME_LEAST 16 /* and two blanks */

static const char *const colors[] = {
	[CHECKUP_OK] = "\033[32m",  [CHECKUP_WARN] = "\033[33m",   [CHECKUP_FAIL] = "\033[1;31m",
	[CHECKUP_NONE] = "\033[2m", [CHECKUP_UNKNOWN] = "\033[2m",
};

static unsigned int name_width(const struct checkup *checkup)
{
	unsigned int width = NAME_LEAST;

	for (unsigned int i = 0; i < checkup->n; i++)
		width = max(width, width_of(checkup->items[i].name));
	return width + 2;
}

/* What to do, where the text above it begins. */
static int write_remedy(const struct text *text, const char *remedy, unsigned int at)
{
	auto_str struct str line = { 0 };
	int err = str_addf(&line, "-> %s", remedy);

	if (!err)
		text_paragraph(text, at, at + 3, line.s);
	return err;
}

static int write_item(const struct text *text, const struct checkup_item *item, unsigned int name)
{
	const char *state = checkup_state_name(item->state);
	unsigned int at = INDENT + STATE_WIDE + name;
	bool color = text->style->color;

	(void)fprintf(text->out, "%*s%s%s%s%*s%s%*s", INDENT, "", color ? colors[item->state] : "",
		      state, color ? "\033[0m" : "", (int)(STATE_WIDE - width_of(state)), "",
		      item->name, (int)(name - width_of(item->name)), "");
	text_wrap(text, at, at, item->found);
	return item->remedy ? write_remedy(text, item->remedy, at) : 0;
}

/* "Can it measure?" and its checks. */
static int write_section(const struct text *text, const struct report_checkup *report,
			 const char *section)
{
	unsigned int name = name_width(report->checkup);
	int err;

	err = text_title(text, "%s", report->title(section));
	for (unsigned int i = 0; i < report->checkup->n && !err; i++)
		if (streq(report->checkup->items[i].section, section))
			err = write_item(text, &report->checkup->items[i], name);
	return err;
}

int report_checkup_text(const struct report_checkup *report, const struct report_style *style,
			FILE *out)
{
	const struct text text = { .style = style, .out = out };
	const struct checkup *checkup = report->checkup;
	int err = 0;

	for (unsigned int i = 0; i < checkup->n && !err; i++)
		if (!i || !streq(checkup->items[i].section, checkup->items[i - 1].section))
			err = write_section(&text, report, checkup->items[i].section);
	if (!err)
		(void)fputc('\n', out);
	for (unsigned int i = 0; i < report->n_verdicts && !err; i++)
		text_paragraph(&text, 0, 2, report->verdicts[i].words);
	errno = 0;
	if (!err && (fflush(out) || ferror(out)))
		return errno ? -errno : -EIO;
	return err;
}
