/* SPDX-License-Identifier: MIT */
#include "echo/frame.h"

#include "base/le64.h"

/* FRAME_MAGIC, as le64_get() reads it. */
#define MAGIC UINT64_C(0x00474e4950504354)

size_t frame_size(enum frame_format format)
{
	return format == FRAME_FORMAT_WITH_MAGIC ? FRAME_WITH_MAGIC_SIZE : FRAME_SIZE;
}

int64_t frame_time_ns(const unsigned char *bytes)
{
	return (int64_t)le64_get(bytes + 8);
}

bool frame_has_magic(const unsigned char *bytes)
{
	return le64_get(bytes) == MAGIC;
}

void frame_encode(enum frame_format format, const struct frame *frame, unsigned char *bytes)
{
	if (format == FRAME_FORMAT_WITH_MAGIC) {
		le64_put(bytes, MAGIC);
		bytes += FRAME_MAGIC_SIZE;
	}
	le64_put(bytes, frame->seq);
	le64_put(bytes + 8, (uint64_t)frame->unix_time_ns);
}

bool frame_decode(enum frame_format format, const unsigned char *bytes, struct frame *frame)
{
	if (format == FRAME_FORMAT_WITH_MAGIC) {
		if (!frame_has_magic(bytes))
			return false;
		bytes += FRAME_MAGIC_SIZE;
	}
	frame->seq = le64_get(bytes);
	frame->unix_time_ns = frame_time_ns(bytes);
	return true;
}
