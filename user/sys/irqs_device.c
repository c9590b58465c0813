/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irqs_device: the PCI device behind an interrupt line. Reads sysfs only; knows nothing of who
 * owns the device.
 */
#include "sys/irqs.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* "0000:01:00.0"; the domain has four digits or more (VMD's "10000:e1:00.0"). */
static bool is_bdf(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");

	s += n;
	return n >= 4 && s[0] == ':' && isxdigit((unsigned char)s[1]) &&
	       isxdigit((unsigned char)s[2]) && s[3] == ':' && isxdigit((unsigned char)s[4]) &&
	       isxdigit((unsigned char)s[5]) && s[6] == '.' && s[7] >= '0' && s[7] <= '7' && !s[8];
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
		if (!is_bdf(entry->d_name) || !has_irq(root, entry->d_name, irq))
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
	char **names;
	size_t n;
	int err;

	/* Since 6.2 the chip of a message interrupt names its device. */
	for (const char *p = line->chip; (p = strchr(p, '-')); p++)
		if (is_bdf(p + 1)) {
			err = add_device(root, &out, p + 1);
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
