/* SPDX-License-Identifier: MIT */
/* The echo server's side of the protocol for one connection, without I/O: which bytes may go back.
 */
#ifndef ECHO_ECHO_STREAM_H
#define ECHO_ECHO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echo/frame.h"

/* All zero is a new stream. Stored by the caller. */
struct echo_stream {
	bool with_magic;    /* The stream speaks 24-byte frames. */
	bool is_known;	    /* Enough came to tell which frames it speaks. */
	unsigned char held; /* How many bytes of an unfinished frame wait in partial. */
	unsigned char partial[FRAME_WITH_MAGIC_SIZE];
};

/*
 * Makes room for the unfinished frame: a caller who wants to receive at `space` puts new bytes
 * behind the held ones. Copies the held bytes to the start of buffer (at least
 * FRAME_WITH_MAGIC_SIZE bytes) and returns how many there are; the new bytes are to follow them.
 */
size_t echo_stream_resume(const struct echo_stream *stream, unsigned char *buffer);

/*
 * Takes buffer, which starts with the bytes that echo_stream_resume() put there. Returns 0 with
 * *whole, how many of its first bytes are whole frames to be sent back as they are, and *frames,
 * how many frames those are; the rest is held. Returns -EPROTO when a 24-byte frame has a bad
 * magic: *whole and *frames tell of the frames before it, and the connection is to be closed.
 */
int echo_stream_take(struct echo_stream *stream, const unsigned char *buffer, size_t length,
	size_t *whole, uint64_t *frames);

#endif
