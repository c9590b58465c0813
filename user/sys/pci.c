/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci: what sys/bus/pci/devices says of a device. Names the common classes itself and shows the
 * rest by number: it looks into no database of vendors.
 */
#include "sys/pci.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"

#define DEVICES "sys/bus/pci/devices"

/* The domain has four digits or more (VMD's "10000:e1:00.0"). */
size_t pci_bdf_len(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");
	const char *p = s + n;

	if (n >= 4 && n <= 8 && p[0] == ':' && isxdigit((unsigned char)p[1]) &&
	    isxdigit((unsigned char)p[2]) && p[3] == ':' && isxdigit((unsigned char)p[4]) &&
	    isxdigit((unsigned char)p[5]) && p[6] == '.' && p[7] >= '0' && p[7] <= '7')
		return n + 8;
	return 0;
}

bool pci_is_bdf(const char *s)
{
	size_t len = pci_bdf_len(s);

	return len && !s[len];
}

int pci_read_driver(const struct root *root, const char *bdf, char **ret)
{
	auto_free char *link = NULL;
	const char *slash;
	char *driver;
	int err;

	err = fs_read_link(root, &link, DEVICES "/%s/driver", bdf);
	if (err == -ENOMEM)
		return err;
	slash = err ? NULL : strrchr(link, '/');
	driver = strdup(slash ? slash + 1 : "");
	if (!driver)
		return -ENOMEM;
	str_sanitize(driver);
	*ret = driver;
	return 0;
}

int pci_read_node(const struct root *root, const char *bdf)
{
	auto_free char *line = NULL;
	int node = -1;
	uint32_t value;

	/* The kernel writes -1 where the firmware says nothing. */
	if (!fs_read_line(root, &line, DEVICES "/%s/numa_node", bdf) && !parse_u32(line, &value))
		node = (int)value;
	return node;
}

/* By base class and subclass; 0xff as subclass stands for all of them. */
static const char *name_class(unsigned int code)
{
	static const struct {
		unsigned int base, sub;
		const char *name;
	} classes[] = {
		{ .base = 0x01, .sub = 0x06, .name = "SATA" },
		{ .base = 0x01, .sub = 0x08, .name = "NVMe" },
		{ .base = 0x01, .sub = 0xff, .name = "storage" },
		{ .base = 0x02, .sub = 0x00, .name = "Ethernet" },
		{ .base = 0x02, .sub = 0xff, .name = "network" },
		{ .base = 0x03, .sub = 0x00, .name = "VGA" },
		{ .base = 0x03, .sub = 0x02, .name = "3D" },
		{ .base = 0x03, .sub = 0xff, .name = "display" },
		{ .base = 0x04, .sub = 0xff, .name = "audio" },
		{ .base = 0x06, .sub = 0xff, .name = "bridge" },
		{ .base = 0x0c, .sub = 0x03, .name = "USB" },
		{ .base = 0x0d, .sub = 0xff, .name = "wireless" },
		{ .base = 0x12, .sub = 0xff, .name = "accelerator" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].base == code >> 16 &&
		    (classes[i].sub == 0xff || classes[i].sub == (code >> 8 & 0xff)))
			return classes[i].name;
	return "device";
}

/* The files hold "0x10de". */
static bool read_hex(const struct root *root, const char *bdf, const char *file, unsigned int *ret)
{
	auto_free char *line = NULL;
	uint64_t value;

	if (fs_read_line(root, &line, DEVICES "/%s/%s", bdf, file) || parse_hex64(line, &value) ||
	    value > 0xffffff)
		return false;
	*ret = (unsigned int)value;
	return true;
}

int pci_read_name(const struct root *root, const char *bdf, char **ret)
{
	unsigned int code, vendor, device;
	auto_str struct str name = { .s = NULL };
	int err;

	if (read_hex(root, bdf, "class", &code) && read_hex(root, bdf, "vendor", &vendor) &&
	    read_hex(root, bdf, "device", &device))
		err = str_addf(&name, "%s %04x:%04x", name_class(code), vendor, device);
	else
		err = str_add(&name, "");
	if (!err && !name.s && !(name.s = strdup("")))
		err = -ENOMEM;
	if (!err)
		*ret = take_ptr(name.s);
	return err;
}
