/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "measure/messages.h"

#include <stdarg.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "measure/skel.h"

__attribute__((format(printf, 2, 0))) static int libbpf_log(enum libbpf_print_level level,
							    const char *fmt, va_list args)
{
	auto_free char *text = NULL;
	size_t len;

	(void)level;
	if (!log_is_debug())
		return 0;
	if (vasprintf(&text, fmt, args) < 0) {
		text = NULL;
		return 0;
	}
	len = strlen(text);
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	log_debug("%s", text);
	return 0;
}

void messages_take(void)
{
	(void)libbpf_set_print(libbpf_log);
}
