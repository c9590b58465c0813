/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_inventory: what the parts of `lull list` share. Private to report/text_*.c.
 */
#ifndef LULL_REPORT_TEXT_INVENTORY_H
#define LULL_REPORT_TEXT_INVENTORY_H

struct inventory;
struct text;

/* What is wrong, the worst first, each with its fix. 0, -ENOMEM. */
int text_findings_write(const struct text *text, const struct inventory *inv);

#endif
