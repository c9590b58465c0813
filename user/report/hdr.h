/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hdr: a histogram in HdrHistogram's V2 encoding, compressed and in base64. Lossless: the bins of
 * model/hist.h are HdrHistogram's own. Private to the exporters.
 */
#ifndef LULL_REPORT_HDR_H
#define LULL_REPORT_HDR_H

#include <stdint.h>

struct hist;
struct str;

/* Appends "HISTFAAAA..."; -ENOMEM. */
int hdr_add_base64(const struct hist *hist, struct str *to);

/*
 * HdrHistogram's index of the bin of @value, which may be beyond ours: its layout has no overflow
 * bin, so samples that we count there are placed at the exact maximum.
 */
uint64_t hdr_index(unsigned int digits, uint64_t value);

#endif
