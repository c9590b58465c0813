/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_main: runs the registered tests in this process and prints TAP. Arguments are parts of
 * names; a test runs when its name contains one of them. The plan comes first, so a crash shows
 * as a plan that was not kept. Exit: 0 all passed or skipped, 1 something failed.
 */
#include "test.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEFT_FAILED = 1, LEFT_SKIPPED };

/* What the checks of the running test write to; a test program has one thread. */
static struct {
	struct test *first, **end;
	jmp_buf leave;
	const char *skip_why;
	unsigned int n_checks;
	bool reached_end;
	char tmpdir[32];
} state;

void test_register(struct test *test)
{
	if (!state.end)
		state.end = &state.first;
	*state.end = test;
	state.end = &test->next;
}

void test_passed(void)
{
	state.n_checks++;
}

void test_failed(const char *file, int line, const char *what)
{
	printf("# %s:%d: failed: %s\n", file, line, what);
	longjmp(state.leave, LEFT_FAILED);
}

void test_check_eq(int64_t got, int64_t want, const char *file, int line, const char *what)
{
	test_passed();
	if (got == want)
		return;
	printf("# got  %lld\n# want %lld\n", (long long)got, (long long)want);
	test_failed(file, line, what);
}

void test_check_streq(const char *got, const char *want, const char *file, int line,
		      const char *what)
{
	test_passed();
	if (got && want ? strcmp(got, want) == 0 : got == want)
		return;
	printf("# got  \"%s\"\n# want \"%s\"\n", got ? got : "(null)", want ? want : "(null)");
	test_failed(file, line, what);
}

void test_skip(const char *why)
{
	state.skip_why = why;
	longjmp(state.leave, LEFT_SKIPPED);
}

const char *test_tmpdir(void)
{
	static const char template[] = "/tmp/lull-unit-XXXXXX";

	if (!state.tmpdir[0]) {
		memcpy(state.tmpdir, template, sizeof(template));
		if (!mkdtemp(state.tmpdir)) {
			state.tmpdir[0] = '\0';
			test_failed(__FILE__, __LINE__, "mkdtemp");
		}
	}
	return state.tmpdir;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_tmpdir(void)
{
	if (state.tmpdir[0] && nftw(state.tmpdir, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		printf("# could not remove %s\n", state.tmpdir);
	state.tmpdir[0] = '\0';
}

/* Returns whether the test passed or was skipped. */
static bool run(const struct test *test, unsigned int number)
{
	int left;

	state.n_checks = 0;
	state.reached_end = false;
	left = setjmp(state.leave);
	if (!left) {
		test->run();
		state.reached_end = true;
	}
	remove_tmpdir();
	if (left == LEFT_SKIPPED) {
		printf("ok %u - %s # SKIP %s\n", number, test->name, state.skip_why);
		return true;
	}
	if (state.reached_end && !state.n_checks)
		printf("# %s: checked nothing\n", test->name);
	if (!state.reached_end || !state.n_checks) {
		printf("not ok %u - %s\n", number, test->name);
		return false;
	}
	printf("ok %u - %s\n", number, test->name);
	return true;
}

static bool is_wanted(const struct test *test, int argc, char **argv)
{
	if (argc < 2)
		return true;
	for (int i = 1; i < argc; i++)
		if (strstr(test->name, argv[i]))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	unsigned int n = 0, n_failed = 0;

	/* Whole lines even when the program dies, and in order with what it says on stderr. */
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct test *test = state.first; test; test = test->next)
		n += is_wanted(test, argc, argv);
	if (!n) {
		printf("1..1\nnot ok 1 - no test has such a name\n");
		return 1;
	}
	printf("1..%u\n", n);
	n = 0;
	for (const struct test *test = state.first; test; test = test->next)
		if (is_wanted(test, argc, argv))
			n_failed += !run(test, ++n);
	return n_failed > 0;
}
