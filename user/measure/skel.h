/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skel: the only includer of the generated skeleton. Private to the room measure.
 */
#ifndef LULL_MEASURE_SKEL_H
#define LULL_MEASURE_SKEL_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>

#include "lull_abi.h"

#include <lull.skel.h>

/*
 * May this process list the types of modules? That takes CAP_SYS_ADMIN; without it tracepoints and
 * structs of a module cannot be found by libbpf, those of the kernel can.
 */
bool skel_may_see_modules(void);
/* The skeleton, opened with what this process may see. NULL and errno. */
struct lull_bpf *skel_open(void);

#endif
