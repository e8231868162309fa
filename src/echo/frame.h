/* SPDX-License-Identifier: MIT */
/*
 * The 16-byte frame: sequence number, 64-bit little-endian, from 1; Unix time in nanoseconds,
 * 64-bit little-endian signed. The 24-byte frame puts 8 bytes of magic before the same.
 */
#ifndef ECHO_FRAME_H
#define ECHO_FRAME_H

#include <stdint.h>

#define FRAME_SIZE 16
#define FRAME_MAGIC_SIZE 8
/* With the literal's own NUL it is one byte longer. */
#define FRAME_MAGIC "TCPPING\0"
#define FRAME_WITH_MAGIC_SIZE (FRAME_MAGIC_SIZE + FRAME_SIZE)

/* Any value of either field is a frame. */
struct frame {
	uint64_t seq;	      /* From 1. */
	int64_t unix_time_ns; /* When it was sent, since 1970-01-01 00:00 UTC. */
};

/* Both convert between a frame and its FRAME_SIZE bytes, which may lie anywhere; neither fails. */
void frame_encode(const struct frame *frame, unsigned char bytes[FRAME_SIZE]);
void frame_decode(const unsigned char bytes[FRAME_SIZE], struct frame *frame);

#endif
