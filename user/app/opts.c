/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/opts.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/str.h"

#define HELP_LETTER 'h'
#define LONG_BASE   256 /* getopt's value of row i is LONG_BASE + i */
#define HELP_COLUMN 26

static bool takes_value(const struct opt *opt)
{
	return opt->type != OPT_FLAG && opt->type != OPT_VERBOSE && opt->type != OPT_QUIET;
}

static void help_option(char letter, const char *name, const char *metavar, const char *help)
{
	char left[64];
	int n;

	n = snprintf(left, sizeof(left), letter ? "  -%c, --%s%s%s" : "  %c   --%s%s%s",
		     letter ? letter : ' ', name, metavar && *metavar != '[' ? " " : "",
		     metavar ? metavar : "");
	if (n >= HELP_COLUMN)
		(void)printf("%s\n%*s%s\n", left, HELP_COLUMN, "", help);
	else
		(void)printf("%-*s%s\n", HELP_COLUMN, left, help);
}

static void help_print(const struct opt_spec *spec)
{
	(void)printf("usage: lull %s %s\n\n%s\n", spec->command, spec->synopsis, spec->about);
	(void)printf("\nexamples:\n%s\noptions:\n", spec->examples);
	for (unsigned int i = 0; i < spec->n_opts; i++)
		help_option(spec->opts[i].letter, spec->opts[i].name, spec->opts[i].metavar,
			    spec->opts[i].help);
	help_option('h', "help", NULL, "this help");
	(void)printf("\nSee lull-%s(8).\n", spec->command);
}

static int bad_value(const struct opt_spec *spec, const struct opt *opt, const char *text,
		     const char *why)
{
	log_error("%s: --%s %s: %s", spec->command, opt->name, text, why);
	return -EINVAL;
}

static int set_number(const struct opt_spec *spec, const struct opt *opt, const char *text,
		      void *at)
{
	uint64_t value;
	char why[128];
	int err;

	if (opt->type != OPT_U32)
		err = parse_duration_ns(text, &value);
	else
		err = parse_u64(text, &value);
	if (err == -EINVAL)
		return bad_value(spec, opt, text,
				 opt->type != OPT_U32
					 ? "not a duration; write 10s, 1.5ms, 250us (bare: seconds)"
					 : "not a number");
	if (err || value < opt->min || (opt->max && value > opt->max)) {
		if (opt->type != OPT_U32) {
			char low[32], high[32];

			(void)snprintf(why, sizeof(why), "out of range (%s to %s)",
				       str_format_ns(opt->min, low, sizeof(low)),
				       str_format_ns(opt->max ?: UINT64_MAX, high, sizeof(high)));
		} else {
			(void)snprintf(why, sizeof(why),
				       "out of range (%" PRIu64 " to %" PRIu64 ")", opt->min,
				       opt->max);
		}
		return bad_value(spec, opt, text, why);
	}
	if (opt->type != OPT_U32)
		*(uint64_t *)at = value;
	else
		*(uint32_t *)at = (uint32_t)value;
	return 0;
}

