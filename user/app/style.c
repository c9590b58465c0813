/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/style.h"

#include <langinfo.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "report/report.h"

bool style_is_dumb_terminal(void)
{
	const char *term = getenv("TERM");

	return term && streq(term, "dumb");
}

static bool want_color(enum opt_color color)
{
	const char *no = getenv("NO_COLOR");

	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	return !(no && *no) && isatty(STDOUT_FILENO) && !style_is_dumb_terminal();
}

void style_read(enum opt_color color, bool ascii, struct report_style *style)
{
	struct winsize ws = { 0 };

	style->color = want_color(color);
	style->utf8 = !ascii && streq(nl_langinfo(CODESET), "UTF-8");
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws))
		style->width = ws.ws_col;
}
