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
#include "base/str.h"
#include "machines.h"
#include "test.h"

struct config {
	bool flag;
	const char *text;
	struct opt_strings many;
	uint32_t number;
	uint64_t duration_ns, maybe_ns;
	struct cpuset *cpus;
	enum opt_color color;
	int level;
};

static const struct opt opts[] = {
	{ .letter = 'f',
	  .name = "flag",
	  .help = "a flag",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct config, flag) },
	{ .letter = 's',
	  .name = "text",
	  .metavar = "TEXT",
	  .help = "a text",
	  .type = OPT_STRING,
	  .offset = offsetof(struct config, text) },
	{ .name = "many",
	  .metavar = "TEXT",
	  .help = "many texts",
	  .type = OPT_STRINGS,
	  .offset = offsetof(struct config, many) },
	{ .letter = 'n',
	  .name = "number",
	  .metavar = "N",
	  .help = "a number",
	  .type = OPT_U32,
	  .offset = offsetof(struct config, number),
	  .min = 2,
	  .max = 100 },
	{ .letter = 'd',
	  .name = "duration",
	  .metavar = "TIME",
	  .help = "a time",
	  .type = OPT_DURATION,
	  .offset = offsetof(struct config, duration_ns),
	  .min = 1000,
	  .max = 60000000000 },
	{ .name = "maybe",
	  .metavar = "[=TIME]",
	  .help = "a time, or the usual one",
	  .type = OPT_DURATION_MAY,
	  .offset = offsetof(struct config, maybe_ns),
	  .min = 1000,
	  .max = 60000000000,
	  .otherwise = 5000 },
	{ .letter = 'c',
	  .name = "cpus",
	  .metavar = "LIST",
	  .help = "CPUs",
	  .type = OPT_CPUS,
	  .offset = offsetof(struct config, cpus) },
	{ .name = "color",
	  .metavar = "WHEN",
	  .help = "colours",
	  .type = OPT_COLOR,
	  .offset = offsetof(struct config, color) },
	{ .letter = 'v',
	  .name = "verbose",
	  .help = "more messages",
	  .type = OPT_VERBOSE,
	  .offset = offsetof(struct config, level) },
	{ .letter = 'q',
	  .name = "quiet",
	  .help = "none",
	  .type = OPT_QUIET,
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

#define MAX_WORDS (OPT_STRINGS_MAX * 2 + 8)

/* One command line. Values point into its words. */
struct line {
	struct config config;
	int rest;
	int argc;
	char words[MAX_WORDS][48], *argv[MAX_WORDS + 1];
};

static void line_add(struct line *line, const char *word)
{
	CHECK(line->argc < MAX_WORDS);
	str_copy(line->words[line->argc], sizeof(*line->words), word, strlen(word));
	line->argv[line->argc] = line->words[line->argc];
	line->argc++;
}

static int line_parse(struct line *line)
{
	int out = divert(STDOUT_FILENO, "out"), said = divert(STDERR_FILENO, "said");
	int err = opts_parse(&spec, line->argc, line->argv, &line->config, &line->rest);

	restore(STDERR_FILENO, said);
	restore(STDOUT_FILENO, out);
	return err;
}

/* Words up to NULL. */
static int parse(struct line *line, ...)
{
	const char *word = "try";
	va_list args;

	va_start(args, line);
	for (; word; word = va_arg(args, const char *))
		line_add(line, word);
	va_end(args);
	return line_parse(line);
}

static bool file_has(const char *name, const char *text)
{
	auto_root struct root root = { .fd = -1 };
	auto_free char *all = NULL;

	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	CHECK_EQ(fs_read_file(&root, &all, NULL, "%s", name), 0);
	return strstr(all, text) != NULL;
}

TEST(opts_parse__nothing_changes_nothing)
{
	struct line line = { .config = { .number = 7, .level = 1 } };

	CHECK_EQ(parse(&line, NULL), 0);
	CHECK_EQ(line.config.number, 7);
	CHECK_EQ(line.config.level, 1);
	CHECK(!line.config.flag);
	CHECK_EQ(line.rest, 1);
}

TEST(opts_parse__each_type_by_its_long_name)
{
	struct cpuset set = { 0 };
	struct line line = { .config = { .cpus = &set } };

	CHECK_EQ(parse(&line, "--flag", "--text", "word", "--many=a", "--many", "b", "--number=42",
		       "--duration", "1.5ms", "--cpus=1,3", "--color", "never", NULL),
		 0);
	CHECK(line.config.flag);
	CHECK_STREQ(line.config.text, "word");
	CHECK_EQ(line.config.many.n, 2);
	CHECK_STREQ(line.config.many.v[0], "a");
	CHECK_STREQ(line.config.many.v[1], "b");
	CHECK_EQ(line.config.number, 42);
	CHECK_EQ(line.config.duration_ns, 1500000);
	CHECK_EQ(cpuset_count(&set), 2);
	CHECK(cpuset_has(&set, 3));
	CHECK_EQ(line.config.color, COLOR_NEVER);
	CHECK_EQ(line.rest, line.argc);
}

TEST(opts_parse__letters_alone_together_and_with_their_value)
{
	struct line line = { .config = { .level = 1 } };

	CHECK_EQ(parse(&line, "-fvv", "-n5", "-s", "x", "-d", "2", NULL), 0);
	CHECK(line.config.flag);
	CHECK_EQ(line.config.level, 3);
	CHECK_EQ(line.config.number, 5);
	CHECK_STREQ(line.config.text, "x");
	CHECK_EQ(line.config.duration_ns, 2000000000);
}

TEST(opts_parse__quiet_and_verbose_in_their_order)
{
	struct line quiet = { .config = { .level = 1 } }, loud = { .config = { .level = 1 } };

	CHECK_EQ(parse(&quiet, "-v", "-q", NULL), 0);
	CHECK_EQ(quiet.config.level, 0);
	CHECK_EQ(parse(&loud, "-q", "-v", NULL), 0);
	CHECK_EQ(loud.config.level, 1);
}

TEST(opts_parse__the_last_of_one_option_holds)
{
	struct line line = { 0 };

	CHECK_EQ(parse(&line, "-n", "5", "--number", "6", NULL), 0);
	CHECK_EQ(line.config.number, 6);
}

TEST(opts_parse__numbers_from_least_to_most)
{
	static const struct {
		const char *text;
		int err;
	} numbers[] = {
		{ "2", 0 },
		{ "100", 0 },
		{ "1", -EINVAL },
		{ "101", -EINVAL },
		{ "-3", -EINVAL },
		{ "5x", -EINVAL },
		{ "", -EINVAL },
		{ " 5", -EINVAL },
		{ "18446744073709551621", -EINVAL },
		{ "4294967298", -EINVAL }, /* 2 in 32 bits */
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct line line = { .config = { .number = 77 } };

		CHECK_EQ(parse(&line, "-n", numbers[i].text, NULL), numbers[i].err);
		CHECK(!numbers[i].err || line.config.number == 77);
	}
}

TEST(opts_parse__durations_from_least_to_most)
{
	static const struct {
		const char *text;
		int err;
	} times[] = {
		{ "1us", 0 },	    { "1m", 0 },	  { "999ns", -EINVAL },
		{ "61s", -EINVAL }, { "-1s", -EINVAL },	  { "10 parsecs", -EINVAL },
		{ "", -EINVAL },    { "1e400", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct line line = { .config = { .duration_ns = 77 } };

		CHECK_EQ(parse(&line, "-d", times[i].text, NULL), times[i].err);
		CHECK(!times[i].err || line.config.duration_ns == 77);
	}
}

TEST(opts_parse__a_duration_that_may_be_left_out)
{
	struct line none = { 0 }, bare = none, given = none, apart = none, bad = none;

	CHECK_EQ(parse(&none, "-f", NULL), 0);
	CHECK_EQ(none.config.maybe_ns, 0);
	CHECK_EQ(parse(&bare, "--maybe", "-f", NULL), 0);
	CHECK_EQ(bare.config.maybe_ns, 5000);
	CHECK(bare.config.flag);
	CHECK_EQ(parse(&given, "--maybe=2ms", NULL), 0);
	CHECK_EQ(given.config.maybe_ns, 2000000);
	/* What stands apart is a word of its own. */
	CHECK_EQ(parse(&apart, "--maybe", "2ms", NULL), 0);
	CHECK_EQ(apart.config.maybe_ns, 5000);
	CHECK_EQ(apart.rest, 2);
	CHECK_EQ(parse(&bad, "--maybe=999ns", NULL), -EINVAL);
	CHECK(file_has("said", "try: --maybe 999ns: out of range (1.00 us to 60.0 s)"));
}

TEST(opts_parse__says_which_range)
{
	struct line number = { 0 }, duration = { 0 };

	CHECK_EQ(parse(&number, "-n", "500", NULL), -EINVAL);
	CHECK(file_has("said", "try: --number 500: out of range (2 to 100)"));
	CHECK_EQ(parse(&duration, "-d", "2h", NULL), -EINVAL);
	CHECK(file_has("said", "try: --duration 2h: out of range (1.00 us to 60.0 s)"));
}

TEST(opts_parse__cpu_lists)
{
	struct cpuset set = { 0 };
	struct line good = { .config = { .cpus = &set } }, bad = good, empty = good;

	CHECK_EQ(parse(&good, "-c", "0-6:2,^4", NULL), 0);
	CHECK_EQ(cpuset_count(&set), 3);
	CHECK_EQ(parse(&bad, "-c", "3-1", NULL), -EINVAL);
	CHECK(file_has("said", "not a CPU list"));
	CHECK_EQ(parse(&empty, "-c", "", NULL), -EINVAL);
}

TEST(opts_parse__a_colour_that_is_none)
{
	struct line line = { 0 };

	CHECK_EQ(parse(&line, "--color=red", NULL), -EINVAL);
	CHECK(file_has("said", "one of auto, always, never"));
}

TEST(opts_parse__an_option_that_may_be_repeated_not_without_end)
{
	struct line line = { 0 }, more = { 0 };

	line_add(&line, "try");
	line_add(&more, "try");
	for (unsigned int i = 0; i <= OPT_STRINGS_MAX; i++) {
		if (i < OPT_STRINGS_MAX)
			line_add(&line, "--many=x");
		line_add(&more, "--many=x");
	}
	CHECK_EQ(line_parse(&line), 0);
	CHECK_EQ(line.config.many.n, OPT_STRINGS_MAX);
	CHECK_EQ(line_parse(&more), -EINVAL);
	CHECK(file_has("said", "given too often"));
}

TEST(opts_parse__an_unknown_option_is_named)
{
	struct line name = { 0 }, letter = { 0 }, among = { 0 };

	CHECK_EQ(parse(&name, "-f", "--wrong=3", NULL), -EINVAL);
	CHECK(file_has("said", "try: unknown option --wrong=3; see lull try --help"));
	CHECK_EQ(parse(&letter, "-x", NULL), -EINVAL);
	CHECK(file_has("said", "unknown option -x;"));
	CHECK_EQ(parse(&among, "-fxv", NULL), -EINVAL);
	CHECK(file_has("said", "unknown option -x;"));
}

TEST(opts_parse__a_value_that_is_missing_is_named)
{
	struct line name = { 0 }, letter = { 0 }, needless = { 0 };

	CHECK_EQ(parse(&name, "--number", NULL), -EINVAL);
	CHECK(file_has("said", "a value is missing after --number"));
	CHECK_EQ(parse(&letter, "-fn", NULL), -EINVAL);
	CHECK(file_has("said", "a value is missing after -n"));
	CHECK_EQ(parse(&needless, "--flag=yes", NULL), -EINVAL);
	CHECK(file_has("said", "--flag=yes"));
}

TEST(opts_parse__ends_at_two_dashes)
{
	struct line line = { 0 };

	CHECK_EQ(parse(&line, "-f", "--", "--number", "oops", NULL), 0);
	CHECK_EQ(line.rest, 3);
	CHECK_STREQ(line.argv[line.rest], "--number");
}

TEST(opts_parse__ends_at_the_first_word_that_is_no_option)
{
	struct line line = { 0 };

	CHECK_EQ(parse(&line, "-f", "stress", "-v", "--wrong", NULL), 0);
	CHECK_EQ(line.rest, 2);
	CHECK_EQ(line.config.level, 0);
}

TEST(opts_parse__takes_two_dashes_as_a_value_where_one_is_due)
{
	struct line line = { 0 };

	CHECK_EQ(parse(&line, "-s", "--", "-f", NULL), 0);
	CHECK_STREQ(line.config.text, "--");
	CHECK(line.config.flag);
}

TEST(opts_parse__help_prints_every_option_and_ends_it)
{
	struct line line = { 0 };

	CHECK_EQ(parse(&line, "--help", "--wrong", NULL), 1);
	CHECK(file_has("out", "usage: lull try [options] [-- COMMAND]"));
	for (size_t i = 0; i < ARRAY_SIZE(opts); i++)
		CHECK(file_has("out", opts[i].help));
	CHECK(file_has("out", "-n, --number N"));
	CHECK(file_has("out", "      --color WHEN"));
	CHECK(file_has("out", "      --maybe[=TIME]"));
}

TEST(opts_parse__help_by_letter_too)
{
	struct line line = { 0 };

	CHECK_EQ(parse(&line, "-fh", NULL), 1);
	CHECK(file_has("out", "examples:"));
}

TEST(opts_parse_words__takes_options_around_the_words)
{
	struct config config = { .text = NULL };
	char *argv[] = { (char[]){ "try" }, (char[]){ "one" },	  (char[]){ "-f" },
			 (char[]){ "two" }, (char[]){ "--text" }, (char[]){ "t" },
			 (char[]){ "--" },  (char[]){ "-v" },	  NULL };
	unsigned int n = 0;

	CHECK_EQ(opts_parse_words(&spec, 8, argv, &config, &n), 0);
	CHECK_EQ(n, 3);
	CHECK_STREQ(argv[0], "one");
	CHECK_STREQ(argv[1], "two");
	CHECK_STREQ(argv[2], "-v");
	CHECK(config.flag);
	CHECK_STREQ(config.text, "t");
	CHECK_EQ(config.level, 0);
}

TEST(opts_parse_words__needs_no_word)
{
	struct config config = { .text = NULL };
	char *argv[] = { (char[]){ "try" }, (char[]){ "-f" }, NULL };
	unsigned int n = 9;

	CHECK_EQ(opts_parse_words(&spec, 2, argv, &config, &n), 0);
	CHECK_EQ(n, 0);
}
