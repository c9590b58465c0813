/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isolate/apply: shields on a small recorded machine: what each value is while they are in force,
 * and that it is exact afterwards, whatever happened meanwhile. Faults at each system call are in
 * tests/cli/faults.
 */
#include "isolate/apply.h"

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

#define auto_apply __attribute__((cleanup(apply_close)))

static void put_irq(unsigned int irq, const char *actions, const char *list)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "proc/irq/%u/smp_affinity_list", irq);
	machines_put(test_tmpdir(), path, list);
	(void)snprintf(path, sizeof(path), "sys/kernel/irq/%u/actions", irq);
	machines_put(test_tmpdir(), path, actions);
}

#define VFIO "vfio-msi[0](0000:01:00.0)"

/* The lines 24 to 24 + @n - 1 of a machine with four CPUs; line @vfio is passed through. */
static void put_table_vfio(unsigned int n, unsigned int vfio)
{
	auto_str struct str text = { 0 };

	CHECK_EQ(str_add(&text, "    CPU0  CPU1  CPU2  CPU3\n"), 0);
	for (unsigned int i = 0; i < n; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "dev%u", i);
		CHECK_EQ(str_addf(&text, " %u:  1  0  0  0  PCI-MSI %u-edge  %s\n", 24 + i, i,
				  24 + i == vfio ? VFIO : name),
			 0);
	}
	machines_put(test_tmpdir(), "proc/interrupts", text.s);
}

static void put_table(unsigned int n)
{
	put_table_vfio(n, 0);
}

static struct root machine(void)
{
	struct root root;

	put_table(3);
	machines_put(test_tmpdir(), "proc/irq/default_smp_affinity", "f\n");
	machines_put(test_tmpdir(), "proc/sys/kernel/random/boot_id", "boot-1\n");
	machines_put(test_tmpdir(), "sys/devices/system/cpu/online", "0-3\n");
	machines_put(test_tmpdir(), "sys/devices/system/cpu/possible", "0-3\n");
	machines_put(test_tmpdir(), "run/keep", "");
	put_irq(24, "dev0\n", "0-3\n");
	put_irq(25, "dev1\n", "2-3\n");
	put_irq(26, "dev2\n", "0-1\n");
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	return root;
}

/* "default 24 25 26", as they are now. */
static const char *values(const struct root *root, char *buf, size_t cap)
{
	size_t len = 0;

	for (unsigned int irq = 23; irq < 27; irq++) {
		auto_free char *line = NULL;
		int err = irq == 23
				  ? fs_read_line(root, &line, "proc/irq/default_smp_affinity")
				  : fs_read_line(root, &line, "proc/irq/%u/smp_affinity_list", irq);

		CHECK_EQ(err, 0);
		len += (size_t)snprintf(buf + len, cap - len, "%s%s", len ? " " : "", line);
	}
	return buf;
}

#define CHECK_VALUES(root, want)                                           \
	do {                                                               \
		char values_[128];                                         \
		CHECK_STREQ(values(root, values_, sizeof(values_)), want); \
	} while (0)

static void open_writer(const struct root *root, struct apply *a)
{
	const struct apply_config config = { .root = root };

	CHECK_EQ(apply_open_writer(a, &config), 0);
}

static int add(const struct root *root, const char *id, const char *guest, bool is_best_effort)
{
	auto_free char *own_id = strdup(id);
	struct layer layer = { .id = own_id, .name = own_id, .is_best_effort = is_best_effort };
	auto_apply struct apply a;

	CHECK_EQ(cpuset_parse(guest, &layer.guest), 0);
	CHECK_EQ(knob_parse_set("irq-default,irq", &layer.knobs, NULL), 0);
	open_writer(root, &a);
	return apply_add(&a, &layer);
}

static void lift(const struct root *root, const char *id, struct apply_tally *ret)
{
	auto_apply struct apply a;

	open_writer(root, &a);
	CHECK_EQ(apply_lift(&a, id), 0);
	apply_count(&a.plan, ret);
}

TEST(apply__two_shields_are_lifted_in_any_order)
{
	auto_root struct root root = machine();
	struct apply_tally tally;

	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	CHECK_VALUES(&root, "3 0-1 0-1 0-1");
	CHECK_EQ(add(&root, "B", "1", false), 0);
	CHECK_VALUES(&root, "1 0 0 0");
	lift(&root, "A", &tally);
	CHECK_VALUES(&root, "d 0,2-3 2-3 0");
	lift(&root, "B", &tally);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
	CHECK(!fs_exists(&root, "run/lull/journal"));
}

