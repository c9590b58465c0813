/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/journal: one text per journal, damage is never believed, and the directory it lies in.
 */
#include "isolate/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "isolate.h"
#include "isolate/knob.h"
#include "machines.h"
#include "test.h"

static const char text_of_two[] =
	"lull-journal 1 11111111-2222 7 adding 0-3 12\n"
	"layer 0aa0-uuid win%2011%0A vm 4242 777 4242 99 2-3 irq-default,irq new all\n"
	"layer tid-9 - lull 8 77 0 0 1 - held best-effort 9,12\n"
	"step irq proc/irq/24/smp_affinity_list PCI-MSI|1|eth0 irq%2024%20eth0 0-3 0-3 0-1\n"
	"step irq proc/irq/25/smp_affinity_list %2D 100%25 - 0-1 -\n";

/* With the last line that belongs to it. */
static char *with_end(const char *text)
{
	struct str full = { 0 };
	uint32_t crc = ~0U;

	for (const char *c = text; *c; c++) {
		crc ^= (unsigned char)*c;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	CHECK_EQ(str_addf(&full, "%send %08x\n", text, ~crc), 0);
	return full.s;
}

TEST(journal_parse__reads_what_it_prints)
{
	auto_free char *text = with_end(text_of_two);
	auto_journal struct journal journal = { .seq = 0 };
	auto_str struct str again = { 0 };

	CHECK_EQ(journal_parse(text, strlen(text), &journal), 0);
	CHECK_EQ(journal.seq, 7);
	CHECK_EQ(journal.state, JOURNAL_ADDING);
	CHECK_EQ(journal.n_layers, 2);
	CHECK_STREQ(journal.layers[0]->name, "win 11\n");
	CHECK_EQ(journal.layers[0]->owner.start_ticks, 777);
	CHECK(journal.layers[0]->is_new && !journal.layers[0]->is_best_effort);
	CHECK(!journal.layers[1]->is_new && journal.layers[1]->is_best_effort);
	CHECK_EQ(journal.layers[1]->knobs, 0);
	CHECK_EQ(journal.layers[0]->n_victims, 0);
	CHECK_EQ(journal.layers[1]->n_victims, 2);
	CHECK_EQ(journal.layers[1]->victims[1], 12);
	CHECK_EQ(journal.n_steps, 2);
	CHECK_STREQ(journal.steps[0].knob->name, "irq");
	CHECK_STREQ(journal.steps[1].identity, "-");
	CHECK_STREQ(journal.steps[1].name, "100%");
	CHECK_STREQ(journal.steps[1].orig, "");
	CHECK_EQ(journal_format(&journal, &again), 0);
	CHECK_STREQ(again.s, text);
}

/* Before there could be several, there was one. */
TEST(journal_parse__takes_one_victim_or_several)
{
	static const struct {
		const char *word;
		int err;
	} cases[] = { { "9", 0 },	   { "9,12,13", 0 },	{ "0", -EBADMSG },
		      { "9,", -EBADMSG },  { ",9", -EBADMSG },	{ "9,,12", -EBADMSG },
		      { "9,0", -EBADMSG }, { "9;12", -EBADMSG } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_str struct str text = { 0 };
		auto_journal struct journal journal = { .seq = 0 };
		auto_free char *full = NULL;

		CHECK_EQ(str_addf(&text,
				  "lull-journal 1 11111111-2222 7 adding 0-3 12\n"
				  "layer tid-9 - lull 8 77 0 0 1 - held all %s\n",
				  cases[i].word),
			 0);
		full = with_end(text.s);
		CHECK_EQ(journal_parse(full, strlen(full), &journal), cases[i].err);
	}
}

TEST(journal_parse__refuses_more_victims_than_a_layer_has)
{
	auto_str struct str text = { 0 };
	auto_journal struct journal journal = { .seq = 0 };
	auto_free char *full = NULL;

	CHECK_EQ(str_add(&text, "lull-journal 1 11111111-2222 7 adding 0-3 12\n"
				"layer tid-9 - lull 8 77 0 0 1 - held all 1"),
		 0);
	for (int i = 0; i < LAYER_VICTIMS_MAX; i++)
		CHECK_EQ(str_add(&text, ",2"), 0);
	CHECK_EQ(str_add(&text, "\n"), 0);
	full = with_end(text.s);
	CHECK_EQ(journal_parse(full, strlen(full), &journal), -EBADMSG);
}

TEST(journal_parse__refuses_it_cut_anywhere)
{
	auto_free char *text = with_end(text_of_two);

	for (size_t len = 0; len < strlen(text); len++) {
		auto_journal struct journal journal = { .seq = 0 };

		if (journal_parse(text, len, &journal) != -EBADMSG)
			CHECK_EQ(len, strlen(text));
	}
	CHECK(true);
}

static void flip(char *text, size_t bit)
{
	unsigned char *byte = (unsigned char *)text + bit / 8;

	*byte = (unsigned char)(*byte ^ 1U << bit % 8);
}

TEST(journal_parse__refuses_any_flipped_bit)
{
	auto_free char *text = with_end(text_of_two);
	size_t len = strlen(text);

	for (size_t bit = 0; bit < len * 8; bit++) {
		auto_journal struct journal journal = { .seq = 0 };
		int err;

		flip(text, bit);
		err = journal_parse(text, len, &journal);
		flip(text, bit);
		if (err != -EBADMSG)
			CHECK_EQ(bit, len * 8);
	}
	CHECK(true);
}

static int parse_err(const char *body)
{
	auto_free char *text = with_end(body);
	auto_journal struct journal journal = { .seq = 0 };

	return journal_parse(text, strlen(text), &journal);
}

TEST(journal_parse__knows_another_version_from_damage)
{
	CHECK_EQ(parse_err("lull-journal 1 b 0 clean 0 0\n"), 0);
	CHECK_EQ(parse_err("lull-journal 2 b 0 clean 0 0 more\n"), -EPROTONOSUPPORT);
	CHECK_EQ(parse_err("lull-journal 1 b 0 clean 0 0\nstep warp x - - 1 1 1\n"),
		 -EPROTONOSUPPORT);
}

TEST(journal_parse__refuses_another_spelling)
{
	CHECK_EQ(parse_err("lull-journal 1 b 00 clean 0 0\n"), -EBADMSG);
	CHECK_EQ(parse_err("lull-journal 1 b 0 clean 0,1 0\n"), -EBADMSG);
	CHECK_EQ(parse_err("lull-journal 1 b 0 clean  0 0\n"), -EBADMSG);
	CHECK_EQ(parse_err("lull-journal 1 b 0 clean 0 0\n\n"), -EBADMSG);
	CHECK_EQ(parse_err("lull-journal 1 b 0 clean 0 0\nend 00000000\n"), -EBADMSG);
	CHECK_EQ(parse_err("lull-journal 1 b 0 clean 0 0\nstep irq %61 - - 1 1 1\n"), -EBADMSG);
	CHECK_EQ(parse_err("lull-journal 1 b 0 clean 0 0\nlayer a b vm 1 1 1 0 1 - old all\n"),
		 -EBADMSG);
	CHECK_EQ(parse_err("lull-journal 1 b 0 clean 0 0\nlayer a b vm -1 1 1 0 1 - new all\n"),
		 -EBADMSG);
	CHECK_EQ(parse_err("lull-journal 1 b 0 clean 0 0\nlayer a b vm 1 1 1 0 1 - new all 0\n"),
		 -EBADMSG);
}

static struct root machine(const char *boot_id)
{
	struct root root;

	machines_put(test_tmpdir(), "proc/sys/kernel/random/boot_id", boot_id);
	machines_put(test_tmpdir(), "run/keep", "");
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	return root;
}

TEST(journal_write__is_read_again)
{
	auto_root struct root root = machine("boot-1\n");
	auto_journal struct journal journal = { .seq = 0 }, again = { .seq = 0 };
	struct journal_dir dir;
	pid_t holder;

	isolate_remember(&journal, "irq-default", "proc/irq/default_smp_affinity", "0-3", "0");
	CHECK_EQ(journal_dir_open(&root, true, &dir), 0);
	CHECK_EQ(journal_dir_lock(&dir, 0, &holder), 0);
	CHECK_EQ(journal_write(&root, &dir, &journal), 0);
	CHECK_EQ(journal_read(&root, &dir, &again), 0);
	CHECK_EQ(again.n_steps, 1);
	CHECK_STREQ(again.boot_id, "boot-1");
	CHECK_EQ(journal_remove(&dir), 0);
	CHECK(!fs_exists(&root, "run/lull/journal"));
	journal_dir_close(&dir);
}

TEST(journal_read__sets_that_of_another_boot_aside)
{
	auto_root struct root root = machine("boot-1\n");
	auto_journal struct journal journal = { .seq = 0 }, again = { .seq = 0 };
	struct journal_dir dir;
	pid_t holder;

	isolate_remember(&journal, "irq-default", "proc/irq/default_smp_affinity", "0-3", "0");
	CHECK_EQ(journal_dir_open(&root, true, &dir), 0);
	CHECK_EQ(journal_dir_lock(&dir, 0, &holder), 0);
	CHECK_EQ(journal_write(&root, &dir, &journal), 0);
	machines_put(test_tmpdir(), "proc/sys/kernel/random/boot_id", "boot-2\n");
	CHECK_EQ(journal_read(&root, &dir, &again), 0);
	CHECK_EQ(again.n_steps, 0);
	CHECK(fs_exists(&root, "run/lull/stale-boot-1") && !fs_exists(&root, "run/lull/journal"));
	journal_dir_close(&dir);
}

TEST(journal_dir_lock__has_one_holder_and_names_it)
{
	auto_root struct root root = machine("b\n");
	struct journal_dir dir, other;
	pid_t holder = 0;

	CHECK_EQ(journal_dir_open(&root, true, &dir), 0);
	CHECK_EQ(journal_dir_open(&root, true, &other), 0);
	CHECK_EQ(journal_dir_lock(&dir, 0, &holder), 0);
	CHECK_EQ(journal_dir_lock(&other, 1000000, &holder), -EWOULDBLOCK);
	CHECK_EQ(holder, getpid());
	journal_dir_close(&dir);
	CHECK_EQ(journal_dir_lock(&other, 0, &holder), 0);
	journal_dir_close(&other);
}

TEST(journal_dir_open__refuses_a_link)
{
	auto_root struct root root = machine("b\n");
	struct journal_dir dir;

	machines_put(test_tmpdir(), "elsewhere/file", "");
	CHECK_EQ(symlinkat("../elsewhere", root.fd, "run/lull"), 0);
	CHECK_EQ(journal_dir_open(&root, true, &dir), -ELOOP);
}

TEST(journal_dir_open__refuses_what_others_may_write)
{
	auto_root struct root root = machine("b\n");
	struct journal_dir dir;

	CHECK_EQ(mkdirat(root.fd, "run/lull", 0755), 0);
	CHECK_EQ(fchmodat(root.fd, "run/lull", 0775, 0), 0);
	CHECK_EQ(journal_dir_open(&root, true, &dir), -EPERM);
	CHECK_EQ(fchmodat(root.fd, "run/lull", 0755, 0), 0);
	if (!geteuid()) {
		CHECK_EQ(fchownat(root.fd, "run/lull", 65534, 65534, 0), 0);
		CHECK_EQ(journal_dir_open(&root, true, &dir), -EPERM);
	}
}

/* A link in its place is not followed: the victim stays as it is. */
TEST(journal_write__does_not_follow_what_lies_in_its_place)
{
	auto_root struct root root = machine("b\n");
	auto_journal struct journal journal = { .seq = 0 };
	auto_free char *victim = NULL;
	struct journal_dir dir;

	machines_put(test_tmpdir(), "victim", "precious\n");
	CHECK_EQ(journal_dir_open(&root, true, &dir), 0);
	CHECK_EQ(symlinkat("../../victim", dir.fd, "journal.tmp"), 0);
	CHECK_EQ(symlinkat("../../victim", dir.fd, "journal"), 0);
	CHECK_EQ(journal_read(&root, &dir, &journal), -ELOOP);
	CHECK_EQ(journal_write(&root, &dir, &journal), 0);
	CHECK_EQ(fs_read_file(&root, &victim, NULL, "victim"), 0);
	CHECK_STREQ(victim, "precious\n");
	journal_dir_close(&dir);
}
