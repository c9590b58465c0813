/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of sys/symbols: this program and its libraries as the process that is looked at, children
 * that end, and hand-made proc/PID/maps, hostile ones too.
 */
#include "sys/symbols.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "test.h"

#define TARGET_LINE "target_function+0x3 ("

/* To be named; large enough that an address inside it is not another function's. */
__attribute__((noinline)) static int target_function(int x)
{
	for (volatile int i = 0; i < x; i++)
		x ^= i * 7;
	return x;
}

static int open_live(pid_t pid, struct symbols **ret)
{
	struct root root;
	int err = fs_root_open(&root, "/");

	if (err)
		return err;
	err = symbols_open(&root, pid, ret);
	fs_root_done(&root);
	return err;
}

/* ---- hand-made maps */

/* Opens process 77 of a machine that has these maps. */
static int open_recorded(const char *maps, struct symbols **ret)
{
	auto_fclose FILE *file = NULL;
	char path[PATH_MAX];
	struct root root;
	int err;

	(void)snprintf(path, sizeof(path), "%s/proc", test_tmpdir());
	(void)mkdir(path, 0755);
	(void)snprintf(path, sizeof(path), "%s/proc/77", test_tmpdir());
	(void)mkdir(path, 0755);
	(void)snprintf(path, sizeof(path), "%s/proc/77/maps", test_tmpdir());
	file = fopen(path, "we");
	CHECK(file && fputs(maps, file) >= 0 && fflush(file) == 0);
	CHECK_EQ(fs_root_open(&root, test_tmpdir()), 0);
	err = symbols_open(&root, 77, ret);
	fs_root_done(&root);
	return err;
}

static void check_name(struct symbols *s, uint64_t addr, const char *want)
{
	auto_str struct str out = { .s = NULL };

	CHECK_EQ(str_add(&out, "at "), 0);
	CHECK_EQ(symbols_name(s, addr, &out), 0);
	CHECK_STREQ(out.s + 3, want); /* appended */
}

/* One VMM with .bss between its mappings and those of a library, the vdso, and code of a JIT. */
static const char vmm_maps[] =
	"55aa00000000-55aa00001000 r--p 00000000 08:01 1234                       /usr/bin/vmm\n"
	"55aa00001000-55aa00005000 r-xp 00001000 08:01 1234                       /usr/bin/vmm\n"
	"55aa00005000-55aa00006000 rw-p 00005000 08:01 1234                       /usr/bin/vmm\n"
	"55aa00006000-55aa00009000 rw-p 00000000 00:00 0 \n"
	"55aa00009000-55aa0000a000 rw-p 00000000 00:00 0                          [heap]\n"
	"7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
	"7f1000000000-7f1000001000 r--p 00000000 08:01 77                         /usr/lib/a b.so\n"
	"7f1000001000-7f1000002000 rw-p 00000000 00:00 0 \n"
	"7f1000002000-7f1000003000 r-xp 00001000 08:01 77                         /usr/lib/a b.so\n"
	"7ffe00000000-7ffe00002000 r-xp 00000000 00:00 0                          [vdso]\n"
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";

TEST(symbols_name__gives_module_and_offset_without_files)
{
	struct symbols *s = NULL;

	CHECK_EQ(open_recorded(vmm_maps, &s), 0);
	check_name(s, 0x55aa00001000, "vmm+0x1000");
	check_name(s, 0x55aa00004fff, "vmm+0x4fff");
	check_name(s, 0x7f1000002010, "a b.so+0x2010");
	symbols_free(s);
}

TEST(symbols_name__names_code_of_no_file)
{
	struct symbols *s = NULL;

	CHECK_EQ(open_recorded(vmm_maps, &s), 0);
	check_name(s, 0x7f0000000010, "[anon]+0x10");
	check_name(s, 0x7ffe000009c2, "[vdso]+0x9c2");
	check_name(s, 0xffffffffff600000, "[vsyscall]+0x0");
	symbols_free(s);
}