TEST(apply__twice_is_once)
{
	auto_root struct root root = machine();
	struct apply_tally tally;

	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	CHECK_VALUES(&root, "3 0-1 0-1 0-1");
	lift(&root, "A", &tally);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
}

TEST(apply__what_somebody_else_has_changed_is_left_alone)
{
	auto_root struct root root = machine();
	struct apply_tally tally;

	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	put_irq(25, "dev1\n", "1\n");
	lift(&root, NULL, &tally);
	CHECK_EQ(tally.drifted, 1);
	CHECK_VALUES(&root, "f 0-3 1 0-1");
	CHECK(!fs_exists(&root, "run/lull/journal"));
}

TEST(apply__what_is_claimed_is_taken_back)
{
	auto_root struct root root = machine();
	auto_apply struct apply a;

	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	put_irq(25, "dev1\n", "1\n");
	open_writer(&root, &a);
	CHECK_EQ(apply_again(&a), 0);
	CHECK_VALUES(&root, "3 0-1 1 0-1");
	/* the same thread may be an object of several knobs */
	CHECK_EQ(apply_claim(&a, knob_find("pins"), "proc/irq/25/smp_affinity_list"), -ENOENT);
	CHECK_EQ(apply_claim(&a, knob_find("irq"), "proc/irq/25/smp_affinity_list"), 0);
	CHECK_EQ(apply_again(&a), 0);
	CHECK_VALUES(&root, "3 0-1 0-1 0-1");
	CHECK_EQ(apply_lift(&a, NULL), 0);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
}

/* As the kernel does when CPU 0 went: all that are online, and they stay when it is back. */
TEST(apply__a_reset_by_the_kernel_is_no_foreign_change)
{
	auto_root struct root root = machine();
	auto_apply struct apply a;

	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	machines_put(test_tmpdir(), "sys/devices/system/cpu/online", "1-3\n");
	put_irq(24, "dev0\n", "1-3\n");
	open_writer(&root, &a);
	CHECK(a.online_changed);
	CHECK_EQ(apply_again(&a), 0);
	/* 25 was 2-3: the host that is online has CPU 1 alone for it. */
	CHECK_VALUES(&root, "3 0-1 1 0-1");
}

TEST(apply__a_number_that_is_used_again_is_another_interrupt)
{
	auto_root struct root root = machine();
	struct apply_tally tally;

	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	put_irq(25, "another\n", "1\n");
	lift(&root, NULL, &tally);
	CHECK_EQ(tally.gone, 1);
	CHECK_EQ(tally.drifted, 0);
	CHECK_VALUES(&root, "f 0-3 1 0-1");
}

/* 26 had our default mask before; 27 was born with it. */
TEST(apply__who_was_born_with_our_default_gets_the_original)
{
	auto_root struct root root = machine();
	auto_free char *born = NULL;
	struct apply_tally tally;

	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	put_table(4);
	put_irq(27, "dev3\n", "0-1\n");
	lift(&root, NULL, &tally);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
	CHECK_EQ(fs_read_line(&root, &born, "proc/irq/27/smp_affinity_list"), 0);
	CHECK_STREQ(born, "0-3");
}

/* A passed-through line has appeared, and one of the host, where such lines begin. */
TEST(apply__what_appeared_since_is_found)
{
	auto_root struct root root = machine();
	const struct apply_config config = { .root = &root };
	auto_plan struct plan found = { .journal = NULL };
	auto_apply struct apply a;

	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	put_table_vfio(5, 28);
	put_irq(27, "dev3\n", "0-1\n");
	put_irq(28, VFIO "\n", "0-1\n");
	CHECK_EQ(apply_open_reader(&a, &config), 0);
	CHECK_EQ(apply_find_new(&a, &found), 0);
	CHECK_EQ(found.n_steps, 1);
	CHECK_STREQ(found.steps[0].object, "proc/irq/28/smp_affinity_list");
	CHECK_STREQ(found.steps[0].next, "2-3");
}

/* The same number with another device: the old one is gone, and a new one is to be placed. */
TEST(apply__a_line_that_is_another_one_now_is_gone_and_new)
{
	auto_root struct root root = machine();
	const struct apply_config config = { .root = &root };
	auto_plan struct plan found = { .journal = NULL };
	auto_apply struct apply a;
	struct apply_tally tally;

	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	put_table_vfio(3, 25);
	put_irq(25, VFIO "\n", "0-1\n");
	CHECK_EQ(apply_open_reader(&a, &config), 0);
	CHECK_EQ(apply_check(&a), 0);
	apply_count(&a.plan, &tally);
	CHECK_EQ(tally.gone, 1);
	CHECK_EQ(tally.drifted, 0);
	CHECK_EQ(apply_find_new(&a, &found), 0);
	CHECK_EQ(found.n_steps, 1);
	CHECK_STREQ(found.steps[0].object, "proc/irq/25/smp_affinity_list");
}

