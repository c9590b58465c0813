/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * killat: runs a command and kills it (SIGKILL) before its Nth system call of those that tell or
 * change something: messages, affinities, files written, renamed, removed. Linux 5.3 and later.
 *
 *   killat N COMMAND...   exit code: 0 it was killed, 1 it ended before, by itself, 2 an error
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

static bool is_change(unsigned long long call)
{
	static const long calls[] = { SYS_sendmsg,  SYS_write,	  SYS_writev,
				      SYS_unlinkat, SYS_renameat,
#ifdef SYS_rename
				      SYS_rename,
#endif
				      SYS_fsync,    SYS_mkdirat,  SYS_sched_setaffinity };

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (call == (unsigned long long)calls[i])
			return true;
	return false;
}

/* 1: at a system call's entry or exit; 0: it has ended; -1: error. Signals do not get through. */
static int go_on(pid_t pid, int *ret_status)
{
	do {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) || waitpid(pid, ret_status, 0) < 0)
			return -1;
		if (!WIFSTOPPED(*ret_status))
			return 0;
	} while (WSTOPSIG(*ret_status) != (SIGTRAP | 0x80));
	return 1;
}

static int trace(pid_t pid, uint64_t n)
{
	struct __ptrace_syscall_info info;
	int status, at;

	if (waitpid(pid, &status, 0) < 0 ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL))
		return 2;
	while ((at = go_on(pid, &status)) > 0) {
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
			return 2;
		if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !is_change(info.entry.nr) || --n)
			continue;
		(void)kill(pid, SIGKILL);
		return waitpid(pid, &status, 0) == pid ? 0 : 2;
	}
	return at < 0 ? 2 : 1;
}

int main(int argc, char **argv)
{
	uint64_t n;
	pid_t pid;

	if (argc < 3 || parse_u64(argv[1], &n) || !n) {
		(void)fputs("usage: killat N COMMAND...\n", stderr);
		return 2;
	}
	pid = fork();
	if (pid < 0)
		return 2;
	if (!pid) {
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)raise(SIGSTOP);
		(void)execvp(argv[2], argv + 2);
		_exit(127);
	}
	return trace(pid, n);
}
