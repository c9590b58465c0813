/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unit tests of measure/tracepoints: names in the strings of a BTF, and what is no BTF. */
#include "measure/tracepoints.h"

#include <errno.h>
#include <limits.h>
#include <linux/btf.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "test.h"

#define auto_tracepoints __attribute__((cleanup(tracepoints_done)))

static const char strings[] = "\0int\0btf_trace_irq_entry\0btf_trac\0xbtf_trace_no\0btf_trace_\0"
			      "trace_no\0btf_trace_sched_switch";

/* Three types that nobody looks at, then the strings. */
struct file {
	struct btf_header header;
	char types[36];
	char strings[sizeof(strings)];
};

#define FILE_LEN (offsetof(struct file, strings) + sizeof(strings))

static struct file file_make(void)
{
	struct file file = {
		.header = {
			.magic = BTF_MAGIC,
			.version = BTF_VERSION,
			.hdr_len = sizeof(struct btf_header),
			.type_len = sizeof(file.types),
			.str_off = sizeof(file.types),
			.str_len = sizeof(strings),
		},
	};

	memcpy(file.strings, strings, sizeof(strings));
	return file;
}

/* Parses a copy of exactly @len bytes, so that the sanitizer sees what is read behind them. */
static int parse(const struct file *file, size_t len, struct tracepoints *ret)
{
	auto_free void *copy = malloc(len ? len : 1);
	int err;

	CHECK(copy);
	memcpy(copy, file, len);
	err = tracepoints_parse(copy, len, ret);
	if (!err)
		copy = NULL;
	return err;
}

static void refuses(const struct file *file)
{
	struct tracepoints tracepoints = { .n = 7 };

	CHECK_EQ(parse(file, FILE_LEN, &tracepoints), -EBADMSG);
	CHECK_EQ(tracepoints.n, 7);
}

TEST(tracepoints_parse__finds_the_names_and_nothing_else)
{
	auto_tracepoints struct tracepoints tracepoints = { 0 };
	struct file file = file_make();

	CHECK_EQ(parse(&file, FILE_LEN, &tracepoints), 0);
	CHECK_EQ(tracepoints.n, 3);
	CHECK_STREQ(tracepoints.names[0], "irq_entry");
	CHECK_STREQ(tracepoints.names[1], "");
	CHECK_STREQ(tracepoints.names[2], "sched_switch");
	CHECK(tracepoints_have(&tracepoints, "sched_switch"));
	CHECK(!tracepoints_have(&tracepoints, "sched_switc"));
	CHECK(!tracepoints_have(&tracepoints, "no"));
}

TEST(tracepoints_parse__finds_more_than_a_few)
{
	enum { MANY = 1000 };
	auto_tracepoints struct tracepoints tracepoints = { 0 };
	struct btf_header header = { .magic = BTF_MAGIC, .hdr_len = sizeof(header) };
	char *btf = malloc(sizeof(header) + MANY * 20UL), *at = btf + sizeof(header);

	CHECK(btf);
	for (int i = 0; i < MANY; i++)
		at += snprintf(at, 20, "btf_trace_%d", i) + 1;
	header.str_len = (__u32)(at - btf - (long)sizeof(header));
	memcpy(btf, &header, sizeof(header));
	CHECK_EQ(tracepoints_parse(btf, (size_t)(at - btf), &tracepoints), 0);
	CHECK_EQ(tracepoints.n, MANY);
	CHECK(tracepoints_have(&tracepoints, "0"));
	CHECK(tracepoints_have(&tracepoints, "999"));
}

TEST(tracepoints_parse__refuses_each_that_is_cut_off)
{
	struct file file = file_make();

	for (size_t len = 0; len < FILE_LEN; len++) {
		struct tracepoints tracepoints = { 0 };

		CHECK_EQ(parse(&file, len, &tracepoints), -EBADMSG);
	}
}

TEST(tracepoints_parse__refuses_that_of_a_machine_of_the_other_byte_order)
{
	struct file file = file_make();

	file.header.magic = __builtin_bswap16(BTF_MAGIC);
	refuses(&file);
}

TEST(tracepoints_parse__refuses_a_header_that_is_too_short_or_too_long)
{
	struct file file = file_make();

	file.header.hdr_len = sizeof(file.header) - 1;
	refuses(&file);
	file.header.hdr_len = FILE_LEN + 1;
	refuses(&file);
	file.header.hdr_len = 0xffffffff;
	refuses(&file);
}

TEST(tracepoints_parse__refuses_strings_that_lie_outside)
{
	struct file file = file_make();

	file.header.str_off++;
	refuses(&file);
	file.header.str_off = 0xffffffff;
	refuses(&file);
	file = file_make();
	file.header.str_len = 0;
	refuses(&file);
	file.header.str_len = 0xffffffff;
	refuses(&file);
}

TEST(tracepoints_parse__refuses_strings_without_an_end)
{
	struct file file = file_make();

	file.header.str_len--;
	refuses(&file);
}

static void put(const char *name, const void *data, size_t len)
{
	static const char *const dirs[] = { "sys", "sys/kernel", "sys/kernel/btf" };
	auto_fclose FILE *f = NULL;
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", test_tmpdir(), dirs[i]);
		CHECK(mkdir(path, 0755) == 0 || errno == EEXIST);
	}
	(void)snprintf(path, sizeof(path), "%s/sys/kernel/btf/%s", test_tmpdir(), name);
	f = fopen(path, "we");
	CHECK(f && fwrite(data, 1, len, f) == len);
}

TEST(tracepoints_read__takes_a_file_of_its_root)
{
	auto_tracepoints struct tracepoints tracepoints = { 0 }, none = { 0 };
	struct file file = file_make();
	struct root root;

	put("kvm", &file, FILE_LEN);
	put("empty", "", 0);
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	CHECK_EQ(tracepoints_read(&root, "kvm", &tracepoints), 0);
	CHECK_EQ(tracepoints.n, 3);
	CHECK_EQ(tracepoints_read(&root, "vmlinux", &none), -ENOENT);
	CHECK_EQ(tracepoints_read(&root, "empty", &none), -EBADMSG);
	fs_root_done(&root);
}
