/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify: what the parts of `lull verify` share: one run of it.
 */
#ifndef LULL_APP_VERIFY_H
#define LULL_APP_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "app/limits.h"
#include "app/opts.h"
#include "app/output.h"
#include "app/session.h"
#include "app/target.h"
#include "app/verify_shield.h"
#include "base/cpuset.h"
#include "base/fs.h"
#include "measure/capture.h"
#include "model/gate.h"
#include "model/recording.h"

struct verify_config {
	uint64_t duration_ns, settle_ns, stall_ns;
	struct limits_request limits;
	uint32_t rounds, seed, top; /* seed 0: any */
	const char *vm, *output, *only, *without;
	struct opt_strings tids, pids;
	struct cpuset *cpus;
	bool as_is, force, json, ascii;
	int verbose;
	enum opt_color color;
};

struct verify {
	struct verify_config config;
	struct cpuset cpus; /* what config.cpus points to */
	struct limits limits;
	int argc; /* as the user wrote it */
	char **argv;
	int signals;
	struct root root;
	struct target target;
	struct output output;
	struct verify_shield shield;
	struct capture_config capture_config; /* lives as long as the capture */
	struct capture *capture;
};

/* The host as it stands, against limits. An exit code. */
int verify_as_is(struct verify *v);
/* Without and with the shield, in rounds. An exit code. */
int verify_rounds(struct verify *v);

/* For both: an exit code, or 0 to go on. */
int verify_no_memory(void);
int verify_open(struct verify *v);
int verify_settle(struct verify *v, struct recording *rec);
bool verify_has_progress(const struct verify *v);

#endif
