/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main: finds the command and runs it. The only place where the process ends.
 */
#include <stdio.h>

#include "app/cmd.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"

static const struct command commands[] = {
#define COMMAND(cmd, text) { .name = #cmd, .help = text, .run = cmd_##cmd },
#include "app/cmds.def"
#undef COMMAND
};

static void print_help(FILE *to)
{
	(void)fputs(
		"usage: lull COMMAND [OPTIONS]\n\n"
		"lull finds what makes a virtual machine stutter: it measures what takes the CPU\n"
		"from the threads that run virtual CPUs, and names it.\n\ncommands:\n",
		to);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(to, "  %-10s%s\n", commands[i].name, commands[i].help);
	(void)fputs("\n  -h, --help     this help; lull COMMAND --help for a command\n"
		    "  -V, --version  version, and what is built in\n",
		    to);
}

static void print_version(void)
{
	(void)printf("lull %s\n", LULL_VERSION);
	(void)printf(
		"built in: %chwloc (topology) %clibdw (symbols of stacks) %clibxml2 (libvirt's XML) "
		"%clibcap-ng (drops privileges) %clibsystemd (CPUs of units)\n",
		LULL_WITH_HWLOC ? '+' : '-', LULL_WITH_DW ? '+' : '-', LULL_WITH_XML ? '+' : '-',
		LULL_WITH_CAPNG ? '+' : '-', LULL_WITH_SYSTEMD ? '+' : '-');
}

/* Is it the same but for one wrong, missing, additional or swapped letter? */
static bool is_typo_of(const char *word, const char *name)
{
	size_t head = 0, a = strlen(word), b = strlen(name), tail = 0;

	while (word[head] && word[head] == name[head])
		head++;
	while (tail < a - head && tail < b - head && word[a - 1 - tail] == name[b - 1 - tail])
		tail++;
	a -= head + tail;
	b -= head + tail;
	return (a <= 1 && b <= 1) ||
	       (a == 2 && b == 2 && word[head] == name[head + 1] && word[head + 1] == name[head]);
}

static int unknown_command(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (is_typo_of(word, commands[i].name)) {
			log_error("unknown command %s; did you mean %s?", word, commands[i].name);
			return EXIT_ERROR;
		}
	log_error("unknown command %s; see lull --help", word);
	return EXIT_ERROR;
}

int main(int argc, char **argv)
{
	int code = EXIT_GOOD;

	if (argc < 2) {
		print_help(stderr);
		return EXIT_ERROR;
	}
	if (streq(argv[1], "--help") || streq(argv[1], "-h")) {
		print_help(stdout);
	} else if (streq(argv[1], "--version") || streq(argv[1], "-V")) {
		print_version();
	} else {
		code = -1;
		for (size_t i = 0; i < ARRAY_SIZE(commands) && code < 0; i++)
			if (streq(argv[1], commands[i].name))
				code = commands[i].run(argc - 1, argv + 1);
		if (code < 0)
			code = unknown_command(argv[1]);
	}
	if (fflush(stdout) || ferror(stdout)) {
		log_error("writing to stdout failed");
		return EXIT_ERROR;
	}
	return code;
}
