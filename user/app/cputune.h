/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cputune: the part of libvirt's domain XML that pins a VM as a shield has it, ready to be pasted.
 */
#ifndef LULL_APP_CPUTUNE_H
#define LULL_APP_CPUTUNE_H

struct cpuset;
struct layer;

/* An exit code; a message was printed. */
int cputune_print(const struct layer *layer, const struct cpuset *online, const char *command);

#endif
