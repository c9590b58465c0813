/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt_xml: see the header. The text is not trusted: it may come from a bug report. What is not
 * understood is an error with its line where it is about pins or devices, and passed over else.
 */
#include "sys/libvirt_xml.h"

#include <errno.h>

#include "base/str.h"
#include "sys/vms.h"

#if LULL_WITH_XML

#define LULL_SYS_LIBVIRT_XML_PRIVATE
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <sched.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "sys/libvirt_xml_p.h"

#define VCPUS_MAX     4096 /* QEMU's own limit */
#define IOTHREADS_MAX 1024

/* Why the parser stopped: the first error, since the others follow from it. */
struct refusal {
	bool has_doctype;
	int line; /* 0: none */
	char words[128];
};

/* In libxml2 a document type is where entities begin: it ends here. */
static void refuse_doctype(void *context, const xmlChar *name, const xmlChar *external,
			   const xmlChar *where)
{
	xmlParserCtxt *parser = context;
	struct refusal *refusal = parser->_private;

	(void)name;
	(void)external;
	(void)where;
	refusal->has_doctype = true;
	xmlStopParser(parser);
}

static void keep_error(void *context, xmlErrorPtr error)
{
	struct refusal *refusal = ((xmlParserCtxt *)context)->_private;

	if (refusal->line || error->level < XML_ERR_ERROR)
		return;
	refusal->line = max(error->line, 1);
	str_copy(refusal->words, sizeof(refusal->words), error->message ?: "",
		 strcspn(error->message ?: "", "\n"));
	str_sanitize(refusal->words);
}

static int explain(const struct refusal *refusal, struct str *why)
{
	int err;

	if (refusal->has_doctype)
		err = str_add(why, "it has a document type, which libvirt never writes");
	else
		err = str_addf(why, "line %d: %s", max(refusal->line, 1),
			       *refusal->words ? refusal->words : "not XML");
	return err ?: -EINVAL;
}

static int parse_document(const char *text, size_t len, xmlDoc **ret, struct str *why)
{
	xmlParserCtxt *parser = xmlNewParserCtxt();
	struct refusal refusal = { .line = 0 };
	xmlDoc *doc;

	if (!parser)
		return -ENOMEM;
	parser->_private = &refusal;
	parser->sax->internalSubset = refuse_doctype;
	parser->sax->serror = keep_error;
	/* Neither XML_PARSE_NOENT nor HUGE: nothing is replaced, and libxml2's own limits hold. */
	doc = xmlCtxtReadMemory(parser, text, (int)len, NULL, NULL, XML_PARSE_NONET);
	xmlFreeParserCtxt(parser);
	if (doc && !refusal.has_doctype) {
		*ret = doc;
		return 0;
	}
	xmlFreeDoc(doc);
	return explain(&refusal, why);
}

int xml_refuse(struct xml_reader *r, const xmlNode *node, const char *what, const char *value)
{
	auto_free char *safe = strdup(value ?: "");
	int err;

	if (!safe)
		return -ENOMEM;
	str_sanitize(safe);
	err = str_addf(r->why, "line %ld: <%s> %s%s%.60s", xmlGetLineNo(node),
		       (const char *)node->name, what, value ? ": " : "", safe);
	return err ?: -EINVAL;
}

bool xml_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && streq((const char *)node->name, name);
}

xmlNode *xml_child(const xmlNode *node, const char *name)
{
	for (xmlNode *child = node ? node->children : NULL; child; child = child->next)
		if (xml_is(child, name))
			return child;
	return NULL;
}

void xml_free_text(xmlChar **text)
{
	if (*text)
		xmlFree(*text);
}

xmlChar *xml_attr(const xmlNode *node, const char *name)
{
	return node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
}

bool xml_attr_is(const xmlNode *node, const char *name, const char *want)
{
	auto_xml xmlChar *value = xml_attr(node, name);

	return value && streq((const char *)value, want);
}

