/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * writer: the file is there complete, or not at all. Who may write it is tested as root, in
 * tests/root/record-ends.t.
 */
#include "app/writer.h"

#include <dirent.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "report/gzip.h"
#include "test.h"

/* A writer of DIR/@name that was given some text. */
static void open_and_write(const char *dir, const char *name, struct writer *ret)
{
	auto_free char *path = NULL;

	(void)unsetenv("SUDO_UID"); /* the folder is ours, not the caller's */
	CHECK(asprintf(&path, "%s/%s", dir, name) > 0);
	CHECK_EQ(writer_open(ret, path), 0);
	CHECK(fputs("some text\n", ret->data) >= 0);
}

static unsigned int files_in(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;

	CHECK(dir != NULL);
	while (dir && readdir(dir))
		n++;
	(void)closedir(dir);
	return n - 2; /* . and .. */
}

static void read_back(const char *dir, const char *name, char **ret, size_t *ret_len)
{
	struct root root = { .fd = -1 };

	CHECK_EQ(fs_root_open(&root, dir), 0);
	CHECK_EQ(fs_read_file(&root, ret, ret_len, "%s", name), 0);
	fs_root_done(&root);
}

static int exists(const char *dir, const char *name)
{
	struct root root = { .fd = -1 };
	int there;

	CHECK_EQ(fs_root_open(&root, dir), 0);
	there = fs_exists(&root, "%s", name);
	fs_root_done(&root);
	return there;
}

TEST(writer_commit__makes_the_file_appear)
{
	const char *dir = test_tmpdir();
	struct writer writer;
	auto_free char *text = NULL;
	size_t len;

	open_and_write(dir, "x.json", &writer);
	CHECK_EQ(exists(dir, "x.json"), 0);
	CHECK_EQ(writer_commit(&writer, 0), 0);
	CHECK_EQ(files_in(dir), 1);
	read_back(dir, "x.json", &text, &len);
	CHECK_STREQ(text, "some text\n");
}

TEST(writer_commit__compresses_by_name)
{
	const char *dir = test_tmpdir();
	struct writer writer;
	auto_free char *packed = NULL, *text = NULL;
	size_t len;

	open_and_write(dir, "x.json.gz", &writer);
	CHECK_EQ(writer_commit(&writer, 0), 0);
	read_back(dir, "x.json.gz", &packed, &len);
	CHECK_EQ(report_gunzip(packed, len, 100, &text, &len), 0);
	CHECK_STREQ(text, "some text\n");
}

TEST(writer_commit__leaves_nothing_of_what_was_half_written)
{
	const char *dir = test_tmpdir();
	struct writer writer;

	open_and_write(dir, "x.json", &writer);
	CHECK_EQ(files_in(dir), 1);
	CHECK_EQ(writer_commit(&writer, -ENOMEM), -ENOMEM);
	CHECK_EQ(files_in(dir), 0);
}

TEST(writer_abort__leaves_nothing)
{
	const char *dir = test_tmpdir();
	struct writer writer;

	open_and_write(dir, "x.json", &writer);
	writer_abort(&writer);
	CHECK_EQ(files_in(dir), 0);
	writer_abort(&writer);
}

TEST(writer_open__refuses_a_folder)
{
	struct writer writer = { .pid = -1, .commit = -1 };

	(void)unsetenv("SUDO_UID");
	CHECK_EQ(writer_open(&writer, test_tmpdir()), -EISDIR);
	CHECK(!writer.data);
}
