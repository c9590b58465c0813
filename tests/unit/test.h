/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test: the whole unit test framework. A TEST() registers itself and runs in the one program
 * build/unit, which prints TAP. A test fails until it has returned, and fails when it checked
 * nothing. A failed check leaves the test at once, from helper functions too; what the test held
 * then leaks, but test_tmpdir() is always removed. No fixtures, no mocks, no process per test.
 */
#ifndef LULL_TEST_H
#define LULL_TEST_H

#include <stdbool.h>
#include <stdint.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

/* By constructor and not by linker section: sanitizers pad globals and would break an array. */
#define TEST(name_)                                                                \
	static void test_##name_(void);                                            \
	__attribute__((constructor)) static void test_register_##name_(void)       \
	{                                                                          \
		static struct test test = { .name = #name_, .run = test_##name_ }; \
                                                                                   \
		test_register(&test);                                              \
	}                                                                          \
	static void test_##name_(void)

/* A conditional, so that compilers and the analyzer know what holds behind it. */
#define CHECK(cond) ((cond) ? test_passed() : test_failed(__FILE__, __LINE__, #cond))
/* Integers of any width and sign, compared as 64 bits. */
#define CHECK_EQ(got, want) \
	test_check_eq((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, #got " == " #want)
/* Strings; NULL equals NULL only. */
#define CHECK_STREQ(got, want) test_check_streq((got), (want), __FILE__, __LINE__, #got)
/* Leaves the test; it counts as skipped and says why. */
#define SKIP(why) test_skip(why)

void test_register(struct test *test);
void test_passed(void);
void test_failed(const char *file, int line, const char *what) __attribute__((noreturn));
void test_check_eq(int64_t got, int64_t want, const char *file, int line, const char *what);
void test_check_streq(const char *got, const char *want, const char *file, int line,
		      const char *what);
void test_skip(const char *why) __attribute__((noreturn));

/* A fresh directory for this test, made on the first call, removed with its contents after it. */
const char *test_tmpdir(void);

#endif
