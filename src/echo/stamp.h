/* SPDX-License-Identifier: MIT */
/*
 * What an echo server says of itself in frames of 48 bytes, and how that is agreed upon: the hello, and its
 * acceptance. docs/wire.md has the protocol. Pure.
 */
#ifndef ECHO_STAMP_H
#define ECHO_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echo/frame.h"

/* The first bytes of a connection, and what they become where they are accepted. */
#define HELLO_SIZE FRAME_SIZE
#define STAMP_VERSION 1

/* The least that tells the type of a frame on a connection whose hello was accepted. */
#define FRAME_TYPE_SIZE 8

enum frame_type {
	FRAME_TYPE_PLAIN,
	FRAME_TYPE_STAMPED,
	FRAME_TYPES,
};

/* The top byte of the sequence number; FRAME_TYPES or more: none. bytes: FRAME_TYPE_SIZE. */
static inline unsigned frame_type(const unsigned char *bytes)
{
	return bytes[FRAME_TYPE_SIZE - 1];
}

static inline size_t frame_type_length(unsigned type)
{
	return type == FRAME_TYPE_STAMPED ? FRAME_STAMPED_SIZE : FRAME_SIZE;
}

/* Give a frame that was encoded a type other than FRAME_TYPE_PLAIN, and decode one of either. */
void frame_set_type(unsigned char *bytes, enum frame_type type);
void frame_decode_typed(const unsigned char *bytes, struct frame *frame);

/* bytes: HELLO_SIZE. nonce: any number that the peer cannot guess. */
void hello_encode(uint64_t nonce, unsigned char *bytes);

/* Whether a connection begins with a hello. bytes: the first 8. */
bool hello_is_one(const unsigned char *bytes);

/* Makes a hello its acceptance, in place. */
void hello_accept(unsigned char *bytes);

/* Whether HELLO_SIZE bytes are the acceptance of the hello of that nonce, or that hello unchanged. */
bool hello_is_accepted(uint64_t nonce, const unsigned char *bytes);
bool hello_is_returned(uint64_t nonce, const unsigned char *bytes);

enum stamp_flag {
	STAMP_SYNCHRONISED = 1, /* The server's clock is, as far as its system knows. */
	STAMP_ESTIMATED = 2,	/* The time of receipt is not the kernel's. */
	STAMP_HELD_UP = 4,	/* The frame had to wait for one that was lost on its way. */
};

struct stamp {
	int64_t received_unix_ns; /* When the frame's last byte could be read, by the server's clock. */
	uint32_t residence_ns; /* From then until its reply left; UINT32_MAX: that or more. */
	uint16_t flags;	       /* Of enum stamp_flag. */
	uint16_t version;      /* STAMP_VERSION; 0: no stamp. */
	uint32_t retransmits;  /* Segments that the server's kernel sent again, so far. */
	uint32_t min_rtt_us;   /* As the server's kernel measured it; 0 if unknown. */
	uint32_t max_error_us; /* Of the server's clock; UINT32_MAX if unknown. */
	uint8_t ttl;	       /* Of the SYN that arrived; 0: nothing is known of it. */
	uint8_t dscp;
	uint16_t mss; /* In bytes; 0 if it had none. */
};

/* Write and read the fields of a frame of FRAME_STAMPED_SIZE bytes, of which they leave the first 16 alone. */
void stamp_encode(const struct stamp *stamp, unsigned char *frame);
void stamp_decode(const unsigned char *frame, struct stamp *stamp);

#endif
