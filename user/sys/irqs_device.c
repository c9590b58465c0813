/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irqs_device: the PCI device behind an interrupt line. Reads sysfs only; knows nothing of who
 * owns the device.
 */
#include "sys/irqs.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"
#include "sys/irqs_p.h"
#include "sys/pci.h"

/* Since 6.2 the chip of a message interrupt names its device. NULL: this one does not. */
static const char *device_of_chip(const char *chip)
{
	for (const char *p = chip; (p = strchr(p, '-')); p++)
		if (pci_is_bdf(p + 1))
			return p + 1;
	return NULL;
}

static int add_device(const struct root *root, struct str *to, const char *bdf)
{
	auto_free char *driver = NULL;
	const char *name = NULL;
	int err;

	err = fs_read_link(root, &driver, "sys/bus/pci/devices/%s/driver", bdf);
	if (err == -ENOMEM)
		return err;
	if (!err)
		name = strrchr(driver, '/');
	return str_addf(to, "%s%s%s%s", to->len ? ", " : "", bdf, name ? " " : "",
			name ? name + 1 : "");
}

/* Its message interrupts, or its pin when it has none (several devices may share that). */
static bool has_irq(const struct root *root, const char *bdf, int irq)
{
	unsigned long long pin;

	if (fs_exists(root, "sys/bus/pci/devices/%s/msi_irqs/%d", bdf, irq))
		return true;
	if (fs_exists(root, "sys/bus/pci/devices/%s/msi_irqs", bdf))
		return false;
	return !fs_read_u64(root, &pin, "sys/bus/pci/devices/%s/irq", bdf) && pin &&
	       pin == (unsigned long long)irq;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* Readdir has no order, and the answer is shown: sorted. */
static int list_devices(const struct root *root, int irq, char ***ret, size_t *ret_n)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	char **names = NULL, **grown;
	size_t n = 0;
	int err;

	err = fs_opendir(root, &dir, "sys/bus/pci/devices");
	while (!err && (entry = readdir(dir))) {
		if (!pci_is_bdf(entry->d_name) || !has_irq(root, entry->d_name, irq))
			continue;
		grown = realloc(names, (n + 1) * sizeof(*names));
		if (grown)
			names = grown;
		if (grown && (names[n] = strdup(entry->d_name)))
			n++;
		else
			err = -ENOMEM;
	}
	if (err == -ENOMEM) {
		free_names(names, n);
		return err;
	}
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	*ret = names;
	*ret_n = n;
	return 0;
}

int irqs_device(const struct root *root, const struct irq_line *line, char **ret)
{
	auto_str struct str out = { .s = NULL };
	const char *bdf = device_of_chip(line->chip);
	char **names;
	size_t n;
	int err;

	if (bdf) {
		err = add_device(root, &out, bdf);
		if (!err)
			*ret = take_ptr(out.s);
		return err;
	}
	err = str_add(&out, "");
	if (!err && line->irq >= 0) {
		err = list_devices(root, line->irq, &names, &n);
		if (err)
			return err;
		for (size_t i = 0; i < n && !err; i++)
			err = add_device(root, &out, names[i]);
		free_names(names, n);
	}
	if (!err && !out.s && !(out.s = strdup("")))
		err = -ENOMEM;
	if (!err)
		*ret = take_ptr(out.s);
	return err;
}

static int index_add(struct irq_pci_index *index, int irq, const char *bdf)
{
	struct irq_pci *grown;

	if (strlen(bdf) >= sizeof(grown->bdf))
		return 0;
	if (index->n == index->cap) {
		unsigned int cap = index->cap ? 2 * index->cap : 64;

		grown = reallocarray(index->v, cap, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		index->v = grown;
		index->cap = cap;
	}
	index->v[index->n].irq = irq;
	str_copy(index->v[index->n++].bdf, sizeof(grown->bdf), bdf, strlen(bdf));
	return 0;
}

/* Its message interrupts, or its pin when it has none: the rule of has_irq(). */
static int index_add_device(const struct root *root, struct irq_pci_index *index, const char *bdf)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	unsigned long long pin;
	uint32_t irq;
	int err = fs_opendir(root, &dir, "sys/bus/pci/devices/%s/msi_irqs", bdf);

	if (err == -ENOENT) {
		if (fs_read_u64(root, &pin, "sys/bus/pci/devices/%s/irq", bdf) || !pin ||
		    pin > INT_MAX)
			return 0;
		return index_add(index, (int)pin, bdf);
	}
	if (err)
		return err == -ENOMEM ? err : 0;
	while ((entry = readdir(dir))) {
		if (parse_u32(entry->d_name, &irq) || irq > INT_MAX)
			continue;
		err = index_add(index, (int)irq, bdf);
		if (err)
			return err;
	}
	return 0;
}

static int by_irq(const void *a, const void *b)
{
	const struct irq_pci *x = a, *y = b;

	return x->irq != y->irq ? (x->irq > y->irq) - (x->irq < y->irq) : strcmp(x->bdf, y->bdf);
}

int irqs_pci_read(const struct root *root, struct irq_pci_index *ret)
{
	auto_irq_pci struct irq_pci_index index = { .n = 0 };
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;
	int err = fs_opendir(root, &dir, "sys/bus/pci/devices");

	while (!err && (entry = readdir(dir)))
		if (pci_is_bdf(entry->d_name))
			err = index_add_device(root, &index, entry->d_name);
	if (err == -ENOMEM)
		return err;
	if (index.n)
		qsort(index.v, index.n, sizeof(*index.v), by_irq);
	*ret = index;
	index = (struct irq_pci_index){ .n = 0 };
	return 0;
}

void irqs_pci_done(struct irq_pci_index *index)
{
	free(index->v);
	*index = (struct irq_pci_index){ .n = 0 };
}

/* The first entry of @irq, or where it would be. */
static unsigned int index_find(const struct irq_pci_index *index, int irq)
{
	unsigned int low = 0, high = index->n;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (index->v[middle].irq < irq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int irqs_pci_device(const struct root *root, const struct irq_pci_index *index,
		    const struct irq_line *line, char *ret_bdf, char **ret_device)
{
	auto_str struct str out = { .s = NULL };
	const char *bdf = device_of_chip(line->chip), *first = bdf;
	int err = str_add(&out, "");

	if (!err && bdf)
		err = add_device(root, &out, bdf);
	for (unsigned int i = index_find(index, line->irq);
	     !err && !bdf && line->irq >= 0 && i < index->n && index->v[i].irq == line->irq; i++) {
		first = first ?: index->v[i].bdf;
		err = add_device(root, &out, index->v[i].bdf);
	}
	if (!err && !out.s && !(out.s = strdup("")))
		err = -ENOMEM;
	if (err)
		return err;
	str_copy(ret_bdf, IRQS_BDF_MAX, first ?: "", first ? strlen(first) : 0);
	*ret_device = take_ptr(out.s);
	return 0;
}
