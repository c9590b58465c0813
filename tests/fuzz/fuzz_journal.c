/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_journal: what is taken for a journal is printed as the same bytes. The checksum is put right
 * first, else nothing would ever get past it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "isolate/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_str struct str text = { 0 }, again = { 0 };
	struct journal journal = { .seq = 0 };
	uint32_t crc = ~0U;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
	}
	if (str_addn(&text, (const char *)data, size) || str_addf(&text, "end %08x\n", ~crc))
		return 0;
	if (journal_parse(text.s, text.len, &journal))
		return 0;
	if (journal_format(&journal, &again) || again.len != text.len ||
	    memcmp(again.s, text.s, text.len) != 0)
		abort();
	journal_done(&journal);
	return 0;
}