/* "24 -> 0-3" for what would be written, "24 drifted" else. */
static char *lift_text(const struct root *root, const char *id)
{
	const struct apply_config config = { .root = root };
	struct str text = { 0 };
	auto_apply struct apply a;

	CHECK_EQ(apply_open_reader(&a, &config), 0);
	CHECK_EQ(apply_plan_lift(&a, id), 0);
	CHECK_EQ(str_add(&text, ""), 0);
	for (unsigned int i = 0; i < a.plan.n_steps; i++) {
		const struct plan_step *step = &a.plan.steps[i];

		CHECK_EQ(str_addf(&text, "%s %s", step->name,
				  step->state == STEP_PLANNED	? "-> "
				  : step->state == STEP_DRIFTED ? "drifted"
								: "as it was"),
			 0);
		CHECK_EQ(str_addf(&text, "%s; ", step->state == STEP_PLANNED ? step->next : ""), 0);
	}
	return text.s;
}

TEST(apply_plan_lift__says_what_would_be_written)
{
	auto_root struct root root = machine();
	auto_free char *one = NULL, *all = NULL;

	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	CHECK_EQ(add(&root, "B", "1", false), 0);
	put_irq(24, "dev0\n", "1-3\n");
	one = lift_text(&root, "A");
	CHECK_STREQ(one, "default mask of new interrupts -> 0,2-3; irq 24 dev0 drifted; "
			 "irq 25 dev1 -> 2-3; irq 26 dev2 as it was; ");
	all = lift_text(&root, NULL);
	CHECK_STREQ(all, "default mask of new interrupts -> 0-3; irq 24 dev0 drifted; "
			 "irq 25 dev1 -> 2-3; irq 26 dev2 -> 0-1; ");
	CHECK_VALUES(&root, "1 1-3 0 0");
}

/* Its file is a link: read through, but never written through. */
static void make_unwritable(const struct root *root)
{
	machines_put(test_tmpdir(), "proc/irq/25/behind", "2-3\n");
	CHECK_EQ(unlinkat(root->fd, "proc/irq/25/smp_affinity_list", 0), 0);
	CHECK_EQ(symlinkat("behind", root->fd, "proc/irq/25/smp_affinity_list"), 0);
}

TEST(apply__a_step_that_fails_rolls_all_back)
{
	auto_root struct root root = machine();

	make_unwritable(&root);
	CHECK_EQ(add(&root, "A", "2-3", false), -ECANCELED);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
	CHECK(!fs_exists(&root, "run/lull/journal"));
}

TEST(apply__a_roll_back_leaves_the_other_shield)
{
	auto_root struct root root = machine();
	struct apply_tally tally;

	CHECK_EQ(add(&root, "B", "1", false), 0);
	CHECK_VALUES(&root, "d 0,2-3 2-3 0");
	make_unwritable(&root);
	CHECK_EQ(add(&root, "A", "2-3", false), -ECANCELED);
	CHECK_VALUES(&root, "d 0,2-3 2-3 0");
	lift(&root, "B", &tally);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
}

TEST(apply__a_replacement_that_fails_leaves_what_it_would_have_replaced)
{
	auto_root struct root root = machine();
	struct apply_tally tally;

	CHECK_EQ(add(&root, "A", "1", false), 0);
	make_unwritable(&root);
	CHECK_EQ(add(&root, "A", "2-3", false), -ECANCELED);
	CHECK_VALUES(&root, "d 0,2-3 2-3 0");
	lift(&root, "A", &tally);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
}

TEST(apply__best_effort_keeps_what_holds)
{
	auto_root struct root root = machine();
	struct apply_tally tally;

	make_unwritable(&root);
	CHECK_EQ(add(&root, "A", "2-3", true), 0);
	CHECK_VALUES(&root, "3 0-1 2-3 0-1");
	lift(&root, NULL, &tally);
	CHECK_EQ(tally.failed, 0);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
}

