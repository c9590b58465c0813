/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings: what is wrong with a set-up, from the inventory alone. What may be found is the table
 * findings.def.
 */
#ifndef LULL_MODEL_FINDINGS_H
#define LULL_MODEL_FINDINGS_H

struct inventory;

/* Fills the findings, the worst first. Call inventory_split() before. -ENOMEM. */
int findings_find(struct inventory *inv);

#endif
