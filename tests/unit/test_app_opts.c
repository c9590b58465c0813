/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of app/opts: each type of option, its ranges, and where options end. What is said and
 * printed goes to files in the test's directory.
 */
#include "app/opts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "machines.h"
#include "test.h"

struct config {
	bool flag;
	const char *text;
	struct opt_strings many;
	uint32_t number;
	uint64_t duration_ns;
	struct cpuset *cpus;
	enum opt_color color;
	int level;
};

static const struct opt opts[] = {
	{ .letter = 'f', .name = "flag", .help = "a flag", .type = OPT_FLAG,
	  .offset = offsetof(struct config, flag) },
	{ .letter = 's', .name = "text", .metavar = "TEXT", .help = "a text", .type = OPT_STRING,
	  .offset = offsetof(struct config, text) },
	{ .name = "many", .metavar = "TEXT", .help = "many texts", .type = OPT_STRINGS,
	  .offset = offsetof(struct config, many) },
	{ .letter = 'n', .name = "number", .metavar = "N", .help = "a number", .type = OPT_U32,
	  .offset = offsetof(struct config, number), .min = 2, .max = 100 },
	{ .letter = 'd', .name = "duration", .metavar = "TIME", .help = "a time",
	  .type = OPT_DURATION, .offset = offsetof(struct config, duration_ns), .min = 1000,
	  .max = 60000000000 },
	{ .letter = 'c', .name = "cpus", .metavar = "LIST", .help = "CPUs", .type = OPT_CPUS,
	  .offset = offsetof(struct config, cpus) },
	{ .name = "color", .metavar = "WHEN", .help = "colours", .type = OPT_COLOR,
	  .offset = offsetof(struct config, color) },
	{ .letter = 'v', .name = "verbose", .help = "more messages", .type = OPT_VERBOSE,
	  .offset = offsetof(struct config, level) },
	{ .letter = 'q', .name = "quiet", .help = "none", .type = OPT_QUIET,
	  .offset = offsetof(struct config, level) },
};

static const struct opt_spec spec = {
	.command = "try",
	.synopsis = "[options] [-- COMMAND]",
	.examples = "  lull try -f\n",
	.about = "Tries options.",
	.opts = opts,
	.n_opts = ARRAY_SIZE(opts),
};

/* Sends descriptor @fd to a file of that name; what it was. */
static int divert(int fd, const char *name)
{
	auto_close int to = -1;
	char path[128];
	int saved = dup(fd);

	(void)snprintf(path, sizeof(path), "%s/%s", test_tmpdir(), name);
	to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(to >= 0 && saved >= 0);
	(void)fflush(stdout);
	CHECK(dup2(to, fd) == fd);
	return saved;
}

static void restore(int fd, int saved)
{
	(void)fflush(stdout);
	(void)dup2(saved, fd);
	(void)close(saved);
}

/* The arguments end with NULL. */
static int parse(struct config *config, int *ret_rest, ...)
{
	char words[OPT_STRINGS_MAX * 2 + 8][48], *argv[ARRAY_SIZE(words) + 1] = { NULL };
	int argc = 0, err, out, said;
	const char *word = "try";
	va_list args;

	va_start(args, ret_rest);
	for (; word; word = va_arg(args, const char *)) {
		CHECK((size_t)argc < ARRAY_SIZE(words));
		str_copy(words[argc], sizeof(words[argc]), word, strlen(word));
		argv[argc] = words[argc];
		argc++;
	}
	va_end(args);
	out = divert(STDOUT_FILENO, "out");
	said = divert(STDERR_FILENO, "said");
	err = opts_parse(&spec, argc, argv, config, ret_rest);
	restore(STDERR_FILENO, said);
	restore(STDOUT_FILENO, out);
	return err;
}
