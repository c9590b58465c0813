/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hdr: the encoder. All numbers big-endian; counts as ZigZag LEB128 of at most nine bytes, runs of
 * zeros as one negative number. No reader: others have several.
 */
#include "report/hdr.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "model/hist.h"

#define COOKIE_V2	     0x1c849313u /* V2, with the bits that say "no fixed word size" */
#define COOKIE_V2_COMPRESSED 0x1c849314u
#define VALUE_BITS_MAX	     62 /* the values are signed there */

static int add_be(struct str *to, uint64_t value, unsigned int bytes)
{
	char text[8];

	for (unsigned int i = 0; i < bytes; i++)
		text[i] = (char)(value >> (8 * (bytes - 1 - i)));
	return str_addn(to, text, bytes);
}

/* The ninth byte carries eight bits: no value needs a tenth. */
static int add_zigzag(struct str *to, int64_t value)
{
	uint64_t rest = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
	char text[9];
	size_t n = 0;

	while (n < 8 && rest >= 0x80) {
		text[n++] = (char)(rest | 0x80);
		rest >>= 7;
	}
	text[n++] = (char)rest;
	return str_addn(to, text, n);
}

/* Bits of the smallest power of two that resolves 2 * 10^digits: 32 and 256. */
static unsigned int sub_bits(unsigned int digits)
{
	return digits == 1 ? 5 : 8;
}

static unsigned int bit_length(uint64_t value)
{
	return value ? 64 - (unsigned int)__builtin_clzll(value) : 0;
}

uint64_t hdr_index(unsigned int digits, uint64_t value)
{
	unsigned int bits = sub_bits(digits), length = bit_length(value);
	unsigned int shift = length > bits ? length - bits : 0;

	return ((uint64_t)shift << (bits - 1)) + (value >> shift);
}

static uint64_t overflow_from(const struct hist *hist)
{
	uint64_t low, high;

	hist_range(hist->digits, hist_slots(hist->digits), &low, &high);
	return low;
}

/* What the overflow bin stands for. */
static uint64_t overflow_value(const struct hist *hist)
{
	return min(max(hist->max, overflow_from(hist)), ((uint64_t)1 << VALUE_BITS_MAX) - 1);
}

static int add_counts(struct str *to, const struct hist *hist)
{
	unsigned int slots = hist_slots(hist->digits);
	int64_t zeros = 0;
	int err = 0;

	for (unsigned int i = 0; i <= slots && !err; i++) {
		if (!hist->counts[i]) {
			zeros++;
			continue;
		}
		if (i == slots)
			zeros += (int64_t)(hdr_index(hist->digits, overflow_value(hist)) - slots);
		if (zeros)
			err = add_zigzag(to, -zeros);
		zeros = 0;
		err = err ?: add_zigzag(to, (int64_t)min(hist->counts[i], (uint64_t)INT64_MAX));
	}
	return err;
}

static int add_payload(struct str *to, const struct hist *hist)
{
	auto_str struct str counts = { .s = NULL };
	unsigned int bits = bit_length(overflow_from(hist)) - 1;
	uint64_t one = 0x3ff0000000000000ULL; /* 1.0: the ratio of integer to double values */
	int err = add_counts(&counts, hist);

	if (hist->counts[hist_slots(hist->digits)])
		bits = bit_length(overflow_value(hist));
	err = err ?: add_be(to, COOKIE_V2, 4);
	err = err ?: add_be(to, counts.len, 4);
	err = err ?: add_be(to, 0, 4);
	err = err ?: add_be(to, hist->digits, 4);
	err = err ?: add_be(to, 1, 8);
	err = err ?: add_be(to, ((uint64_t)1 << bits) - 1, 8);
	err = err ?: add_be(to, one, 8);
	return err || !counts.len ? err : str_addn(to, counts.s, counts.len);
}

static int add_base64(struct str *to, const unsigned char *data, size_t len)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	int err = 0;

	for (size_t i = 0; i < len && !err; i += 3) {
		size_t n = min(len - i, (size_t)3);
		uint32_t bits = (uint32_t)data[i] << 16 | (n > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
				(n > 2 ? data[i + 2] : 0);
		char four[4] = { letters[bits >> 18], letters[bits >> 12 & 63], '=', '=' };

		if (n > 1)
			four[2] = letters[bits >> 6 & 63];
		if (n > 2)
			four[3] = letters[bits & 63];
		err = str_addn(to, four, sizeof(four));
	}
	return err;
}

int hdr_add_base64(const struct hist *hist, struct str *to)
{
	auto_str struct str payload = { .s = NULL };
	auto_str struct str packed = { .s = NULL };
	auto_free unsigned char *deflated = NULL;
	uLongf len;
	int err = add_payload(&payload, hist);

	if (err)
		return err;
	len = compressBound(payload.len);
	deflated = malloc(len);
	if (!deflated ||
	    compress2(deflated, &len, (const Bytef *)payload.s, payload.len, 1) != Z_OK)
		return -ENOMEM;
	err = add_be(&packed, COOKIE_V2_COMPRESSED, 4);
	err = err ?: add_be(&packed, len, 4);
	err = err ?: str_addn(&packed, (const char *)deflated, len);
	return err ?: add_base64(to, (const unsigned char *)packed.s, packed.len);
}
