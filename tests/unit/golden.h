/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * golden: the recordings of tests/golden, and what the summary makes of one. Tests run at the top
 * of the tree.
 */
#ifndef LULL_TEST_GOLDEN_H
#define LULL_TEST_GOLDEN_H

#include <stdbool.h>

#include "model/recording.h"
#include "report/report.h"

#define auto_recording __attribute__((cleanup(recording_done)))

/* 80 columns, no colour. */
extern const struct report_style golden_style;

/* tests/golden/@name.json. */
void golden_read(const char *name, struct recording *ret);
/* The recording's own JSON; free it. */
char *golden_json(const struct recording *rec);
/* The summary; free it. */
char *golden_text(const struct recording *rec, const struct report_style *style);
/* LULL_GOLDEN_UPDATE: what was printed is what is expected from now on. */
void golden_update(const char *text, const char *golden);
/* Does the text hold these words, in whatever lines? Blanks count as one. */
bool golden_says(const char *text, const char *words);

#endif
