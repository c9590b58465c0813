/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd: a command is one file, cmd_<name>.c, and one row in cmds.def. The row gives the dispatch,
 * the line in `lull --help`, and the declaration of its function.
 */
#ifndef LULL_APP_CMD_H
#define LULL_APP_CMD_H

/* Exit codes: the same for all commands. */
enum exit_code {
	EXIT_GOOD = 0,
	EXIT_ERROR = 1,	       /* error or bad usage; nothing was changed */
	EXIT_LIMIT = 2,	       /* a limit is broken */
	EXIT_INCONCLUSIVE = 3, /* events lost, too few samples */
	EXIT_REFUSED = 4,      /* no such target, or the host refuses */
};

struct command {
	const char *name, *help;
	/* argv[0] is the command. Its exit code. */
	int (*run)(int argc, char **argv);
};

#define COMMAND(name, help) int cmd_##name(int argc, char **argv);
#include "app/cmds.def"
#undef COMMAND

#endif
