/* SPDX-License-Identifier: MIT */
/* What comes back over a connection: where each frame of it ends, and what it is. Pure. */
#ifndef PROBE_REPLY_READER_H
#define PROBE_REPLY_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echo/frame.h"
#include "echo/stamp.h"

/* What became of a connection's hello. */
enum hello_state {
	HELLO_NONE,	/* There is none. */
	HELLO_SENT,	/* Its answer is to come. */
	HELLO_RETURNED, /* The peer does not know what it means. */
	HELLO_ACCEPTED, /* Frames have types, and those of probes are stamped. */
};

/* Stored by the caller. */
struct reply_reader {
	enum frame_format format;
	enum hello_state hello;
	uint64_t nonce; /* Of the hello. */
};

enum reply_kind {
	REPLY_INCOMPLETE, /* There is more to come. */
	REPLY_OF_HELLO,	  /* Its answer, perhaps once more. */
	REPLY_FRAME,
	REPLY_STAMPED, /* A frame with a stamp behind it. */
	REPLY_INVALID, /* Nothing that an echo server may have sent. */
};

/*
 * Takes the frame that length bytes begin with. Returns what it is; *size is set to its length in bytes,
 * except with REPLY_INCOMPLETE and REPLY_INVALID, and *frame with REPLY_FRAME and REPLY_STAMPED.
 */
enum reply_kind reply_read(struct reply_reader *reader, const unsigned char *bytes, size_t length,
	struct frame *frame, size_t *size);

#endif
