/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of sys/kallsyms: a small table by hand, and this kernel's own.
 */
#include "sys/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "machines.h"
#include "test.h"

static int open_table(const char *text)
{
	const char *dir = test_tmpdir();
	auto_root struct root root = { .fd = -1 };
	int err, fd = -1;

	machines_put(dir, "proc/kallsyms", text);
	CHECK_EQ(fs_root_open(&root, dir), 0);
	err = kallsyms_open(&root, &fd);
	return err ? err : fd;
}

/* Not in the order of addresses: modules follow the kernel, though they are loaded below it. */
static const char table[] = "0000000000000000 A __per_cpu_start\n"
			    "0000000000001000 A cpu_debug_store\n"
			    "ffffffff81000000 T _text\n"
			    "ffffffff81000000 T _stext\n"
			    "ffffffff81000100 t schedule\n"
			    "ffffffff81000180 W weak_one\n"
			    "ffffffff81000200 D data_alias\n"
			    "ffffffff81000200 T hrtimer_wakeup\n"
			    "ffffffff81000300 T _etext\n"
			    "ffffffff81000300 R __start_rodata\n"
			    "ffffffff81002000 D jiffies\n"
			    "ffffffffc0000000 t nvme_irq\t[nvme]\n"
			    "ffffffffa0000000 t vfio_irq\t[vfio_pci]\n"
			    "ffffffffc0000040 d nvme_data\t[nvme]\n"
			    "ffffffffc1000000 t bpf_prog_6deef7357e7b4530_x\t[bpf]";

static const struct {
	uint64_t addr;
	const char *name;
	uint64_t offset;
} answers[] = {
	{ 0xffffffffc000003fULL, "nvme_irq", 0x3f },
	{ 0xffffffff81000100ULL, "schedule", 0 },
	{ 0xffffffff8100017fULL, "schedule", 0x7f },
	{ 0xffffffff81000000ULL, "_text", 0 },
	{ 0xffffffff81000190ULL, "weak_one", 0x10 },
	{ 0xffffffff81000210ULL, "hrtimer_wakeup", 0x10 },
	{ 0xffffffff81002004ULL, NULL, 0 }, /* data */
	{ 0xffffffffc0000044ULL, NULL, 0 },
	{ 0xffffffffa0000001ULL, "vfio_irq", 1 },
	{ 0xffffffffa0200001ULL, NULL, 0 }, /* too far to be in that function */
	{ 0xffffffffc1000008ULL, "bpf_prog_6deef7357e7b4530_x", 8 },
	{ 0xffffffff80ffffffULL, NULL, 0 },
	{ 0x7f0000001000ULL, NULL, 0 },
	{ 0, NULL, 0 },
	{ UINT64_MAX, NULL, 0 },
	{ 0xffffffff81000100ULL, "schedule", 0 }, /* twice */
};

TEST(kallsyms_resolve__answers_in_the_callers_order)
{
	auto_close int fd = open_table(table);
	struct kallsyms_query queries[ARRAY_SIZE(answers)];

	CHECK(fd >= 0);
	/* Twice: the second pass starts over. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
			queries[i] = (struct kallsyms_query){ .addr = answers[i].addr };
		CHECK_EQ(kallsyms_resolve(fd, queries, ARRAY_SIZE(answers)), 0);
		for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
			CHECK_STREQ(queries[i].name, answers[i].name);
			CHECK_EQ(queries[i].offset, answers[i].offset);
		}
		kallsyms_done(queries, ARRAY_SIZE(answers));
		CHECK(!queries[0].name);
	}
	CHECK_EQ(kallsyms_resolve(fd, NULL, 0), 0);
}

TEST(kallsyms_resolve__cuts_a_name_without_end)
{
	auto_str struct str text = { .s = NULL };
	struct kallsyms_query query = { .addr = 0x1000 };
	auto_close int fd = -1;

	CHECK_EQ(str_add(&text, "0000000000001000 t "), 0);
	for (int i = 0; i < 600; i++)
		CHECK_EQ(str_add(&text, "n"), 0);
	CHECK_EQ(str_add(&text, "\n"), 0);
	fd = open_table(text.s);
	CHECK(fd >= 0);
	CHECK_EQ(kallsyms_resolve(fd, &query, 1), 0);
	CHECK_EQ(strlen(query.name), 127);
	kallsyms_done(&query, 1);
}

TEST(kallsyms_open__says_when_addresses_are_hidden)
{
	CHECK_EQ(open_table("0000000000000000 T _text\n0000000000000000 t schedule\n"), -EPERM);
	CHECK_EQ(open_table(""), -EPERM);
}

TEST(kallsyms_open__says_when_there_is_none)
{
	auto_root struct root root = machines_fixture("smt");
	int fd = 77;

	CHECK_EQ(kallsyms_open(&root, &fd), -ENOENT);
	CHECK_EQ(fd, 77);
}

TEST(kallsyms_resolve__skips_lines_that_are_no_symbols)
{
	auto_close int fd = open_table("hello\n\n12 T\n0000000000001000 t good\n1001zz T bad\n");
	struct kallsyms_query query = { .addr = 0x1001 };

	CHECK(fd >= 0);
	CHECK_EQ(kallsyms_resolve(fd, &query, 1), 0);
	CHECK_STREQ(query.name, "good");
	kallsyms_done(&query, 1);
}

/* In a child: root drops everything and still reads, as a recorder does at its end. */
static int resolve_unprivileged(int fd, const char *want)
{
	struct kallsyms_query queries[2] = { { .addr = 0 } };
	auto_free char *line = NULL;
	auto_fclose FILE *file = fdopen(dup(fd), "r");
	size_t cap = 0;

	if (!file)
		return 1;
	/* "ffffffff81000100 t schedule" */
	while (getline(&line, &cap, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strlen(line) < 19 || !streq(line + 19, want))
			continue;
		queries[0].addr = strtoull(line, NULL, 16);
		break;
	}
	queries[1].addr = queries[0].addr + 1;
	if (getuid() == 0 && (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
		return 2;
	if (kallsyms_resolve(fd, queries, 2))
		return 3;
	return streq(queries[1].name, want) && queries[1].offset == 1 ? 0 : 4;
}

TEST(kallsyms_resolve__needs_no_privilege_after_open)
{
	auto_root struct root root = { .fd = -1 };
	auto_close int fd = -1;
	int err, status;
	pid_t pid;

	CHECK_EQ(fs_root_open(&root, "/"), 0);
	err = kallsyms_open(&root, &fd);
	if (err == -EPERM || err == -ENOENT)
		SKIP("this kernel shows no addresses here");
	CHECK_EQ(err, 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		_exit(resolve_unprivileged(fd, "schedule"));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}
