/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of base/fs on a temporary tree. What links may reach is tested twice: with openat2(),
 * and in a child whose seccomp filter denies that call, so that the walk in user space answers.
 */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "test.h"

#define auto_root __attribute__((cleanup(fs_root_done)))

static void put(const struct root *root, const char *path, const char *text, size_t len)
{
	auto_close int fd = openat(root->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(fs_write_all(fd, text, len), 0);
}

/*
 * TMP/secret lies outside; the root is TMP/root with a/b/file, and links that lead to it, out of
 * the root, in circles and nowhere.
 */
static struct root make_tree(void)
{
	static const struct {
		const char *at, *target;
	} links[] = {
		{ "rel", "a/b/file" },
		{ "a/abs", "/a/b/file" },
		{ "a/b/up", "../../a/b/file" },
		{ "dir", "a" },
		{ "out_abs", "/../secret" },
		{ "out_rel", "../secret" },
		{ "a/out_deep", "../../../../../../secret" },
		{ "out_dir", "/" },
		{ "up_dir", ".." },
		{ "loop", "loop" },
		{ "loop_a", "loop_b" },
		{ "loop_b", "./loop_a" },
		{ "dangling", "nowhere/file" },
		{ "out_etc", "/etc/passwd" },
	};
	static char path[PATH_MAX];
	auto_root struct root tmp = { .fd = -1 };
	struct root root = { .fd = -1 };

	CHECK_EQ(fs_root_open(&tmp, test_tmpdir()), 0);
	CHECK(!mkdirat(tmp.fd, "root", 0700) && !mkdirat(tmp.fd, "root/a", 0700));
	CHECK(!mkdirat(tmp.fd, "root/a/b", 0700) && !mkdirat(tmp.fd, "root/empty", 0700));
	put(&tmp, "secret", "secret\n", 7);
	(void)snprintf(path, sizeof(path), "%s/root", tmp.path);
	CHECK_EQ(fs_root_open(&root, path), 0);
	put(&root, "a/b/file", "first\nsecond\n", 13);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		CHECK(!symlinkat(links[i].target, root.fd, links[i].at));
	return root;
}

/* 0 when the first line of @path is @want, or when opening it fails with @want_err. */
static int probe(const struct root *root, const char *path, const char *want, int want_err)
{
	auto_free char *line = NULL;
	int err = fs_read_line(root, &line, "%s", path);

	if (err == want_err && (err || (line && streq(line, want))))
		return 0;
	printf("# %s: error %d, \"%s\"\n", path, err, line ? line : "");
	return 1;
}

/* All that links may and may not do; without CHECK, because it also runs in a child. */
static int probe_links(const struct root *root)
{
	auto_free char *target = NULL;
	int n_wrong = 0;

	n_wrong += probe(root, "a/b/file", "first", 0);
	n_wrong += probe(root, "/a//./b/../b/file", "first", 0);
	n_wrong += probe(root, "rel", "first", 0);
	n_wrong += probe(root, "a/abs", "first", 0);
	n_wrong += probe(root, "a/b/up", "first", 0);
	n_wrong += probe(root, "dir/b/file", "first", 0);
	n_wrong += probe(root, "dir/../dir/abs", "first", 0);
	n_wrong += probe(root, "out_dir/a/b/file", "first", 0);
	n_wrong += probe(root, "up_dir/a/b/file", "first", 0);
	n_wrong += probe(root, "../../../a/b/file", "first", 0);
	n_wrong += probe(root, "../secret", NULL, -ENOENT);
	n_wrong += probe(root, "out_abs", NULL, -ENOENT);
	n_wrong += probe(root, "out_rel", NULL, -ENOENT);
	n_wrong += probe(root, "a/out_deep", NULL, -ENOENT);
	n_wrong += probe(root, "up_dir/secret", NULL, -ENOENT);
	n_wrong += probe(root, "out_etc", NULL, -ENOENT);
	n_wrong += probe(root, "/etc/passwd", NULL, -ENOENT);
	n_wrong += probe(root, "dangling", NULL, -ENOENT);
	n_wrong += probe(root, "loop", NULL, -ELOOP);
	n_wrong += probe(root, "loop_a", NULL, -ELOOP);
	n_wrong += probe(root, "a/b/file/x", NULL, -ENOTDIR);
	n_wrong += probe(root, "a", NULL, -EISDIR);
	if (fs_read_link(root, &target, "dir/abs") || !streq(target, "/a/b/file")) {
		printf("# read_link: %s\n", target ? target : "failed");
		n_wrong++;
	}
	n_wrong += fs_exists(root, "out_etc") + !fs_exists(root, "rel") + !fs_exists(root, "/");
	return n_wrong;
}

static int deny_openat2(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(filter), .filter = filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) ? -errno : 0;
}

TEST(fs_open__keeps_links_below_the_root)
{
	auto_root struct root root = make_tree();

	CHECK_EQ(probe_links(&root), 0);
}

