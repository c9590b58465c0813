/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * width: how many columns of a terminal a text takes, and texts made to fit. Without a locale:
 * the text is UTF-8, and a code point is 0, 1 or 2 columns wide.
 */
#ifndef LULL_REPORT_WIDTH_H
#define LULL_REPORT_WIDTH_H

#include <stdbool.h>
#include <stddef.h>

unsigned int width_of(const char *text);
/* Of the first @len bytes. */
unsigned int width_of_part(const char *text, size_t len);
/* The bytes of the longest beginning that takes at most @columns. */
size_t width_cut(const char *text, unsigned int columns);

#endif
