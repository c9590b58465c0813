/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pb: writes protocol buffers. A message in a message is written apart and then added; there is no
 * schema and no reader. The first error sticks, and pb_done() tells it.
 */
#ifndef LULL_REPORT_PB_H
#define LULL_REPORT_PB_H

#include <stdint.h>

#include "base/str.h"

struct pb {
	struct str bytes;
	int err;
};

void pb_u64(struct pb *pb, unsigned int field, uint64_t value);
void pb_fixed64(struct pb *pb, unsigned int field, uint64_t value);
void pb_text(struct pb *pb, unsigned int field, const char *text);
/* Adds @inner as a message and empties it for the next one; its memory is kept. */
void pb_message(struct pb *pb, unsigned int field, struct pb *inner);
/* Frees; the error, if there was one. */
int pb_done(struct pb *pb);

#endif
