/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit_name: what the limits of a gate are called.
 */
#ifndef LULL_REPORT_LIMIT_NAME_H
#define LULL_REPORT_LIMIT_NAME_H

#include <stddef.h>

struct gate_limit;

/* As the options: "max", "p99.9", "stalls", "irq", "taken". Returns @buf; 32 bytes are enough. */
const char *limit_name(const struct gate_limit *limit, char *buf, size_t cap);

#endif
