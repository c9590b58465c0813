/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gzip: whole texts in memory, packed and unpacked. A recording whose name ends in .gz.
 */
#ifndef LULL_REPORT_GZIP_H
#define LULL_REPORT_GZIP_H

#include <stdbool.h>
#include <stddef.h>

/* Packs; the result is allocated. -ENOMEM. */
int report_gzip(const char *data, size_t len, char **ret, size_t *ret_len);

/* Does this begin as a gzip file does? */
bool report_gzip_is(const char *data, size_t len);

/*
 * Unpacks all members of a gzip file; the result is allocated and a NUL follows it, which is not
 * counted. -EFBIG: it would be larger than @limit; -EINVAL: damaged or cut. -ENOMEM.
 */
int report_gunzip(const char *data, size_t len, size_t limit, char **ret, size_t *ret_len);

#endif
