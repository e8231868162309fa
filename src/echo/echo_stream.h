/* SPDX-License-Identifier: MIT */
/* The echo server's protocol on one connection, without I/O: which bytes may be returned. */
#ifndef ECHO_ECHO_STREAM_H
#define ECHO_ECHO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echo/frame.h"

/* All zero is a new stream. Stored by the caller. */
struct echo_stream {
	enum frame_format format; /* Of the peer's frames, once it is known. */
	bool is_known;		  /* Enough has arrived to tell. */
	unsigned char held;	  /* How many bytes of an unfinished frame are in partial. */
	unsigned char partial[FRAME_SIZE_MAX];
};

/*
 * Copies the held bytes to the start of buffer (at least FRAME_SIZE_MAX bytes), and returns
 * how many there are, fewer than FRAME_SIZE_MAX. The caller receives new bytes behind them.
 */
size_t echo_stream_resume(const struct echo_stream *stream, unsigned char *buffer);

/*
 * Takes length bytes in buffer, beginning with those from echo_stream_resume(). Returns 0 with
 * *whole, how many of the first bytes are whole frames, to be sent back unchanged, and *frames, how
 * many frames those are; the rest is held. Returns -EPROTO if a 24-byte frame has a bad magic:
 * *whole and *frames are about the frames before it, and the connection should then be closed.
 */
int echo_stream_take(struct echo_stream *stream, const unsigned char *buffer, size_t length,
	size_t *whole, uint64_t *frames);

#endif
