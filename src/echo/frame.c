/* SPDX-License-Identifier: MIT */
#include "echo/frame.h"

#include "base/le64.h"

void frame_encode(const struct frame *frame, unsigned char bytes[FRAME_SIZE])
{
	le64_put(bytes, frame->seq);
	le64_put(bytes + 8, (uint64_t)frame->unix_time_ns);
}

void frame_decode(const unsigned char bytes[FRAME_SIZE], struct frame *frame)
{
	frame->seq = le64_get(bytes);
	frame->unix_time_ns = (int64_t)le64_get(bytes + 8);
}
