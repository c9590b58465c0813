/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/limit_name.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "model/gate.h"

/* "p99.9": 999,000 of a million without zeros at its end. */
static void quantile_name(uint32_t quantile, char *buf, size_t cap)
{
	uint32_t whole = quantile / 10000, rest = quantile % 10000;
	unsigned int digits = 4;

	if (!rest) {
		(void)snprintf(buf, cap, "p%" PRIu32, whole);
		return;
	}
	for (; !(rest % 10); digits--)
		rest /= 10;
	(void)snprintf(buf, cap, "p%" PRIu32 ".%0*" PRIu32, whole, (int)digits, rest);
}

const char *limit_name(const struct gate_limit *limit, char *buf, size_t cap)
{
	switch (limit->kind) {
	case GATE_TAKEN:
		(void)snprintf(buf, cap, "taken");
		break;
	case GATE_LONGEST:
		(void)snprintf(buf, cap, "max");
		break;
	case GATE_QUANTILE:
		quantile_name(limit->quantile, buf, cap);
		break;
	case GATE_STALLS:
		(void)snprintf(buf, cap, "stalls");
		break;
	case GATE_ROW:
		(void)snprintf(buf, cap, "%s", limit->row);
		break;
	}
	return buf;
}
