/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cleanup: scope-bound release of memory and descriptors, and the few macros that every room
 * shares. This is the only header of ours that may hold inline code besides the ABI maths.
 */
#ifndef LULL_BASE_CLEANUP_H
#define LULL_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void cleanup_free_ptr(void *pp)
{
	free(*(void **)pp);
}

static inline void cleanup_close_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

#define auto_free   __attribute__((cleanup(cleanup_free_ptr)))
#define auto_close  __attribute__((cleanup(cleanup_close_fd)))
#define auto_fclose __attribute__((cleanup(cleanup_fclose)))

/* Hands ownership out of an auto_ variable, which is left empty. */
#define take_ptr(p)                            \
	({                                     \
		__typeof__(p) take_tmp_ = (p); \
		(p) = NULL;                    \
		take_tmp_;                     \
	})
#define take_fd(fd)                   \
	({                            \
		int take_tmp_ = (fd); \
		(fd) = -1;            \
		take_tmp_;            \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define streq(a, b)   (strcmp((a), (b)) == 0)
#define min(a, b)     ((a) < (b) ? (a) : (b))
#define max(a, b)     ((a) > (b) ? (a) : (b))

#endif
