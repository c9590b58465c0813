/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * smallring: lull's own measurement of one thread, with a flight recorder of so few places that what
 * led up to a stall is overwritten before it is read. Writes the recording to standard output.
 *
 *   smallring TID CPU PLACES MILLISECONDS
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "app/host.h"
#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/fs.h"
#include "base/parse.h"
#include "base/str.h"
#include "measure/capture.h"
#include "model/recording.h"
#include "report/report.h"

#define POLL_NS 20000000

static int measure(struct capture *cap, uint64_t milliseconds, struct recording *rec)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	struct capture_progress progress;
	int err = capture_start(cap), stopped;

	for (uint64_t i = 0; i < milliseconds * 1000000 / POLL_NS && !err; i++) {
		(void)nanosleep(&pause, NULL);
		err = capture_poll(cap, &progress);
	}
	stopped = capture_stop(cap);
	err = err ?: stopped;
	return err ?: capture_harvest(cap, rec);
}

int main(int argc, char **argv)
{
	struct recording rec = { .hostname = NULL };
	auto_str struct str why = { .s = NULL };
	struct capture *cap = NULL;
	struct cpuset cpus = { 0 };
	uint64_t n[4] = { 0 };
	struct root root;
	int err = argc == 5 ? fs_root_open(&root, "/") : -EINVAL;

	for (int i = 0; i < 4 && !err; i++)
		err = parse_u64(argv[i + 1], &n[i]);
	if (err)
		return 2;
	cpuset_add(&cpus, (unsigned int)n[1]);
	const struct capture_target target = { .tid = (pid_t)n[0], .pid = (pid_t)n[0], .vcpu = -1 };
	const struct capture_config config = {
		.root = &root,
		.targets = &target,
		.n_targets = 1,
		.cpus = &cpus,
		.stall_ns = 500000,
		.stalls_max = 10000,
		.trace_ns = 10000000,
		.trace_events = (unsigned int)n[2],
	};
	err = capture_open(&config, &cap, &why);
	err = err ?: measure(cap, n[3], &rec);
	err = err ?: host_describe(&root, argc, argv, &rec);
	rec.ended_by = strdup("duration");
	err = err ?: report_json_write(&rec, stdout);
	if (err)
		(void)fprintf(stderr, "smallring: %s\n", why.s ? why.s : strerror(-err));
	capture_free(cap);
	recording_done(&rec);
	fs_root_done(&root);
	return err != 0;
}
