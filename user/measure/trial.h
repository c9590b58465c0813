/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trial: which groups of programs this kernel's verifier refuses, each loaded alone. Only after a
 * load of all has failed: one refused program fails the whole object.
 */
#ifndef LULL_MEASURE_TRIAL_H
#define LULL_MEASURE_TRIAL_H

#include <stdbool.h>

#include "lull_abi.h"

/*
 * Sets refused[hook] for the programs of groups that do not load. @on: those worth trying;
 * @probe_reads: as they will be loaded. The number of groups refused, or -ENOMEM.
 */
int trial_groups(const bool on[LULL_N_HOOKS], bool probe_reads, bool refused[LULL_N_HOOKS]);

#endif
