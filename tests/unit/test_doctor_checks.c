/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of user/doctor: each check on small trees, in each state that files or the facts of a
 * trial can bring about. The last test holds the table to checks.def.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "machines.h"
#include "model/checkup.h"
#include "test.h"

#define auto_checkup __attribute__((cleanup(checkup_done)))
#define FILES_MAX    8

/* A file of the tree; a text that begins with "->" is where a link leads. */
struct file {
	const char *path, *text;
};

struct example {
	const char *check;
	struct file files[FILES_MAX];
	const struct doctor_trials *trials; /* NULL: a recorded machine */
	enum checkup_state state;
	const char *says;   /* in what was found */
	const char *remedy; /* in the remedy; NULL: there is none */
};

/* Facts of trials: all as it should be, and one thing wrong each. */
static const struct doctor_source whole[] = {
	{ .name = "sched", .holds = "who has the CPU" },
	{ .name = "kvm", .holds = "exits" },
	{ .name = "kvm", .holds = "exits" },
};
static const struct doctor_source lacking[] = {
	{ .name = "sched", .holds = "who has the CPU" },
	{ .name = "kvm", .holds = "exits" },
	{ .name = "kvm", .holds = "exits", .why = "this kernel has no tracepoint kvm_vcpu_wakeup" },
	{ .name = "csd", .holds = "functions called", .why = "refused", .is_label = true },
};
static const struct doctor_source no_sched[] = {
	{ .name = "sched", .holds = "who has the CPU", .why = "refused" },
};

#define GOOD                                                                                      \
	.syscall = -EINVAL, .sources = whole, .n_sources = ARRAY_SIZE(whole), .have_entry = true, \
	.window_ns = 200000000
static const struct doctor_trials good = { GOOD };
static const struct doctor_trials too_old = { .syscall = -EINVAL,
					      .lack = " the BPF helper bpf_loop (5.17);",
					      .load = 1 };
static const struct doctor_trials no_btf = { .syscall = -EINVAL, .types = -ENOENT, .load = 1 };
static const struct doctor_trials filtered = { .syscall = -EPERM, .load = 1 };
static const struct doctor_trials no_syscall = { .syscall = -ENOSYS, .load = 1 };
static const struct doctor_trials killed = { .syscall = -EINTR, .load = 1 };
static const struct doctor_trials refused = { .syscall = -EINVAL, .load = -EPERM };
static const struct doctor_trials partly = { .syscall = -EINVAL,
					     .sources = lacking,
					     .n_sources = ARRAY_SIZE(lacking) };
static const struct doctor_trials blind = { .syscall = -EINVAL,
					    .sources = no_sched,
					    .n_sources = ARRAY_SIZE(no_sched) };
static const struct doctor_trials no_vm = { GOOD, .entries = DOCTOR_ENTRIES_NO_VM };
static const struct doctor_trials idle = { GOOD, .entries = DOCTOR_ENTRIES_IDLE };
static const struct doctor_trials none_came = { GOOD, .entries = DOCTOR_ENTRIES_NONE };
static const struct doctor_trials came = { GOOD, .entries = DOCTOR_ENTRIES_COME, .n_entries = 4711,
					   .n_vcpus = 2 };

#define STATUS(uid, caps) "Name:\tlull\nUid:\t7\t" uid "\t7\t7\nCapEff:\t" caps "\nSeccomp:\t0\n"
#define SELF		  "proc/self/status"
#define RELEASE		  "proc/sys/kernel/osrelease"
#define CPU		  "sys/devices/system/cpu"
#define CPUFREQ		  CPU "/cpu0/cpufreq"
#define IDLE		  CPU "/cpu0/cpuidle"
#define KVM		  "sys/module/kvm/parameters"
#define CGROUP		  "sys/fs/cgroup"

#define FILES(...)          \
	{                   \
		__VA_ARGS__ \
	}
#define NO_FILES                   \
	{                          \
		{                  \
			NULL, NULL \
		}                  \
	}
#define EXAMPLE(...) { __VA_ARGS__ },

static const struct example measure_examples[] = {
#include "doctor_measure.def"
};

static const struct example shield_examples[] = {
#include "doctor_shield.def"
};

static const struct example host_examples[] = {
#include "doctor_host.def"
};

static void put(const char *dir, const struct file *file)
{
	char path[512];

	if (!str_starts(file->text, "->")) {
		machines_put(dir, file->path, file->text);
		return;
	}
	machines_put(dir, file->path, ""); /* for its directories */
	(void)snprintf(path, sizeof(path), "%s/%s", dir, file->path);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(symlink(file->text + 2, path), 0);
}

static const struct checkup_item *find(const struct checkup *checkup, const char *name)
{
	for (unsigned int i = 0; i < checkup->n; i++)
		if (streq(checkup->items[i].name, name))
			return &checkup->items[i];
	return NULL;
}

static void check_example(const struct example *example, unsigned int number)
{
	auto_checkup struct checkup checkup = { .items = NULL };
	auto_root struct root root = { .fd = -1 };
	const struct checkup_item *item;
	char dir[256];

	(void)snprintf(dir, sizeof(dir), "%s/%u", test_tmpdir(), number);
	CHECK_EQ(mkdir(dir, 0700), 0);
	for (unsigned int i = 0; i < FILES_MAX && example->files[i].path; i++)
		put(dir, &example->files[i]);
	CHECK_EQ(fs_root_open(&root, dir), 0);
	CHECK_EQ(doctor_examine(&root, example->trials, &checkup), 0);
	item = find(&checkup, example->check);
	CHECK(item != NULL);
	if (item->state != example->state || !strstr(item->found, example->says))
		printf("# example %u of %s: %s: %s\n", number, example->check,
		       checkup_state_name(item->state), item->found);
	CHECK_STREQ(checkup_state_name(item->state), checkup_state_name(example->state));
	CHECK(strstr(item->found, example->says) != NULL);
	if (!example->remedy)
		CHECK_STREQ(item->remedy, NULL);
	else
		CHECK(item->remedy && strstr(item->remedy, example->remedy));
}

TEST(doctor_examine__tells_whether_it_can_measure)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(measure_examples); i++)
		check_example(&measure_examples[i], i);
}

TEST(doctor_examine__tells_whether_it_can_shield)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(shield_examples); i++)
		check_example(&shield_examples[i], i);
}

TEST(doctor_examine__tells_what_makes_guests_stutter)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(host_examples); i++)
		check_example(&host_examples[i], i);
}

static unsigned int note_states(const struct example *examples, size_t n, const char *check)
{
	unsigned int states = 0;

	for (size_t i = 0; i < n; i++)
		if (streq(examples[i].check, check))
			states |= 1U << examples[i].state;
	return states;
}

/* A check that says the same of every machine tests nothing. */
TEST(checks_def__every_check_is_seen_in_two_states)
{
	const char *name;

	for (unsigned int i = 0; (name = doctor_check_name(i)); i++) {
		unsigned int states =
			note_states(measure_examples, ARRAY_SIZE(measure_examples), name) |
			note_states(shield_examples, ARRAY_SIZE(shield_examples), name) |
			note_states(host_examples, ARRAY_SIZE(host_examples), name);

		if (!(states & (states - 1)))
			printf("# %s\n", name);
		CHECK(states & (states - 1));
	}
}
