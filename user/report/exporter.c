/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exporter: the table of formats, made from exporters.def. It only finds; the caller writes.
 */
#include "base/cleanup.h"
#include "report/report.h"

static const struct exporter exporters[] = {
#define EXPORTER(id, name_, help_, write_) { .name = (name_), .help = (help_), .write = (write_) },
#include "report/exporters.def"
#undef EXPORTER
};

const struct exporter *report_exporter_find(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(exporters); i++) {
		if (streq(exporters[i].name, name))
			return &exporters[i];
	}
	return NULL;
}

const struct exporter *report_exporter_at(unsigned int index)
{
	return index < ARRAY_SIZE(exporters) ? &exporters[index] : NULL;
}
