/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits: which CPUs may be shielded at all. A host that keeps too little is no host any more.
 */
#ifndef LULL_ISOLATE_LIMITS_H
#define LULL_ISOLATE_LIMITS_H

#include <stdbool.h>

#include "base/cpuset.h"
#include "base/str.h"

struct journal;
struct topo;
struct vm;

/*
 * -EPERM, and why not in *ret_why: @guest is empty or not online, the host would keep less than one
 * full core, the CPU that keeps the time (0) is among them and not @is_forced, or the host would
 * keep such alone as were set aside at boot. -ENOMEM.
 */
int limits_check(const struct topo *topo, const struct cpuset *guest, bool is_forced,
		 struct str *ret_why);
/*
 * The same for @guest beside the shields of @journal (but that of @id): one has some of the CPUs
 * already, or all together leave the host too little.
 */
int limits_check_others(const struct topo *topo, const struct journal *journal, const char *id,
			const struct cpuset *guest, struct str *ret_why);

/*
 * The CPUs that the pinned virtual CPUs may run on. -EPERM and why: none is pinned. *ret_n_loose is
 * how many are not.
 */
int limits_guest_of(const struct vm *vm, const struct cpuset *online, struct cpuset *ret,
		    unsigned int *ret_n_loose, struct str *ret_why);

#endif
