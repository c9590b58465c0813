/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opts: typed tables of options, over getopt_long. A row names where its value goes; ranges and
 * help live in the row. Help and errors come from the table, so they cannot disagree with it.
 */
#ifndef LULL_APP_OPTS_H
#define LULL_APP_OPTS_H

#include <stddef.h>
#include <stdint.h>

enum opt_type {
	OPT_FLAG,	  /* bool: set */
	OPT_STRING,	  /* const char * */
	OPT_STRINGS,	  /* struct opt_strings: may be repeated */
	OPT_U32,	  /* uint32_t, min to max */
	OPT_DURATION,	  /* uint64_t ns, min to max */
	OPT_DURATION_MAY, /* the same; without a value the row's default: --trace, --trace=5ms */
	OPT_CPUS,	  /* struct cpuset *: parsed into what the pointer points to */
	OPT_COLOR,	  /* enum opt_color */
	OPT_VERBOSE,	  /* int: one more */
	OPT_QUIET,	  /* int: 0 */
};

enum opt_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

#define OPT_STRINGS_MAX 64
struct opt_strings {
	const char *v[OPT_STRINGS_MAX];
	unsigned int n;
};

struct opt {
	char letter; /* 0: long only */
	const char *name, *metavar, *help;
	enum opt_type type;
	size_t offset; /* of the value in the command's configuration */
	uint64_t min, max;
	uint64_t otherwise; /* OPT_DURATION_MAY without a value */
};

/* A row of a table, and one with a range. Values go into struct config, or struct @of. */
#define OPT_ROW(let, nam, typ, field, meta, hlp) OPT_RANGE(let, nam, typ, field, meta, 0, 0, hlp)
#define OPT_RANGE(...)				 OPT_RANGE_OF(config, __VA_ARGS__)
#define OPT_RANGE_OF(of, let, nam, typ, field, meta, lo, hi, hlp)                      \
	{                                                                              \
		.letter = let, .name = nam, .metavar = meta, .help = hlp, .type = typ, \
		.offset = offsetof(struct of, field), .min = lo, .max = hi             \
	}

struct opt_spec {
	const char *command, *synopsis;
	const char *examples; /* lines, shown first in the help */
	const char *about;    /* a paragraph */
	const struct opt *opts;
	unsigned int n_opts;
};

/*
 * Parses argv into @config. Options end at the first "--" or the first word that is none.
 * 0: go on, *ret_rest is the index of the first word left; 1: help was printed, all is done;
 * -EINVAL: a message was printed.
 */
int opts_parse(const struct opt_spec *spec, int argc, char **argv, void *config, int *ret_rest);

/*
 * The same for a command that takes no word: one is refused, and @hint, which begins with "; " or is
 * "", ends the message.
 */
int opts_parse_alone(const struct opt_spec *spec, int argc, char **argv, void *config,
		     const char *hint);

/*
 * The same for a command that takes words and runs nothing: options may stand before, between and
 * behind them, up to a "--". The words, in their order, come first in @argv then: *ret_n of them.
 */
int opts_parse_words(const struct opt_spec *spec, int argc, char **argv, void *config,
		     unsigned int *ret_n);

#endif
