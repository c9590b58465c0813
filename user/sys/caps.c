/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/caps.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"

/* The first or, of Uid:, the second word of a line; NULL: there is no such line. */
static char *field(const char *text, const char *key, unsigned int nth)
{
	const char *at = strstr(text, key);

	if (!at)
		return NULL;
	at += strlen(key);
	for (unsigned int i = 0;; i++) {
		size_t len;

		at += strspn(at, " \t");
		len = strcspn(at, " \t\n");
		if (!len)
			return NULL;
		if (i == nth)
			return strndup(at, len);
		at += len;
	}
}

int caps_read_own(const struct root *root, struct caps *ret)
{
	auto_free char *text = NULL, *eff = NULL, *uid = NULL, *seccomp = NULL;
	struct caps caps = { 0 };
	int err = fs_read_file(root, &text, NULL, "proc/self/status");

	if (err)
		return err;
	eff = field(text, "\nCapEff:", 0);
	uid = field(text, "\nUid:", 1);
	seccomp = field(text, "\nSeccomp:", 0);
	if (!eff || !uid || parse_hex64(eff, &caps.effective) || parse_u32(uid, &caps.euid))
		return -EINVAL;
	if (seccomp && parse_u32(seccomp, &caps.seccomp))
		return -EINVAL;
	*ret = caps;
	return 0;
}

bool caps_has(const struct caps *caps, unsigned int cap)
{
	return caps->effective >> cap & 1;
}

int caps_read_is_initial_userns(const struct root *root, bool *ret)
{
	static const char *const all[] = { "0", "0", "4294967295" };
	auto_free char *line = NULL;
	const char *at;
	int err = fs_read_line(root, &line, "proc/self/uid_map");

	if (err)
		return err;
	at = line;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		size_t len;

		at += strspn(at, " ");
		len = strcspn(at, " ");
		if (len != strlen(all[i]) || strncmp(at, all[i], len) != 0) {
			*ret = false;
			return 0;
		}
		at += len;
	}
	*ret = true;
	return 0;
}
