/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load: reads the whole file before it believes any of it; nothing of it reaches the terminal but
 * what report_json_read() made safe. A file of the user's, not of the system: it is opened as it
 * was named.
 */
#include "app/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "app/cmd.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "model/comparison.h"
#include "model/recording.h"
#include "report/gzip.h"
#include "report/report.h"
#include "report/rounds.h"

#define FILE_MAX   ((size_t)1 << 30) /* bytes, packed and unpacked; an hour of 128 vCPUs has 20 MB */
#define FIRST_ROOM ((size_t)256 << 10)

static int read_all(int fd, char **ret, size_t *ret_len)
{
	auto_free char *buf = NULL;
	size_t cap = 0, len = 0;

	for (;;) {
		ssize_t n;

		if (len == cap) {
			char *bigger;

			if (cap >= FILE_MAX)
				return -EFBIG;
			cap = cap ? 2 * cap : FIRST_ROOM;
			bigger = realloc(buf, cap);
			if (!bigger)
				return -ENOMEM;
			buf = bigger;
		}
		n = read(fd, buf + len, cap - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += (size_t)n;
	}
	*ret = take_ptr(buf);
	*ret_len = len;
	return 0;
}

/* Packed files are unpacked. *ret_why, when it is set, says more than the error. */
static int read_text(const char *path, char **ret, size_t *ret_len, const char **ret_why)
{
	bool is_stdin = streq(path, "-");
	auto_close int fd = is_stdin ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	auto_free char *data = NULL;
	size_t len = 0;
	int err;

	if (!is_stdin && fd < 0)
		return -errno;
	err = read_all(is_stdin ? STDIN_FILENO : fd, &data, &len);
	if (!err && report_gzip_is(data, len)) {
		err = report_gunzip(data, len, FILE_MAX, ret, ret_len);
		if (err == -EINVAL)
			*ret_why = "the gzip file is damaged or was cut";
	} else if (!err) {
		*ret = take_ptr(data);
		*ret_len = len;
	}
	if (err == -EFBIG)
		*ret_why = "larger than 1 GiB: no recording is";
	return err;
}

/* What is wrong, once. An exit code. */
static int say(const char *command, const char *path, int err, const char *why)
{
	auto_str struct str shown = { .s = NULL };

	if (err == -ENOMEM || str_add(&shown, streq(path, "-") ? "standard input" : path)) {
		log_error("%s: out of memory", command);
		return EXIT_ERROR;
	}
	str_sanitize(shown.s);
	log_error("%s: %s: %s", command, shown.s, why ?: strerror(-err));
	return EXIT_ERROR;
}

/* The whole file, unpacked. 0, or an exit code: a message was printed. */
static int load_text(const char *command, const char *path, char **ret, size_t *ret_len)
{
	const char *reason = NULL;
	int err = read_text(path, ret, ret_len, &reason);

	return err ? say(command, path, err, reason) : 0;
}

int load_recording(const char *command, const char *path, struct recording *ret)
{
	auto_str struct str why = { .s = NULL };
	auto_free char *text = NULL;
	size_t len = 0;
	int err, code = load_text(command, path, &text, &len);

	if (code)
		return code;
	err = report_json_read(text, len, ret, &why);
	return err ? say(command, path, err, why.s) : 0;
}

int load_rounds(const char *command, const char *path, struct round **ret, unsigned int *ret_n)
{
	auto_str struct str why = { .s = NULL };
	auto_free char *text = NULL;
	size_t len = 0;
	int err, code = load_text(command, path, &text, &len);

	if (code)
		return code;
	err = report_rounds_read(text, len, ret, ret_n, &why);
	if (err == -ENOENT)
		return say(command, path, err, "one file alone, and it holds no rounds to compare");
	return err ? say(command, path, err, why.s) : 0;
}

/* Rounds are looked for only where their key is: a search costs less than a pass over a document. */
static int read_any(const char *text, size_t len, struct loaded *ret, struct str *why)
{
	static const char key[] = "\"rounds\"";
	struct loaded loaded = { .n = 1 };
	int err = -ENOENT;

	if (text && memmem(text, len, key, strlen(key)))
		err = report_rounds_read(text, len, &loaded.rounds, &loaded.n, why);
	loaded.has_rounds = !err;
	if (err == -ENOENT) {
		loaded.rounds = calloc(1, sizeof(*loaded.rounds));
		err = loaded.rounds ? report_json_read(text, len, &loaded.rounds->rec, why)
				    : -ENOMEM;
		if (err)
			free(loaded.rounds);
	}
	if (!err)
		*ret = loaded;
	return err;
}

int load_any(const char *command, const char *path, struct loaded *ret)
{
	auto_str struct str why = { .s = NULL };
	auto_free char *text = NULL;
	size_t len = 0;
	int err, code = load_text(command, path, &text, &len);

	if (code)
		return code;
	err = read_any(text, len, ret, &why);
	return err ? say(command, path, err, why.s) : 0;
}

void loaded_done(struct loaded *loaded)
{
	report_rounds_free(loaded->rounds, loaded->n);
	*loaded = (struct loaded){ .rounds = NULL };
}

static unsigned int add_rounds(const struct round *rounds, unsigned int n, bool is_b,
			       struct comparison_round *ret)
{
	unsigned int added = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (rounds[i].is_b == is_b)
			ret[added++] = (struct comparison_round){
				.rec = &rounds[i].rec,
				.name = is_b ? "a round after" : "a round before",
			};
	}
	return added;
}

unsigned int load_sort_rounds(const struct round *rounds, unsigned int n,
			      struct comparison_round *ret)
{
	unsigned int n_before = add_rounds(rounds, n, false, ret);

	(void)add_rounds(rounds, n, true, ret + n_before);
	return n_before;
}
