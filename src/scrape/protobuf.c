/* SPDX-License-Identifier: MIT */
#include "scrape/protobuf.h"

#include <string.h>

#include "base/le64.h"

/* How a field's value is encoded. */
enum wire_type { WIRE_VARINT = 0, WIRE_FIXED_64 = 1, WIRE_LENGTH = 2 };

static char *put_tag(char *end, unsigned field, enum wire_type type)
{
	*end = (char)(field << 3 | type);
	return end + PROTOBUF_TAG_SIZE;
}

size_t protobuf_varint_size(uint64_t number)
{
	size_t size = 1;
	for (; number >= 0x80; number >>= 7)
		size++;
	return size;
}

char *protobuf_put_varint(char *end, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		*end++ = (char)(number | 0x80);
	*end++ = (char)number;
	return end;
}

uint64_t protobuf_zigzag(int64_t number)
{
	uint64_t doubled = (uint64_t)number << 1;
	return number < 0 ? ~doubled : doubled;
}

char *protobuf_put_number(char *end, unsigned field, uint64_t number)
{
	return protobuf_put_varint(put_tag(end, field, WIRE_VARINT), number);
}

char *protobuf_put_double(char *end, unsigned field, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof(bits));
	end = put_tag(end, field, WIRE_FIXED_64);
	le64_put((unsigned char *)end, bits);
	return end + sizeof(bits);
}

char *protobuf_put_head(char *end, unsigned field, size_t length)
{
	return protobuf_put_varint(put_tag(end, field, WIRE_LENGTH), length);
}

char *protobuf_put_text(char *end, unsigned field, const char *text)
{
	size_t length = strlen(text);
	end = protobuf_put_head(end, field, length);
	/* Without its NUL. NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(end, text, length);
	return end + length;
}
