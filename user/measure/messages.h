/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * messages: what libbpf says goes to the debug messages, not to stderr: app says what failed.
 */
#ifndef LULL_MEASURE_MESSAGES_H
#define LULL_MEASURE_MESSAGES_H

void messages_take(void);

#endif
