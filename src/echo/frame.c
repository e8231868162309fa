/* SPDX-License-Identifier: MIT */
#include "echo/frame.h"

/* Byte by byte, in a shape that compilers turn into one move where the machine is little-endian. */
static void put_u64(unsigned char *bytes, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get_u64(const unsigned char *bytes)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < 8; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

void frame_encode(const struct frame *frame, unsigned char bytes[FRAME_SIZE])
{
	put_u64(bytes, frame->seq);
	put_u64(bytes + 8, (uint64_t)frame->unix_time_ns);
}

void frame_decode(const unsigned char bytes[FRAME_SIZE], struct frame *frame)
{
	frame->seq = get_u64(bytes);
	frame->unix_time_ns = (int64_t)get_u64(bytes + 8);
}
