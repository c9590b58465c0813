/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pb: varints, fixed numbers and bytes with their lengths.
 */
#include "report/pb.h"

#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };

static void add(struct pb *pb, const char *data, size_t len)
{
	if (!pb->err && len)
		pb->err = str_addn(&pb->bytes, data, len);
}

static void add_varint(struct pb *pb, uint64_t value)
{
	char text[10];
	size_t n = 0;

	while (value >= 0x80) {
		text[n++] = (char)(value | 0x80);
		value >>= 7;
	}
	text[n++] = (char)value;
	add(pb, text, n);
}

static void add_key(struct pb *pb, unsigned int field, enum wire wire)
{
	add_varint(pb, (uint64_t)field << 3 | (uint64_t)wire);
}

void pb_u64(struct pb *pb, unsigned int field, uint64_t value)
{
	add_key(pb, field, WIRE_VARINT);
	add_varint(pb, value);
}

void pb_fixed64(struct pb *pb, unsigned int field, uint64_t value)
{
	char text[8];

	for (unsigned int i = 0; i < sizeof(text); i++)
		text[i] = (char)(value >> (8 * i));
	add_key(pb, field, WIRE_FIXED64);
	add(pb, text, sizeof(text));
}

void pb_text(struct pb *pb, unsigned int field, const char *text)
{
	add_key(pb, field, WIRE_BYTES);
	add_varint(pb, strlen(text));
	add(pb, text, strlen(text));
}

void pb_message(struct pb *pb, unsigned int field, struct pb *inner)
{
	pb->err = pb->err ?: inner->err;
	add_key(pb, field, WIRE_BYTES);
	add_varint(pb, inner->bytes.len);
	add(pb, inner->bytes.s, inner->bytes.len);
	inner->bytes.len = 0;
	inner->err = 0;
}

int pb_done(struct pb *pb)
{
	int err = pb->err;

	str_done(&pb->bytes);
	pb->err = 0;
	return err;
}
