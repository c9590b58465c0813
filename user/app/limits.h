/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits: what verify demands, from the texts of its options. Says on stderr what is wrong with
 * them.
 */
#ifndef LULL_APP_LIMITS_H
#define LULL_APP_LIMITS_H

#include <stdint.h>

#include "app/opts.h"
#include "model/gate.h"
#include "model/verdict.h"

/* NULL: not given. */
struct limits_request {
	uint64_t longest_ns;	      /* --max; 0: not given */
	const char *stalls;	      /* a number */
	struct opt_strings quantiles; /* "99.9=10us" */
	struct opt_strings rows;      /* "irq=0.1%" */
	const char *clean;	      /* "1%,1ms" */
	const char *min_effect;	      /* "0.5", points */
};

struct limits {
	struct gate_limit v[GATE_LIMITS_MAX];
	unsigned int n;
	struct verdict_limits verdict;
};

/* 0, or an exit code. */
int limits_read(const struct limits_request *request, struct limits *ret);
/* Without any limit: those of a clean host. */
void limits_add_clean(struct limits *limits);

/*
 * "--p99.9 10us", which no table of options can hold, as "--quantile 99.9=10us", in all words up to
 * a "--". The result and its words are allocated; limits_free_args() frees them. NULL: no memory.
 */
char **limits_expand_args(int argc, char **argv, int *ret_argc);
void limits_free_args(char ***args);
#define auto_args __attribute__((cleanup(limits_free_args)))

/* "0.1%", "0.1pp" or "0.1": per cent, as a share of 1. -EINVAL. */
int limits_parse_share(const char *text, double *ret);
/* "99.9", at most 99.9999: per million. -EINVAL. */
int limits_parse_quantile(const char *text, uint32_t *ret);

#endif