TEST(symbols_name__gives_the_address_outside_code)
{
	struct symbols *s = NULL;

	CHECK_EQ(open_recorded(vmm_maps, &s), 0);
	check_name(s, 0, "0x0");
	check_name(s, 0x55aa00000010, "0x55aa00000010"); /* mapped, but not to be run */
	check_name(s, 0x7f1000001010, "0x7f1000001010"); /* in a hole of a module */
	check_name(s, 0x55aa00005000, "0x55aa00005000");
	check_name(s, UINT64_MAX, "0xffffffffffffffff");
	symbols_free(s);
}

TEST(symbols_name__tells_copies_of_a_file_apart)
{
	struct symbols *s = NULL;

	CHECK_EQ(open_recorded("1000-2000 r-xp 00000000 08:01 5 /lib/a.so\n"
			       "2000-3000 r-xp 00000000 08:01 6 /lib/b.so\n"
			       "3000-4000 r-xp 00000000 08:02 6 /lib/b.so\n"
			       "4000-5000 r-xp 00000000 08:01 5 /lib/a.so\n",
			       &s),
		 0);
	check_name(s, 0x1800, "a.so+0x800");
	check_name(s, 0x2800, "b.so+0x800");
	check_name(s, 0x3800, "b.so+0x800");
	check_name(s, 0x4800, "a.so+0x800");
	symbols_free(s);
}

TEST(symbols_name__makes_hostile_module_names_safe)
{
	char maps[1024], want[128];
	struct symbols *s = NULL;

	(void)snprintf(maps, sizeof(maps),
		       "1000-2000 r-xp 00000000 08:01 5 /tmp/\x1b[2J\x07%c\\012x (deleted)\n"
		       "2000-3000 r-xp 00000000 08:01 6 /tmp/%0500d\n",
		       0xff, 0);
	CHECK_EQ(open_recorded(maps, &s), 0);
	check_name(s, 0x1001, "?[2J??\\012x+0x1");
	(void)snprintf(want, sizeof(want), "%063d+0x1", 0);
	check_name(s, 0x2001, want);
	symbols_free(s);
}

TEST(symbols_open__skips_lines_that_are_no_maps)
{
	struct symbols *s = NULL;

	CHECK_EQ(open_recorded("\n-\n \n1000\n1000-\n1000-2000\n1000-2000 r-xp\n"
			       "2000-1000 r-xp 00000000 08:01 5 /lib/reversed\n"
			       "1000-2000 r-xp 00000000 08:01 x /lib/inode\n"
			       "1000-2000 x 00000000 08:01 5 /lib/perms\n"
			       "10000000000000000-2 r-xp 00000000 08:01 5 /lib/large\n"
			       "3000-4000 r-xp 00000000 08:01 5 /lib/cut",
			       &s),
		 0);
	check_name(s, 0x1000, "0x1000");
	check_name(s, 0x3000, "cut+0x0");
	symbols_free(s);
}

TEST(symbols_open__refuses_a_process_without_memory)
{
	struct symbols *s = NULL;

	CHECK_EQ(open_recorded("", &s), -ESRCH);
	CHECK(!s);
}

/* ---- live */

static int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Opens process @pid and names one address; the child, if it is one, is ended in between. */
static void name_live(pid_t pid, uint64_t addr, struct str *out)
{
	struct symbols *s = NULL;
	int n_fds = count_fds();
	int err = open_live(pid, &s);

	if (pid != getpid()) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	CHECK_EQ(err, 0);
	CHECK_EQ(symbols_name(s, addr, out), 0);
	symbols_free(s);
	CHECK_EQ(count_fds(), n_fds);
}

TEST(symbols_open__refuses_a_process_that_ended)
{
	struct symbols *s = NULL;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid)
		_exit(0);
	/* First a zombie, which has no memory any more, then nothing. */
	(void)waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	CHECK_EQ(open_live(pid, &s), -ESRCH);
	(void)waitpid(pid, NULL, 0);
	CHECK_EQ(open_live(pid, &s), -ESRCH);
	CHECK(!s);
}

