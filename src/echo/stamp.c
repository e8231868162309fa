/* SPDX-License-Identifier: MIT */
#include "echo/stamp.h"

#include "base/le64.h"

/* "TCPSTMP\1" and "TCPSTMP!", as le64_get() reads them. */
#define HELLO UINT64_C(0x01504d5453504354)
#define ACCEPTANCE UINT64_C(0x21504d5453504354)

void frame_set_type(unsigned char *bytes, enum frame_type type)
{
	bytes[FRAME_TYPE_SIZE - 1] = (unsigned char)type;
}

void frame_decode_typed(const unsigned char *bytes, struct frame *frame)
{
	frame_decode(FRAME_FORMAT_PLAIN, bytes, frame);
	frame->seq &= UINT64_MAX >> 8;
}

void hello_encode(uint64_t nonce, unsigned char *bytes)
{
	le64_put(bytes, HELLO);
	le64_put(bytes + 8, nonce);
}

bool hello_is_one(const unsigned char *bytes)
{
	return le64_get(bytes) == HELLO;
}

void hello_accept(unsigned char *bytes)
{
	le64_put(bytes, ACCEPTANCE);
}

bool hello_is_accepted(uint64_t nonce, const unsigned char *bytes)
{
	return le64_get(bytes) == ACCEPTANCE && le64_get(bytes + 8) == nonce;
}

bool hello_is_returned(uint64_t nonce, const unsigned char *bytes)
{
	return le64_get(bytes) == HELLO && le64_get(bytes + 8) == nonce;
}

void stamp_encode(const struct stamp *stamp, unsigned char *frame)
{
	le64_put(frame + 16, (uint64_t)stamp->received_unix_ns);
	le64_put(frame + 24, (uint64_t)stamp->version << 48 | (uint64_t)stamp->flags << 32 |
				     stamp->residence_ns);
	le64_put(frame + 32, (uint64_t)stamp->min_rtt_us << 32 | stamp->retransmits);
	le64_put(frame + 40, (uint64_t)stamp->mss << 48 | (uint64_t)stamp->dscp << 40 |
				     (uint64_t)stamp->ttl << 32 | stamp->max_error_us);
}

void stamp_decode(const unsigned char *frame, struct stamp *stamp)
{
	uint64_t residence = le64_get(frame + 24);
	uint64_t tcp = le64_get(frame + 32);
	uint64_t path = le64_get(frame + 40);
	*stamp = (struct stamp){
		.received_unix_ns = (int64_t)le64_get(frame + 16),
		.residence_ns = (uint32_t)residence,
		.flags = (uint16_t)(residence >> 32),
		.version = (uint16_t)(residence >> 48),
		.retransmits = (uint32_t)tcp,
		.min_rtt_us = (uint32_t)(tcp >> 32),
		.max_error_us = (uint32_t)path,
		.ttl = (uint8_t)(path >> 32),
		.dscp = (uint8_t)(path >> 40),
		.mss = (uint16_t)(path >> 48),
	};
}
