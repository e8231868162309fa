/* SPDX-License-Identifier: MIT */
/*
 * The 16-byte frame: sequence number, 64-bit little-endian, from 1; Unix time in nanoseconds,
 * 64-bit little-endian signed. The 24-byte frame puts 8 bytes of magic before the same.
 */
#ifndef ECHO_FRAME_H
#define ECHO_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_SIZE 16
#define FRAME_MAGIC_SIZE 8
/* With the literal's own NUL it is one byte longer. */
#define FRAME_MAGIC "TCPPING\0"
#define FRAME_WITH_MAGIC_SIZE (FRAME_MAGIC_SIZE + FRAME_SIZE)
/* One that is to be stamped: see echo/stamp.h. */
#define FRAME_STAMPED_SIZE 48
/* The longest of all. */
#define FRAME_SIZE_MAX FRAME_STAMPED_SIZE

/* Any value of either field is a frame. */
struct frame {
	uint64_t seq;	      /* From 1. */
	int64_t unix_time_ns; /* When it was sent, since 1970-01-01 00:00 UTC. */
};

enum frame_format {
	FRAME_FORMAT_PLAIN,
	FRAME_FORMAT_WITH_MAGIC,
};

/* FRAME_SIZE or FRAME_WITH_MAGIC_SIZE. */
size_t frame_size(enum frame_format format);

/* Writes a frame's frame_size() bytes, which may lie anywhere. */
void frame_encode(enum frame_format format, const struct frame *frame, unsigned char *bytes);

/* Reads them. Returns false if the magic is another. */
bool frame_decode(enum frame_format format, const unsigned char *bytes, struct frame *frame);

/* The time in a frame without magic. */
int64_t frame_time_ns(const unsigned char *bytes);

/* Whether FRAME_MAGIC_SIZE bytes are the magic. */
bool frame_has_magic(const unsigned char *bytes);

#endif