/* Starts a program of the system's, which is stripped, and waits until it is that. */
static pid_t start_sleep(void)
{
	char link[64], exe[64] = "";
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execl("/bin/sleep", "sleep", "60", NULL);
		_exit(127);
	}
	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	for (int i = 0; i < 5000 && !strstr(exe, "sleep"); i++) {
		ssize_t n = readlink(link, exe, sizeof(exe) - 1);

		exe[max(n, (ssize_t)0)] = '\0';
		(void)usleep(1000);
	}
	return pid;
}

/* The middle of the code of a process's own program: of its first code mapping. */
static uint64_t code_of(pid_t pid)
{
	auto_fclose FILE *maps = NULL;
	char path[64], line[512];
	uint64_t start, end;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		char *dash = strchr(line, '-'), *blank = strchr(line, ' ');

		if (!dash || !blank || !str_starts(blank, " r-xp"))
			continue;
		*dash = *blank = '\0';
		if (!parse_hex64(line, &start) && !parse_hex64(dash + 1, &end))
			return (start + end) / 2;
	}
	return 0;
}

TEST(symbols_name__gives_module_and_offset_in_a_stripped_program)
{
	auto_str struct str out = { .s = NULL };
	pid_t pid = start_sleep();

	name_live(pid, code_of(pid), &out);
	if (str_starts(out.s, "busybox") || str_starts(out.s, "coreutils"))
		SKIP("/bin/sleep is no program of its own");
	CHECK(str_starts(out.s, "sleep+0x"));
}

#if LULL_WITH_DW

/* Is it "@function+OFFSET (MODULE)"? */
static bool is_name(const struct str *out, const char *function, const char *module)
{
	char end[PATH_MAX];

	(void)snprintf(end, sizeof(end), " (%s)", module);
	if (str_starts(out->s, function) && str_ends(out->s, end))
		return true;
	printf("# %s\n", out->s);
	return false;
}

/* The name of this program's own file. */
static const char *own_name(char path[static PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	path[max(n, (ssize_t)0)] = '\0';
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

TEST(symbols_name__names_own_functions)
{
	auto_str struct str out = { .s = NULL };
	char path[PATH_MAX];

	CHECK(target_function(3) != 1234567);
	name_live(getpid(), (uintptr_t)target_function + 3, &out);
	CHECK(is_name(&out, TARGET_LINE, own_name(path)));
}

TEST(symbols_name__names_functions_of_a_process_that_ended_since)
{
	auto_str struct str out = { .s = NULL };
	char path[PATH_MAX];
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid)
		for (;;)
			(void)pause();
	name_live(pid, (uintptr_t)target_function + 3, &out);
	CHECK(is_name(&out, TARGET_LINE, own_name(path)));
}

/* Aliases are many, and which of them is taken is the library's business. */
TEST(symbols_name__names_functions_of_libc)
{
	auto_str struct str out = { .s = NULL };
	void *function = dlsym(RTLD_DEFAULT, "erand48_r");

	CHECK(function);
	name_live(getpid(), (uintptr_t)function, &out);
	CHECK(strstr(out.s, "erand48_r+0x0"));
	CHECK(is_name(&out, "", "libc.so.6"));
}

static int copy_file(const char *from, const char *to)
{
	auto_close int in = open(from, O_RDONLY | O_CLOEXEC);
	auto_close int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	char buf[16384];
	ssize_t n;

	if (in < 0 || out < 0)
		return -errno;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (fs_write_all(out, buf, (size_t)n))
			return -EIO;
	return n ? -errno : 0;
}

/* A copy of the mathematical library, of which the file is gone; another one is at "other". */
static void *open_deleted_library(void)
{
	void *original = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL), *copy;
	char path[PATH_MAX], other[PATH_MAX];
	struct link_map *map;

	if (!original)
		SKIP("no libm.so.6");
	(void)snprintf(path, sizeof(path), "%s/libcopy.so", test_tmpdir());
	CHECK(!dlinfo(original, RTLD_DI_LINKMAP, &map));
	CHECK_EQ(copy_file(map->l_name, path), 0);
	(void)snprintf(other, sizeof(other), "%s/other", test_tmpdir());
	CHECK_EQ(copy_file(map->l_name, other), 0);
	(void)dlclose(original);
	copy = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CHECK(copy);
	CHECK(!unlink(path));
	return copy;
}

