/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * calls: what an event may cost, counted and not timed: for each program of lull, as this kernel
 * has loaded it, how often it reads the clock on any path, how many helper calls its text has, and
 * that what is not watched costs none. calls.def has what is allowed. Prints TAP.
 */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/fs.h"
#include "base/str.h"
#include "lull_abi.h"
#include "measure/capture.h"
#include "measure/hooks.h"

#include "../bench/insns.h"

static const struct allowed {
	unsigned int clock_reads, calls;
} allowed[LULL_N_HOOKS] = {
#define CALLS(program, clock, helpers) [LULL_HOOK_##program] = { clock, helpers },
#include "calls.def"
};

struct seen {
	bool is_there;
	struct insn_program program;
};

static int note(const struct insn_program *program, void *ctx)
{
	struct seen *seen = ctx;

	for (unsigned int i = 0; i < LULL_N_HOOKS; i++)
		if (streq(program->name, hook_at(i)->name))
			seen[i] = (struct seen){ .is_there = true, .program = *program };
	return 0;
}

static bool report(unsigned int number, bool ok, const char *what)
{
	(void)printf("%s %u - %s\n", ok ? "ok" : "not ok", number, what);
	return ok;
}

static bool check_program(unsigned int i, const struct seen *seen)
{
	const struct allowed *a = &allowed[i];
	const struct insn_program *p = &seen->program;
	char what[96];

	if (!seen->is_there) {
		(void)printf("ok %u - %s # SKIP this kernel lacks its tracepoint\n", i + 2,
			     hook_at(i)->name);
		return true;
	}
	(void)printf("# %s: %u clock reads, %u calls, %u on the shortest path; allowed %u, %u, 0\n",
		     p->name, p->clock_reads, p->calls, p->calls_least, a->clock_reads, a->calls);
	(void)snprintf(what, sizeof(what), "%s: no more clock reads and helper calls than allowed",
		       p->name);
	return report(i + 2,
		      p->clock_reads <= a->clock_reads && p->calls <= a->calls && !p->calls_least &&
			      !p->lookups,
		      what);
}

static int look(const struct root *root, struct capture **ret_cap, struct seen *seen,
		unsigned int *ret_most, char *ret_name)
{
	static const struct cpuset none;
	const struct capture_target self = { .tid = getpid(), .pid = getpid(), .vcpu = -1 };
	const struct capture_config config = {
		.root = root,
		.cpus = &none,
		.targets = &self,
		.n_targets = 1,
		.vm_pid = getpid(), /* so that the programs of a VM are there too */
		.stall_ns = 100000,
	};
	auto_str struct str why = { 0 };
	int err = capture_open(&config, ret_cap, &why);

	if (err)
		(void)printf("# %s\n", why.s ? why.s : strerror(-err));
	err = err ?: insns_each(root, note, seen);
	return err ?: insns_attached(root, ret_most, ret_name);
}

int main(void)
{
	static struct seen seen[LULL_N_HOOKS];
	struct capture *cap = NULL;
	unsigned int most = 0, failed = 0;
	char name[64] = "";
	struct root root;
	int err = fs_root_open(&root, "/");

	err = err ?: look(&root, &cap, seen, &most, name);
	if (err) {
		(void)printf("Bail out! looking at the programs: %s\n", strerror(-err));
		return 1;
	}
	(void)printf("1..%u\n", LULL_N_HOOKS + 1);
	if (most != 1)
		(void)printf("# %u on %s\n", most, name);
	failed += !report(1, most == 1, "one program on a tracepoint");
	for (unsigned int i = 0; i < LULL_N_HOOKS; i++)
		failed += !check_program(i, &seen[i]);
	capture_free(cap);
	fs_root_done(&root);
	return failed != 0;
}
