/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/doctor.h"

#include <errno.h>

#include "base/cleanup.h"
#include "doctor/exam.h"

struct check {
	const char *name; /* of a check, or of the section that begins */
	const char *title;
	int (*run)(struct exam *exam); /* NULL: a section */
};

static const struct check checks[] = {
#define SECTION(nam, text) { .name = nam, .title = text },
#define CHECK(id, nam)	   { .name = nam, .run = doctor_check_##id },
#include "doctor/checks.def"
};

/* The @i-th row that is a section, or is none. */
static const struct check *row_at(unsigned int i, bool is_section)
{
	for (size_t k = 0; k < ARRAY_SIZE(checks); k++)
		if (!checks[k].run == is_section && !i--)
			return &checks[k];
	return NULL;
}

const char *doctor_section(unsigned int i)
{
	const struct check *row = row_at(i, true);

	return row ? row->name : NULL;
}

const char *doctor_section_title(const char *section)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (!checks[i].run && streq(checks[i].name, section))
			return checks[i].title;
	return section;
}

const char *doctor_check_name(unsigned int i)
{
	const struct check *row = row_at(i, false);

	return row ? row->name : NULL;
}

int doctor_examine(const struct root *root, const struct doctor_trials *trials, struct checkup *ret)
{
	struct checkup out = { 0 };
	struct exam exam = { .root = root, .trials = trials, .out = &out };
	int err = 0;

	exam.cmdline_err = cmdline_read(root, &exam.cmdline);
	exam.caps_err = caps_read_own(root, &exam.caps);
	for (size_t i = 0; i < ARRAY_SIZE(checks) && !err; i++) {
		exam.name = checks[i].name;
		if (checks[i].run)
			err = checks[i].run(&exam);
		else
			exam.section = checks[i].name;
	}
	cmdline_done(&exam.cmdline);
	if (err) {
		checkup_done(&out);
		return err;
	}
	*ret = out;
	return 0;
}
