/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * skel: the only includer of the generated skeleton. Private to the room measure.
 */
#ifndef LULL_MEASURE_SKEL_H
#define LULL_MEASURE_SKEL_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lull_abi.h"

#include <lull.skel.h>

#endif
