/* SPDX-License-Identifier: MIT */
/*
 * The echo server's protocol on one connection, without I/O: which bytes may be returned, and which of them
 * are frames to be stamped.
 */
#ifndef ECHO_ECHO_STREAM_H
#define ECHO_ECHO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echo/frame.h"
#include "echo/stamp.h"

/* The most bytes that are taken at once. */
#define ECHO_TAKE_MAX 4096

/* What the peer speaks. */
enum echo_dialect {
	ECHO_DIALECT_UNKNOWN, /* Too little has arrived to tell. */
	ECHO_DIALECT_PLAIN,
	ECHO_DIALECT_WITH_MAGIC,
	ECHO_DIALECT_HELLO, /* It begins with a hello, not all of which has arrived. */
	ECHO_DIALECT_STAMPED,
};

/* All zero is a new stream. Stored by the caller. */
struct echo_stream {
	enum echo_dialect dialect;
	unsigned char held; /* How many bytes of an unfinished frame are in partial. */
	unsigned char partial[FRAME_SIZE_MAX];
};

/* What the bytes of one reading are. */
struct echo_batch {
	size_t whole;	 /* How many of the first bytes are whole frames, to be sent back. */
	uint64_t frames; /* How many those are, without a hello. */
	size_t stamps;	 /* How many of them are to be stamped, and where those begin. */
	uint16_t stamped[ECHO_TAKE_MAX / FRAME_STAMPED_SIZE];
};

/*
 * Copies the held bytes to the start of buffer (at least FRAME_SIZE_MAX bytes), and returns how many
 * there are, fewer than FRAME_SIZE_MAX. The caller receives new bytes behind them.
 */
size_t echo_stream_resume(const struct echo_stream *stream, unsigned char *buffer);

/*
 * Takes length bytes in buffer, ECHO_TAKE_MAX at most, beginning with those from echo_stream_resume(). A
 * hello becomes its acceptance there if gives_stamps; all else is left as it is. *batch is overwritten;
 * what is not whole is held. Returns 0; or -EPROTO if a 24-byte frame has a bad magic, or a frame after an
 * accepted hello a bad type: *batch is about the frames before it, and the connection should then be closed.
 */
int echo_stream_take(struct echo_stream *stream, bool gives_stamps, unsigned char *buffer,
	size_t length, struct echo_batch *batch);

#endif
