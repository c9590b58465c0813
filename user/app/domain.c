/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/domain.h"

#include <errno.h>
#include <fcntl.h>

#include "app/cmd.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "sys/libvirt_xml.h"
#include "sys/vms.h"

/* One byte more than is taken, so that what is too large is seen to be. */
static int read_text(const char *path, char **ret, size_t *ret_len)
{
	bool is_stdin = streq(path, "-");
	auto_close int fd = is_stdin ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	auto_free char *text = malloc(LIBVIRT_XML_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (!is_stdin && fd < 0)
		return -errno;
	if (!text)
		return -ENOMEM;
	while (n && len < LIBVIRT_XML_MAX + 1) {
		n = read(is_stdin ? STDIN_FILENO : fd, text + len, LIBVIRT_XML_MAX + 1 - len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			len += (size_t)n;
	}
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}

int domain_load(const char *command, const char *path, struct vm *ret)
{
	auto_str struct str why = { 0 };
	auto_free char *text = NULL;
	size_t len = 0;
	int err;

	err = read_text(path, &text, &len);
	if (err) {
		log_error("%s: %s: %s", command, path, strerror(-err));
		return EXIT_ERROR;
	}
	err = libvirt_xml_parse(text, len, ret, &why);
	if (!err)
		return 0;
	if (err == -ENOTSUP)
		log_error("%s: %s: this lull was built without libxml2", command, path);
	else
		log_error("%s: %s: %s", command, path, why.s ?: strerror(-err));
	return EXIT_ERROR;
}
