/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/probe.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "model/hist.h"

#define GAPS_MAX (1U << 16) /* of one round; those beyond are in away_ns only */

enum { PROBE_WAITS, PROBE_RUNS, PROBE_ENDS, PROBE_ENDED };

/* What the two processes share. */
struct board {
	atomic_int state;
	uint64_t ns, away_ns;
	unsigned int n_gaps;
	uint32_t gap[GAPS_MAX];
};

struct probe {
	pid_t pid;
	struct board *board;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void pause_ms(void)
{
	(void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void look(struct board *board)
{
	uint64_t began = now_ns(), last = began;

	board->n_gaps = 0;
	board->away_ns = 0;
	while (atomic_load_explicit(&board->state, memory_order_relaxed) == PROBE_RUNS) {
		uint64_t now = now_ns(), gap = now - last;

		last = now;
		if (gap < PROBE_GAP_NS)
			continue;
		board->away_ns += gap;
		if (board->n_gaps < GAPS_MAX)
			board->gap[board->n_gaps++] = gap > UINT32_MAX ? UINT32_MAX : (uint32_t)gap;
	}
	board->ns = last - began;
}

static _Noreturn void child_main(struct board *board, pid_t parent)
{
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "lull-probe");
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGINT, SIG_IGN); /* the parent ends us */
	while (getppid() == parent) {
		if (atomic_load(&board->state) == PROBE_RUNS) {
			look(board);
			atomic_store(&board->state, PROBE_ENDED);
		}
		pause_ms();
	}
	_exit(0);
}

static int pin(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(pid, sizeof(set), &set) ? -errno : 0;
}

int probe_open(int cpu, struct probe **ret)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	pid_t self = getpid();
	int err;

	if (!probe)
		return -ENOMEM;
	probe->board = mmap(NULL, sizeof(*probe->board), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (probe->board == MAP_FAILED) {
		free(probe);
		return -ENOMEM;
	}
	probe->pid = fork();
	if (!probe->pid)
		child_main(probe->board, self);
	err = probe->pid < 0 ? -errno : pin(probe->pid, cpu);
	if (err) {
		probe_free(probe);
		return err;
	}
	*ret = probe;
	return 0;
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	if (probe->pid > 0) {
		(void)kill(probe->pid, SIGKILL);
		(void)waitpid(probe->pid, NULL, 0);
	}
	(void)munmap(probe->board, sizeof(*probe->board));
	free(probe);
}

void probe_start(struct probe *probe)
{
	atomic_store(&probe->board->state, PROBE_RUNS);
}

void probe_stop(struct probe *probe, struct hist *gaps, uint64_t *ret_ns, uint64_t *ret_away_ns)
{
	struct board *board = probe->board;
	int runs = PROBE_RUNS;

	/* Had it not begun, it will not. */
	(void)atomic_compare_exchange_strong(&board->state, &runs, PROBE_ENDS);
	for (unsigned int i = 0; i < 1000 && atomic_load(&board->state) != PROBE_ENDED; i++)
		pause_ms();
	*ret_ns = board->ns;
	*ret_away_ns = board->away_ns;
	for (unsigned int i = 0; i < board->n_gaps; i++)
		hist_add(gaps, board->gap[i], 1);
	board->ns = board->away_ns = 0;
	board->n_gaps = 0;
	atomic_store(&board->state, PROBE_WAITS);
}
