/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal: what is in force, as plain data.
 */
#include "isolate/journal.h"

#include <stdlib.h>

#include "base/cleanup.h"

void journal_done(struct journal *journal)
{
	if (!journal)
		return;
	for (unsigned int i = 0; i < journal->n_layers; i++)
		layer_free(&journal->layers[i]);
	for (unsigned int i = 0; i < journal->n_steps; i++)
		plan_step_done(&journal->steps[i]);
	free(journal->layers);
	free(journal->steps);
	*journal = (struct journal){ .seq = 0 };
}
