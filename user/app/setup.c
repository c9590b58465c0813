/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/setup.h"

#include <errno.h>

#include "app/cmd.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/str.h"
#include "measure/capture.h"

/* For the tests, which must be able to fill it. 0: the default. */
static unsigned int test_ring_bytes(void)
{
	const char *text = getenv("LULL_TEST_RING_BYTES");
	uint32_t bytes;

	return text && !parse_u32(text, &bytes) ? bytes : 0;
}

int setup_capture(const char *command, struct capture_config *config, struct capture **ret)
{
	auto_str struct str why = { 0 };
	int err;

	config->ring_bytes = test_ring_bytes();
	err = capture_open(config, ret, &why);
	if (!err)
		return 0;
	log_error("%s: %s", command, why.s ? why.s : strerror(-err));
	return err == -ENOMEM ? EXIT_ERROR : EXIT_REFUSED;
}
