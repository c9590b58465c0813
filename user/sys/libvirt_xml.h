/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt_xml: a virtual machine as libvirt's domain XML describes it, for one that does not run.
 * Fetches nothing, follows no entity, and refuses a document type.
 */
#ifndef LULL_SYS_LIBVIRT_XML_H
#define LULL_SYS_LIBVIRT_XML_H

#include <stddef.h>

struct str;
struct vm;

#define LIBVIRT_XML_MAX (4U << 20) /* bytes; virsh dumpxml gives some 10 KB */

/*
 * Reads <domain>, or the <domstatus> of run/libvirt/qemu. Pins, devices and settings as
 * vms_describe() gives them; pid and tids are 0; a thread without a pin has an empty set, and what
 * libvirt adds by itself is there. -EINVAL: *ret_why says the line and what is wrong; -ENOTSUP:
 * built without libxml2; -ENOMEM. vms_vm_done() frees.
 */
int libvirt_xml_parse(const char *text, size_t len, struct vm *ret, struct str *ret_why);

#endif