static int set_color(const struct opt_spec *spec, const struct opt *opt, const char *text, void *at)
{
	static const char *const words[] = {
		[COLOR_AUTO] = "auto",
		[COLOR_ALWAYS] = "always",
		[COLOR_NEVER] = "never",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (streq(text, words[i])) {
			*(enum opt_color *)at = (enum opt_color)i;
			return 0;
		}
	return bad_value(spec, opt, text, "one of auto, always, never");
}

static int set_cpus(const struct opt_spec *spec, const struct opt *opt, const char *text, void *at)
{
	struct cpuset *set = *(struct cpuset **)at;

	if (cpuset_parse(text, set))
		return bad_value(spec, opt, text,
				 "not a CPU list; write 2-7,10-15 (also 0-31:2, ^3)");
	if (cpuset_is_empty(set))
		return bad_value(spec, opt, text, "no CPU in this list");
	return 0;
}

static int set_strings(const struct opt_spec *spec, const struct opt *opt, const char *text,
		       void *at)
{
	struct opt_strings *strings = at;

	if (strings->n == OPT_STRINGS_MAX)
		return bad_value(spec, opt, text, "given too often");
	strings->v[strings->n++] = text;
	return 0;
}

static int set_value(const struct opt_spec *spec, const struct opt *opt, const char *text,
		     void *config)
{
	void *at = (char *)config + opt->offset;

	switch (opt->type) {
	case OPT_FLAG:
		*(bool *)at = true;
		return 0;
	case OPT_STRING:
		*(const char **)at = text;
		return 0;
	case OPT_STRINGS:
		return set_strings(spec, opt, text, at);
	case OPT_U32:
	case OPT_DURATION:
		return set_number(spec, opt, text, at);
	case OPT_DURATION_MAY:
		if (text)
			return set_number(spec, opt, text, at);
		*(uint64_t *)at = opt->otherwise;
		return 0;
	case OPT_CPUS:
		return set_cpus(spec, opt, text, at);
	case OPT_COLOR:
		return set_color(spec, opt, text, at);
	case OPT_VERBOSE:
		*(int *)at += 1;
		return 0;
	case OPT_QUIET:
		*(int *)at = 0;
		return 0;
	}
	return -EINVAL;
}

#define OPTS_MAX 40
struct getopt_tables {
	struct option longs[OPTS_MAX + 2];
	char shorts[3 * OPTS_MAX + 4];
};

static void tables_fill(const struct opt_spec *spec, struct getopt_tables *t)
{
	char *s = t->shorts;

	*s++ = '+'; /* what follows the options belongs to the command that is measured */
	*s++ = ':';
	for (unsigned int i = 0; i < spec->n_opts; i++) {
		const struct opt *opt = &spec->opts[i];

		t->longs[i] = (struct option){ .name = opt->name,
					       .has_arg = opt->type == OPT_DURATION_MAY
								  ? optional_argument
								  : takes_value(opt),
					       .val = LONG_BASE + (int)i };
		if (!opt->letter)
			continue;
		*s++ = opt->letter;
		if (takes_value(opt))
			*s++ = ':';
	}
	t->longs[spec->n_opts] = (struct option){ .name = "help", .val = HELP_LETTER };
	*s++ = HELP_LETTER;
	*s = '\0';
}

static const struct opt *opt_of(const struct opt_spec *spec, int c)
{
	for (unsigned int i = 0; i < spec->n_opts; i++)
		if (c == LONG_BASE + (int)i || (spec->opts[i].letter && c == spec->opts[i].letter))
			return &spec->opts[i];
	return NULL;
}

/* The word with which getopt was not content. */
static int bad_option(const struct opt_spec *spec, int c, char **argv)
{
	const char *word = argv[optind - 1];
	char letter[3] = { '-', (char)optopt, '\0' };

	if (optopt && optopt < LONG_BASE)
		word = letter;
	log_error("%s: %s %s; see lull %s --help", spec->command,
		  c == ':' ? "a value is missing after" : "unknown option", word, spec->command);
	return -EINVAL;
}

int opts_parse(const struct opt_spec *spec, int argc, char **argv, void *config, int *ret_rest)
{
	struct getopt_tables t = { 0 };
	int c, err = 0;

	tables_fill(spec, &t);
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
		const struct opt *opt;

		if (c == HELP_LETTER) {
			help_print(spec);
			return 1;
		}
		if (c == ':' || c == '?')
			return bad_option(spec, c, argv);
		opt = opt_of(spec, c);
		err = opt ? set_value(spec, opt, optarg, config) : -EINVAL;
		if (err)
			return err;
	}
	*ret_rest = optind;
	return 0;
}

int opts_parse_alone(const struct opt_spec *spec, int argc, char **argv, void *config,
		     const char *hint)
{
	int rest = argc, err = opts_parse(spec, argc, argv, config, &rest);

	if (err || rest == argc)
		return err;
	log_error("%s: unexpected word %s%s", spec->command, argv[rest], hint);
	return -EINVAL;
}

int opts_parse_words(const struct opt_spec *spec, int argc, char **argv, void *config,
		     unsigned int *ret_n)
{
	unsigned int n = 0;
	int at = 0, err;

	while (at < argc) {
		int rest;

		err = opts_parse(spec, argc - at, argv + at, config, &rest);
		if (err)
			return err;
		at += rest;
		if (at >= argc)
			break;
		if (rest > 0 && streq(argv[at - 1], "--")) {
			while (at < argc)
				argv[n++] = argv[at++];
			break;
		}
		/* Stands where the name of the command stood: the next round skips it. */
		argv[n++] = argv[at];
	}
	*ret_n = n;
	return 0;
}
