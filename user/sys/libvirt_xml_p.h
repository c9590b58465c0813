/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt_xml_p: what the files of libvirt_xml share. For them only.
 */
#ifndef LULL_SYS_LIBVIRT_XML_P_H
#define LULL_SYS_LIBVIRT_XML_P_H

#ifndef LULL_SYS_LIBVIRT_XML_PRIVATE
#error "sys/libvirt_xml_p.h is private to user/sys/libvirt_xml*.c"
#endif

#include <libxml/tree.h>
#include <stdbool.h>

#include "base/cpuset.h"

struct str;
struct vm;
struct vm_thread;

struct xml_reader {
	const xmlNode *domain;
	struct vm *vm;
	struct cpuset cpus; /* what <vcpu cpuset=''> says for all; empty: nothing */
	struct str *why;
};

/* Says the line of @node, and what is wrong. Always fails: -EINVAL or -ENOMEM. @value may be NULL. */
int xml_refuse(struct xml_reader *r, const xmlNode *node, const char *what, const char *value);
bool xml_is(const xmlNode *node, const char *name);
/* The first child of that name, or NULL; of NULL there is none. The same of attributes. */
xmlNode *xml_child(const xmlNode *node, const char *name);
xmlChar *xml_attr(const xmlNode *node, const char *name);
bool xml_attr_is(const xmlNode *node, const char *name, const char *want);
/* Attributes that have to be there. */
int xml_number(struct xml_reader *r, const xmlNode *node, const char *name, unsigned int most,
	       unsigned int *ret);
int xml_cpus(struct xml_reader *r, const xmlNode *node, const char *name, struct cpuset *ret);

void xml_free_text(xmlChar **text);
#define auto_xml __attribute__((cleanup(xml_free_text)))

struct vm_thread *xml_find_iothread(struct xml_reader *r, int number);
int xml_add_iothread(struct xml_reader *r, const xmlNode *node, int number);

/* The parts of a <domain>. 0, -EINVAL or -ENOMEM. */
int xml_read_pins(struct xml_reader *r);
int xml_read_settings(struct xml_reader *r);
int xml_read_devices(struct xml_reader *r);

#endif
