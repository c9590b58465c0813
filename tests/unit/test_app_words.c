/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of app/words: the command lines that it takes, as they fall apart.
 */
#include "app/words.h"

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "test.h"

struct config {
	struct opt_strings before, after;
	bool json;
};

static const struct opt options[] = {
	{ .name = "before",
	  .metavar = "F",
	  .help = "x",
	  .type = OPT_STRINGS,
	  .offset = offsetof(struct config, before) },
	{ .name = "after",
	  .metavar = "F",
	  .help = "x",
	  .type = OPT_STRINGS,
	  .offset = offsetof(struct config, after) },
	{ .name = "json", .help = "x", .type = OPT_FLAG, .offset = offsetof(struct config, json) },
};
static const struct opt_spec spec = {
	.command = "x", .synopsis = "", .examples = "", .about = "", .opts = options, .n_opts = 3
};

/* "before|after|words|json" */
static char *parsed(int argc, const char *const *argv)
{
	struct config config = { .json = false };
	struct str text = { .s = NULL };
	char *args[16];
	struct words words;

	for (int i = 0; i <= argc; i++)
		args[i] = argv[i] ? strdup(argv[i]) : NULL;
	CHECK_EQ(words_parse(&spec, argc, args, &config, &words), 0);
	for (unsigned int i = 0; i < config.before.n; i++)
		CHECK_EQ(str_addf(&text, "%s ", config.before.v[i]), 0);
	CHECK_EQ(str_add(&text, "|"), 0);
	for (unsigned int i = 0; i < config.after.n; i++)
		CHECK_EQ(str_addf(&text, "%s ", config.after.v[i]), 0);
	CHECK_EQ(str_add(&text, "|"), 0);
	for (unsigned int i = 0; i < words.n; i++)
		CHECK_EQ(str_addf(&text, "%s ", words.v[i]), 0);
	CHECK_EQ(str_add(&text, config.json ? "|json" : "|"), 0);
	words_done(&words);
	for (int i = 0; i < argc; i++)
		free(args[i]);
	return text.s;
}

#define CHECK_PARSED(want, ...)                                                   \
	do {                                                                      \
		const char *const argv_[] = { "x", __VA_ARGS__, NULL };           \
		auto_free char *got_ = parsed((int)ARRAY_SIZE(argv_) - 1, argv_); \
		CHECK_STREQ(got_, want);                                          \
	} while (0)

TEST(words_parse__takes_options_anywhere)
{
	CHECK_PARSED("||a b |json", "a", "--json", "b");
	CHECK_PARSED("||a b |json", "a", "b", "--json");
	CHECK_PARSED("||a |json", "--json", "a");
	CHECK_PARSED("||- |", "-");
}

TEST(words_parse__gives_the_words_behind_a_group_to_it)
{
	CHECK_PARSED("a b |c d ||", "--before", "a", "b", "--after", "c", "d");
	CHECK_PARSED("a b |c ||json", "--after", "c", "--json", "--before", "a", "b");
	CHECK_PARSED("a - |b ||", "--before", "a", "-", "--after", "b");
	CHECK_PARSED("a b |||", "--before=a", "--before", "b");
}

TEST(words_parse__ends_options_at_two_dashes)
{
	CHECK_PARSED("||--json a |", "--", "--json", "a");
	CHECK_PARSED("a |b |c |", "--before", "a", "--after", "b", "--", "c");
	CHECK_PARSED("||a b |", "a", "--", "b");
}
