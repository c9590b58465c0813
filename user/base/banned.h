/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * banned: calls that must not come back, each a compile error. Force-included by the Makefile
 * (-include) after the system headers that declare them; the headers of our libraries compile
 * behind it. A name that a library's header needs cannot be poisoned here.
 */
#ifndef LULL_BASE_BANNED_H
#define LULL_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With _FORTIFY_SOURCE and clang the C library defines these as macros. */
#undef sprintf
#undef vsprintf

#pragma GCC poison atoi atol atoll atof sprintf vsprintf strcpy strcat strncpy strncat strtok gets
#pragma GCC poison system popen

#endif
