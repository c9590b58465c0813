/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unit tests of base/log: which level shows what, in which form.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "test.h"

/* Says one message of each kind at @level and gives what arrived on stderr. */
static void capture(int level, char *buf, size_t cap)
{
	auto_close int saved = dup(STDERR_FILENO), pipe_read = -1, pipe_write = -1;
	int fds[2];
	ssize_t n;

	CHECK(saved >= 0 && !pipe2(fds, O_CLOEXEC));
	pipe_read = fds[0];
	pipe_write = fds[1];
	(void)dup2(pipe_write, STDERR_FILENO);
	log_set_level(level);
	log_error("e %d", 1);
	log_warn("w %s", "2");
	log_debug("d");
	log_set_level(1);
	(void)dup2(saved, STDERR_FILENO);
	n = read(pipe_read, buf, cap - 1);
	CHECK(n > 0);
	buf[n] = '\0';
}

TEST(log__shows_what_the_level_allows)
{
	char buf[256];

	capture(0, buf, sizeof(buf));
	CHECK_STREQ(buf, "lull: e 1\n");
	capture(1, buf, sizeof(buf));
	CHECK_STREQ(buf, "lull: e 1\nlull: warning: w 2\n");
	capture(3, buf, sizeof(buf));
	CHECK_STREQ(buf, "lull: e 1\nlull: warning: w 2\nlull: debug: d\n");
}

TEST(log_is_debug__is_the_debug_level)
{
	log_set_level(3);
	CHECK(log_is_debug());
	log_set_level(2);
	CHECK(!log_is_debug());
	log_set_level(1);
}

TEST(log__keeps_errno_even_when_it_cannot_write)
{
	auto_close int saved = dup(STDERR_FILENO), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int kept;

	CHECK(saved >= 0 && full >= 0);
	(void)dup2(full, STDERR_FILENO);
	errno = EXDEV;
	log_error("does not fit");
	kept = errno;
	(void)dup2(saved, STDERR_FILENO);
	CHECK_EQ(kept, EXDEV);
}