int xml_number(struct xml_reader *r, const xmlNode *node, const char *name, unsigned int most,
	       unsigned int *ret)
{
	auto_xml xmlChar *text = xml_attr(node, name);
	uint32_t value;

	if (!text || parse_u32((const char *)text, &value) || value > most)
		return xml_refuse(r, node, name, text ? (const char *)text : "is missing");
	*ret = value;
	return 0;
}

int xml_cpus(struct xml_reader *r, const xmlNode *node, const char *name, struct cpuset *ret)
{
	auto_xml xmlChar *text = xml_attr(node, name);
	struct cpuset set;

	if (!text || cpuset_parse((const char *)text, &set) || cpuset_is_empty(&set))
		return xml_refuse(r, node, name, text ? (const char *)text : "is missing");
	*ret = set;
	return 0;
}

/* The text of <name> or <uuid>, allocated and sanitised; "" without one. */
static char *read_text(const xmlNode *node, const char *name)
{
	xmlNode *child = xml_child(node, name);
	auto_xml xmlChar *text = child ? xmlNodeGetContent(child) : NULL;
	char *copy = strdup(text ? (const char *)text : "");

	if (copy)
		str_sanitize(copy);
	return copy;
}

/* <vcpu placement='static' cpuset='1-4,^3' current='2'>8</vcpu> */
static int read_vcpu_count(struct xml_reader *r)
{
	xmlNode *node = xml_child(r->domain, "vcpu");
	auto_xml xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
	auto_xml xmlChar *cpuset = xml_attr(node, "cpuset");
	auto_xml xmlChar *current = xml_attr(node, "current");
	auto_free char *trimmed = strdup(text ? (const char *)text : "1");
	uint32_t n = 1;
	char *word;
	int err = 0;

	if (!trimmed)
		return -ENOMEM;
	word = trimmed + strspn(trimmed, " \t\r\n");
	word[strcspn(word, " \t\r\n")] = '\0';
	if (parse_u32(word, &n) || !n || n > VCPUS_MAX)
		return xml_refuse(r, node ?: r->domain, "not a number of vCPUs", word);
	if (current)
		err = xml_number(r, node, "current", n, &n);
	if (!err && !n)
		err = xml_refuse(r, node, "not a number of vCPUs", "0");
	if (err)
		return err;
	r->vm->vcpus = calloc(n, sizeof(*r->vm->vcpus));
	if (!r->vm->vcpus)
		return -ENOMEM;
	r->vm->n_vcpus = r->vm->n_expected = n;
	for (unsigned int i = 0; i < n; i++)
		r->vm->vcpus[i].index = (int)i;
	return cpuset ? xml_cpus(r, node, "cpuset", &r->cpus) : 0;
}

/* The emulator, and as many I/O threads as <iothreads> says, or those that <iothreadids> names. */
static int make_threads(struct xml_reader *r)
{
	xmlNode *count = xml_child(r->domain, "iothreads"), *ids, *id;
	auto_xml xmlChar *text = count ? xmlNodeGetContent(count) : NULL;
	uint32_t n = 0;

	if (text && (parse_u32((const char *)text, &n) || n > IOTHREADS_MAX))
		return xml_refuse(r, count, "not a number of threads", (const char *)text);
	r->vm->threads = calloc((size_t)IOTHREADS_MAX + 1, sizeof(*r->vm->threads));
	if (!r->vm->threads)
		return -ENOMEM;
	r->vm->threads[r->vm->n_threads++] = (struct vm_thread){
		.kind = VM_THREAD_EMULATOR,
		.iothread = -1,
	};
	ids = xml_child(r->domain, "iothreadids");
	for (id = ids ? ids->children : NULL; id; id = id->next) {
		unsigned int number;
		int err;

		if (!xml_is(id, "iothread"))
			continue;
		err = xml_number(r, id, "id", INT32_MAX, &number);
		err = err ?: xml_add_iothread(r, id, (int)number);
		if (err)
			return err;
	}
	/* More threads than ids: the lowest numbers that are free. */
	for (int number = 1; r->vm->n_threads < n + 1; number++)
		if (!xml_find_iothread(r, number) && xml_add_iothread(r, count, number))
			return -EINVAL;
	return 0;
}

