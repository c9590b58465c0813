/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/exam.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/str.h"

int exam_say_as(struct exam *exam, const char *name, const struct checkup_item *item)
{
	struct checkup_item copy = *item;
	auto_free char *own = strdup(name);

	if (!own)
		return -ENOMEM;
	copy.section = exam->section;
	copy.name = own;
	return checkup_add(exam->out, &copy);
}

int exam_say(struct exam *exam, enum checkup_state state, const char *remedy, const char *fmt, ...)
{
	auto_free char *found = NULL, *own = remedy ? strdup(remedy) : NULL;
	const struct checkup_item *item;
	va_list ap;

	va_start(ap, fmt);
	found = str_vformat(fmt, ap);
	va_end(ap);
	if (!found || (remedy && !own))
		return -ENOMEM;
	item = &(struct checkup_item){ .state = state, .found = found, .remedy = own };
	return exam_say_as(exam, exam->name, item);
}

int exam_say_unread(struct exam *exam, int err, const char *what)
{
	if (err == -ENOMEM)
		return err;
	if ((err == -EACCES || err == -EPERM) && (exam->caps_err || exam->caps.euid))
		return exam_say(exam, CHECKUP_UNKNOWN, "sudo lull doctor",
				"%s: only root may read it", what);
	if (err != -ENOENT && err != -ENOTDIR)
		return exam_say(exam, CHECKUP_UNKNOWN, NULL, "%s: %s", what, strerror(-err));
	if (!exam->trials)
		return exam_say(exam, CHECKUP_UNKNOWN, NULL, "%s: not in the recording", what);
	return exam_say(exam, CHECKUP_NONE, NULL, "%s: not on this host", what);
}

int exam_say_untried(struct exam *exam)
{
	return exam_say(exam, CHECKUP_UNKNOWN, NULL, "not tried: recorded machine");
}

bool exam_has_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = line; (at = strstr(at, word)); at += len)
		if ((at == line || isspace((unsigned char)at[-1])) &&
		    (!at[len] || isspace((unsigned char)at[len])))
			return true;
	return false;
}

char *exam_chosen(const char *line)
{
	const char *open = strchr(line, '['), *close = open ? strchr(open, ']') : NULL;

	return close ? strndup(open + 1, (size_t)(close - open - 1)) : NULL;
}

unsigned int exam_kernel(const struct exam *exam)
{
	auto_free char *line = NULL;
	unsigned int number[2] = { 0 };
	const char *at;

	if (fs_read_line(exam->root, &line, "proc/sys/kernel/osrelease"))
		return 0;
	at = line;
	for (size_t i = 0; i < ARRAY_SIZE(number); i++) {
		char digits[8];
		size_t len = strspn(at, "0123456789");

		str_copy(digits, sizeof(digits), at, len);
		if (parse_u32(digits, &number[i]) || number[i] > 999)
			return 0;
		at += len;
		at += *at == '.';
	}
	return number[0] * 1000 + number[1];
}

bool exam_may_load(const struct exam *exam)
{
	return caps_has(&exam->caps, CAP_SYS_ADMIN) ||
	       (caps_has(&exam->caps, CAP_BPF) && caps_has(&exam->caps, CAP_PERFMON));
}

pid_t exam_process(const struct exam *exam, const char *comm)
{
	auto_closedir DIR *dir = NULL;
	const struct dirent *entry;

	if (fs_opendir(exam->root, &dir, "proc"))
		return 0;
	while ((entry = readdir(dir))) {
		auto_free char *line = NULL;
		uint32_t pid;

		if (!parse_u32(entry->d_name, &pid) &&
		    !fs_read_line(exam->root, &line, "proc/%u/comm", pid) && streq(line, comm))
			return (pid_t)pid;
	}
	return 0;
}
