/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domain: a VM from a file of libvirt's domain XML, which is the user's and opened as it was named.
 */
#ifndef LULL_APP_DOMAIN_H
#define LULL_APP_DOMAIN_H

struct vm;

/*
 * Reads @path, or stdin for "-". 0, or an exit code; a message was printed, which begins with
 * @command. vms_vm_done() frees.
 */
int domain_load(const char *command, const char *path, struct vm *ret);

#endif
