/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lockdown: may BPF programs read kernel memory that is not typed?
 */
#ifndef LULL_MEASURE_LOCKDOWN_H
#define LULL_MEASURE_LOCKDOWN_H

#include <stdbool.h>

#include "base/fs.h"

bool lockdown_hides_memory(const struct root *root);

#endif