TEST(symbols_name__names_functions_of_a_deleted_file)
{
	auto_str struct str out = { .s = NULL };
	void *library;
	uint64_t addr;

	if (access("/proc/self/map_files", X_OK) || geteuid())
		SKIP("needs root, for proc/PID/map_files");
	library = open_deleted_library();
	addr = (uintptr_t)dlsym(library, "lgamma_r");
	CHECK(addr);
	name_live(getpid(), addr, &out);
	(void)dlclose(library);
	CHECK(is_name(&out, "lgamma", "libcopy.so"));
}

/* The exit status of a child that may not use proc/PID/map_files: 0 when the name holds @want. */
static int name_as_nobody(uint64_t addr, const char *want)
{
	auto_str struct str out = { .s = NULL };
	struct symbols *s = NULL;

	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534) ||
	    prctl(PR_SET_DUMPABLE, 1))
		return 1;
	(void)alarm(10);
	if (open_live(getpid(), &s))
		return 2;
	if (symbols_name(s, addr, &out))
		return 3;
	symbols_free(s);
	return strstr(out.s, want) ? 0 : 4;
}

static int run_as_nobody(uint64_t addr, const char *want)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(name_as_nobody(addr, want));
	(void)waitpid(pid, &status, 0);
	return status;
}

TEST(symbols_name__needs_no_capability_for_ones_own)
{
	if (geteuid())
		SKIP("not root");
	CHECK_EQ(run_as_nobody((uintptr_t)dlsym(RTLD_DEFAULT, "erand48_r"), "erand48_r+0x0"), 0);
}

/* What is found at the path of a mapping is not its file: no names, and no waiting for a pipe. */
TEST(symbols_name__takes_no_names_from_a_file_in_its_place)
{
	char path[PATH_MAX], other[PATH_MAX];
	int by_pipe, by_file;
	void *library;
	uint64_t addr;

	if (geteuid())
		SKIP("not root");
	library = open_deleted_library();
	addr = (uintptr_t)dlsym(library, "lgamma_r");
	CHECK(addr);
	CHECK(!chmod(test_tmpdir(), 0755));
	(void)snprintf(path, sizeof(path), "%s/libcopy.so (deleted)", test_tmpdir());
	(void)snprintf(other, sizeof(other), "%s/other", test_tmpdir());
	CHECK(!mkfifo(path, 0644));
	by_pipe = run_as_nobody(addr, "libcopy.so+0x");
	CHECK(!rename(other, path));
	by_file = run_as_nobody(addr, "libcopy.so+0x");
	(void)dlclose(library);
	CHECK_EQ(by_pipe, 0);
	CHECK_EQ(by_file, 0);
}

/* Code that is no ELF file at all, and one that says it is and is cut off. */
TEST(symbols_name__survives_files_that_are_no_elf)
{
	static const char *const contents[] = { "x", "\177ELF\2\1\1" };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(contents); i++) {
		auto_str struct str out = { .s = NULL };
		auto_close int fd = -1;
		void *code;

		(void)snprintf(path, sizeof(path), "%s/code%zu", test_tmpdir(), i);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0700);
		CHECK_EQ(fs_write_all(fd, contents[i], strlen(contents[i])), 0);
		code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
		if (code == MAP_FAILED)
			SKIP("the temporary directory is mounted noexec");
		name_live(getpid(), (uintptr_t)code + 2, &out);
		(void)munmap(code, 4096);
		CHECK(str_ends(out.s, "+0x2"));
		CHECK(str_starts(out.s, "code"));
	}
}

#else

TEST(symbols_name__gives_module_and_offset_without_libdw)
{
	auto_str struct str out = { .s = NULL };

	CHECK(target_function(3) != 1234567);
	name_live(getpid(), (uintptr_t)target_function, &out);
	CHECK(strstr(out.s, "+0x") && !strstr(out.s, "target_function"));
}

#endif