TEST(fs_open__keeps_links_below_the_root_without_openat2)
{
	auto_root struct root root = make_tree();
	int status;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		if (deny_openat2())
			_exit(77);
		status = probe_links(&root);
		(void)fflush(stdout);
		_exit(status ? 1 : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		SKIP("no seccomp filters here");
	CHECK_EQ(WEXITSTATUS(status), 0);
}

TEST(fs_root_open__knows_the_machine_under_any_name)
{
	auto_root struct root machine = { .fd = -1 }, again = { .fd = -1 }, other = { .fd = -1 };

	CHECK_EQ(fs_root_open(&machine, "/"), 0);
	CHECK(fs_root_is_live(&machine));
	CHECK_EQ(fs_root_open(&again, "/proc/../."), 0);
	CHECK(fs_root_is_live(&again));
	CHECK_EQ(fs_root_open(&other, test_tmpdir()), 0);
	CHECK(!fs_root_is_live(&other));
	CHECK_STREQ(other.path, test_tmpdir());
}

TEST(fs_root_open__fails_on_what_is_no_directory)
{
	struct root root = { .fd = 42, .path = "untouched" };

	CHECK_EQ(fs_root_open(&root, "/nonexistent/x"), -ENOENT);
	CHECK_EQ(fs_root_open(&root, "/proc/self/stat"), -ENOTDIR);
	CHECK_EQ(fs_root_open(&root, ""), -ENOENT);
	CHECK_EQ(root.fd, 42);
	CHECK_STREQ(root.path, "untouched");
}

TEST(fs_root_done__closes_once_and_takes_null)
{
	struct root root = { .fd = -1 };
	int fd;

	CHECK_EQ(fs_root_open(&root, "/"), 0);
	fd = root.fd;
	fs_root_done(&root);
	CHECK_EQ(fcntl(fd, F_GETFD), -1);
	fs_root_done(&root);
	fs_root_done(NULL);
	CHECK_EQ(root.fd, -1);
}

TEST(fs_open__closes_on_exec_and_creates_when_told)
{
	auto_root struct root root = make_tree();
	auto_close int fd = fs_open(&root, O_RDONLY, "a/%s/file", "b"), created = -1;

	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	created = fs_open(&root, O_WRONLY | O_CREAT | O_EXCL, "a/new");
	CHECK(created >= 0);
	CHECK_EQ(fs_open(&root, O_WRONLY | O_CREAT | O_EXCL, "a/new"), -EEXIST);
}

TEST(fs_open__refuses_a_path_that_is_too_long)
{
	auto_root struct root root = make_tree();
	char path[PATH_MAX + 8];

	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK_EQ(fs_open(&root, O_RDONLY, "%s", path), -ENAMETOOLONG);
	CHECK_EQ(fs_open(&root, O_RDONLY, "%.300s", "x"), -ENOENT);
}

TEST(fs_stat__is_of_what_a_link_leads_to_and_keeps_the_result_on_failure)
{
	auto_root struct root root = make_tree();
	struct stat st = { 0 }, before;

	CHECK_EQ(fs_stat(&root, &st, "a/%s", "abs"), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_EQ(st.st_size, sizeof("first\nsecond\n") - 1);
	before = st;
	CHECK_EQ(fs_stat(&root, &st, "out_rel"), -ENOENT);
	CHECK_EQ(memcmp(&before, &st, sizeof(st)), 0);
}

TEST(fs_read_file__reads_large_files_and_nul_bytes)
{
	auto_root struct root root = make_tree();
	auto_free char *large = malloc(100001), *text = NULL;
	size_t len = 0;

	CHECK(large);
	memset(large, 'x', 100001);
	large[50000] = '\0';
	put(&root, "large", large, 100001);
	CHECK_EQ(fs_read_file(&root, &text, &len, "large"), 0);
	CHECK_EQ(len, 100001);
	CHECK(memcmp(text, large, len) == 0);
	CHECK_EQ(text[len], 0);
}

TEST(fs_read_file__gives_an_empty_string_for_an_empty_file)
{
	auto_root struct root root = make_tree();
	auto_free char *text = NULL, *line = NULL;
	size_t len = 42;

	put(&root, "nothing", "", 0);
	CHECK_EQ(fs_read_file(&root, &text, &len, "nothing"), 0);
	CHECK_STREQ(text, "");
	CHECK_EQ(len, 0);
	CHECK_EQ(fs_read_line(&root, &line, "nothing"), 0);
	CHECK_STREQ(line, "");
}

TEST(fs_read_file__leaves_the_result_alone_on_failure)
{
	auto_root struct root root = make_tree();
	char mark, *text = &mark;
	size_t len = 42;

	CHECK_EQ(fs_read_file(&root, &text, &len, "nowhere"), -ENOENT);
	CHECK_EQ(fs_read_line(&root, &text, "empty"), -EISDIR);
	CHECK_EQ(fs_read_link(&root, &text, "a/b/file"), -EINVAL);
	CHECK(text == &mark);
	CHECK_EQ(len, 42);
}

TEST(fs_read_file__reads_procfs_whose_sizes_are_zero)
{
	auto_root struct root machine = { .fd = -1 };
	auto_free char *text = NULL, *link = NULL;
	char self[32];

	CHECK_EQ(fs_root_open(&machine, "/"), 0);
	CHECK_EQ(fs_read_file(&machine, &text, NULL, "proc/%d/status", (int)getpid()), 0);
	CHECK(str_starts(text, "Name:"));
	CHECK_EQ(fs_read_link(&machine, &link, "proc/self"), 0);
	(void)snprintf(self, sizeof(self), "%d", (int)getpid());
	CHECK_STREQ(link, self);
}

TEST(fs_read_u64__takes_one_number_on_one_line)
{
	auto_root struct root root = make_tree();
	unsigned long long got = 42;

	put(&root, "n", "18446744073709551615\n", 21);
	put(&root, "bare", "7", 1);
	put(&root, "neg", "-1\n", 3);
	put(&root, "two", "1 2\n", 4);
	CHECK_EQ(fs_read_u64(&root, &got, "neg"), -EINVAL);
	CHECK_EQ(fs_read_u64(&root, &got, "two"), -EINVAL);
	CHECK_EQ(fs_read_u64(&root, &got, "nowhere"), -ENOENT);
	CHECK_EQ(got, 42);
	CHECK_EQ(fs_read_u64(&root, &got, "n"), 0);
	CHECK(got == UINT64_MAX);
	CHECK_EQ(fs_read_u64(&root, &got, "bare"), 0);
	CHECK_EQ(got, 7);
}

TEST(fs_opendir__lists_a_directory_and_nothing_else)
{
	auto_root struct root root = make_tree();
	auto_closedir DIR *dir = NULL;
	int n = 0;

	CHECK_EQ(fs_opendir(&root, &dir, "a/b/file"), -ENOTDIR);
	CHECK_EQ(fs_opendir(&root, &dir, "up_dir/root"), -ENOENT);
	CHECK(!dir);
	CHECK_EQ(fs_opendir(&root, &dir, "a"), 0);
	for (const struct dirent *entry; (entry = readdir(dir));)
		n += entry->d_name[0] != '.';
	CHECK_EQ(n, 3);
	fs_closedir(&dir);
	CHECK(!dir);
}

TEST(fs_write_all__says_why_it_failed)
{
	auto_close int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	CHECK(full >= 0);
	CHECK_EQ(fs_write_all(full, "x", 1), -ENOSPC);
	CHECK_EQ(fs_write_all(full, "", 0), 0);
	CHECK_EQ(fs_write_all(-1, "x", 1), -EBADF);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* Interrupts itself all the time, so that writes are cut short or fail with EINTR. */
static void write_interrupted(int fd, const unsigned char *data, size_t len)
{
	const struct sigaction action = { .sa_handler = on_alarm }; /* no SA_RESTART */
	const struct itimerval often = { .it_interval.tv_usec = 500, .it_value.tv_usec = 500 };

	(void)sigaction(SIGALRM, &action, NULL);
	(void)setitimer(ITIMER_REAL, &often, NULL);
	_exit(fs_write_all(fd, data, len) ? 1 : 0);
}

TEST(fs_write_all__finishes_interrupted_writes)
{
	enum { SIZE = 400000, PIECE = 20000 };
	auto_free unsigned char *data = malloc(SIZE), *got = calloc(1, SIZE + 1);
	size_t len = 0;
	int fds[2], status;
	pid_t pid;

	CHECK(data && got && !pipe2(fds, O_CLOEXEC));
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (unsigned char)(i * 31 >> 3);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) /* more than a pipe holds, and a reader that is in no hurry */
		write_interrupted(fds[1], data, SIZE);
	(void)close(fds[1]);
	for (ssize_t n; (n = read(fds[0], got + len, min((size_t)PIECE, SIZE + 1 - len))) > 0;) {
		len += (size_t)n;
		(void)usleep(1500);
	}
	(void)close(fds[0]);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK_EQ(len, SIZE);
	CHECK(memcmp(got, data, SIZE) == 0);
}

TEST(fs_write_file__replaces_a_recorded_file_whole)
{
	auto_free char *text = NULL;
	struct root root;
	int fd;

	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	CHECK_EQ(fs_write_file(&root, "1\n", "value"), -ENOENT);
	fd = fs_open(&root, O_WRONLY | O_CREAT, "value");
	CHECK(fd >= 0 && !fs_write_all(fd, "longer\n", 7) && !close(fd));
	CHECK_EQ(fs_write_file(&root, "1\n", "value"), 0);
	CHECK_EQ(fs_read_file(&root, &text, NULL, "value"), 0);
	CHECK_STREQ(text, "1\n");
	fs_root_done(&root);
}