struct vm_thread *xml_find_iothread(struct xml_reader *r, int number)
{
	for (unsigned int i = 0; i < r->vm->n_threads; i++)
		if (r->vm->threads[i].kind == VM_THREAD_IO && r->vm->threads[i].iothread == number)
			return &r->vm->threads[i];
	return NULL;
}

int xml_add_iothread(struct xml_reader *r, const xmlNode *node, int number)
{
	struct vm_thread *thread;

	if (xml_find_iothread(r, number) || r->vm->n_threads > IOTHREADS_MAX)
		return xml_refuse(r, node, "too many, or the same number twice", NULL);
	thread = &r->vm->threads[r->vm->n_threads++];
	*thread = (struct vm_thread){
		.kind = VM_THREAD_IO,
		.iothread = number,
		.is_unused = true, /* until a device is seen that uses it */
	};
	(void)snprintf(thread->comm, sizeof(thread->comm), "iothread%d", number);
	return 0;
}

/* What no pin names has the cpuset of <vcpu>. */
static void apply_default(struct xml_reader *r)
{
	for (unsigned int i = 0; i < r->vm->n_vcpus; i++)
		if (cpuset_is_empty(&r->vm->vcpus[i].cpus))
			r->vm->vcpus[i].cpus = r->cpus;
	for (unsigned int i = 0; i < r->vm->n_threads; i++)
		if (cpuset_is_empty(&r->vm->threads[i].cpus))
			r->vm->threads[i].cpus = r->cpus;
}

static int read_domain(struct xml_reader *r)
{
	int err;

	r->vm->name = read_text(r->domain, "name");
	r->vm->uuid = read_text(r->domain, "uuid");
	r->vm->vmm = strdup("qemu");
	r->vm->id = strdup("");
	r->vm->manager = VM_LIBVIRT;
	if (!r->vm->name || !r->vm->uuid || !r->vm->vmm || !r->vm->id)
		return -ENOMEM;
	if (!*r->vm->name)
		return xml_refuse(r, r->domain, "has no <name>", NULL);
	err = read_vcpu_count(r);
	err = err ?: make_threads(r);
	err = err ?: xml_read_pins(r);
	if (err)
		return err;
	apply_default(r);
	err = xml_read_settings(r);
	return err ?: xml_read_devices(r);
}

int libvirt_xml_parse(const char *text, size_t len, struct vm *ret, struct str *ret_why)
{
	struct vm vm = { .pid = 0 };
	struct xml_reader r = { .vm = &vm, .why = ret_why };
	xmlDoc *doc = NULL;
	xmlNode *top;
	int err;

	if (len > LIBVIRT_XML_MAX)
		return str_add(ret_why, "larger than 4 MiB: no domain XML") ?: -EINVAL;
	err = parse_document(text, len, &doc, ret_why);
	if (err)
		return err;
	top = xmlDocGetRootElement(doc);
	r.domain = top && xml_is(top, "domstatus") ? xml_child(top, "domain") : top;
	if (!top || !r.domain || !xml_is(r.domain, "domain"))
		err = str_addf(ret_why, "line %ld: a libvirt <domain> is wanted",
			       top ? xmlGetLineNo(top) : 1L)
			      ?: -EINVAL;
	else
		err = read_domain(&r);
	xmlFreeDoc(doc);
	if (err)
		vms_vm_done(&vm);
	else
		*ret = vm;
	return err;
}

#else

int libvirt_xml_parse(const char *text, size_t len, struct vm *ret, struct str *ret_why)
{
	(void)text;
	(void)len;
	(void)ret;
	(void)ret_why;
	return -ENOTSUP;
}

#endif
