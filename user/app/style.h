/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * style: how a text on stdout shall look, by its terminal, the environment and the options.
 */
#ifndef LULL_APP_STYLE_H
#define LULL_APP_STYLE_H

#include <stdbool.h>

#include "app/opts.h"

struct report_style;

/* One that cannot do more than print: no colour, no line that is drawn again. */
bool style_is_dumb_terminal(void);
/* Sets color, utf8 and width. After setlocale(). */
void style_read(enum opt_color color, bool ascii, struct report_style *style);

#endif