/* What could not be put back is remembered, and put back when it can be. */
TEST(apply__a_failed_restore_stays_owed)
{
	auto_root struct root root = machine();
	struct apply_tally tally;

	CHECK_EQ(add(&root, "A", "2-3", false), 0);
	make_unwritable(&root);
	machines_put(test_tmpdir(), "proc/irq/25/behind", "0-1\n");
	lift(&root, NULL, &tally);
	CHECK_EQ(tally.failed, 1);
	CHECK_VALUES(&root, "f 0-3 0-1 0-1");
	CHECK(fs_exists(&root, "run/lull/journal"));
	CHECK_EQ(unlinkat(root.fd, "proc/irq/25/smp_affinity_list", 0), 0);
	put_irq(25, "dev1\n", "0-1\n");
	lift(&root, NULL, &tally);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
	CHECK(!fs_exists(&root, "run/lull/journal"));
}

static void put_stat(unsigned int start)
{
	char line[256];

	(void)snprintf(line, sizeof(line),
		       "4242 (qemu) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %u 0 0 0 0 0 0 0 0 0 0 "
		       "0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		       start);
	machines_put(test_tmpdir(), "proc/4242/stat", line);
	machines_put(test_tmpdir(), "proc/4242/task/4242/stat", line);
}

/* The pid alone is no identity: another process with it is not the owner. */
TEST(apply__a_shield_goes_with_its_owner)
{
	auto_root struct root root = machine();
	char id[] = "A";
	struct layer layer = { .id = id,
			       .name = id,
			       .owner = { .kind = OWNER_VM, .pid = 4242, .start_ticks = 700 } };
	auto_apply struct apply a, b, c;

	put_stat(700);
	CHECK_EQ(cpuset_parse("2-3", &layer.guest), 0);
	CHECK_EQ(knob_parse_set("irq-default,irq", &layer.knobs, NULL), 0);
	open_writer(&root, &a);
	CHECK_EQ(apply_add(&a, &layer), 0);
	journal_dir_close(&a.dir);
	open_writer(&root, &b);
	CHECK_EQ(b.n_swept, 0);
	CHECK_VALUES(&root, "3 0-1 0-1 0-1");
	journal_dir_close(&b.dir);
	put_stat(800);
	open_writer(&root, &c);
	CHECK_EQ(c.n_swept, 1);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
}

TEST(apply__one_knob_alone_leaves_the_others)
{
	auto_root struct root root = machine();
	char id[] = "A";
	struct layer layer = { .id = id, .name = id };
	auto_apply struct apply a;

	CHECK_EQ(cpuset_parse("2-3", &layer.guest), 0);
	CHECK_EQ(knob_parse_set("irq-default", &layer.knobs, NULL), 0);
	open_writer(&root, &a);
	CHECK_EQ(apply_add(&a, &layer), 0);
	CHECK_VALUES(&root, "3 0-3 2-3 0-1");
	CHECK_EQ(apply_lift(&a, NULL), 0);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
}

TEST(apply__a_thousand_interrupts)
{
	auto_root struct root root = machine();
	auto_apply struct apply a;
	char id[] = "A";
	struct layer layer = { .id = id, .name = id };
	struct apply_tally tally;

	put_table(1000);
	for (unsigned int i = 3; i < 1000; i++)
		put_irq(24 + i, "dev\n", "0-3\n");
	CHECK_EQ(cpuset_parse("2-3", &layer.guest), 0);
	CHECK_EQ(knob_parse_set("irq-default,irq", &layer.knobs, NULL), 0);
	open_writer(&root, &a);
	CHECK_EQ(apply_add(&a, &layer), 0);
	apply_count(&a.plan, &tally);
	CHECK_EQ(tally.held, 1000); /* and the default mask, but not 26 */
	CHECK_EQ(apply_lift(&a, NULL), 0);
	CHECK_EQ(a.n_restored, 1000);
}

TEST(apply__a_reader_changes_nothing_and_sees_an_interrupted_run)
{
	auto_root struct root root = machine();
	const struct apply_config config = { .root = &root };
	auto_journal struct journal journal = { .state = JOURNAL_LIFTING };
	struct journal_dir dir;
	auto_apply struct apply a;

	isolate_remember(&journal, "irq-default", "proc/irq/default_smp_affinity", "0-3", "0");
	CHECK_EQ(journal_dir_open(&root, true, &dir), 0);
	CHECK_EQ(journal_write(&root, &dir, &journal), 0);
	journal_dir_close(&dir);
	CHECK_EQ(apply_open_reader(&a, &config), 0);
	CHECK(a.was_interrupted);
	CHECK_EQ(apply_check(&a), 0);
	CHECK_EQ(a.plan.n_steps, 1);
	CHECK_EQ(a.plan.steps[0].state, STEP_DRIFTED);
	CHECK_VALUES(&root, "f 0-3 2-3 0-1");
}
