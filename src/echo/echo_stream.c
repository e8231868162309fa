/* SPDX-License-Identifier: MIT */
#include "echo/echo_stream.h"

#include <errno.h>
#include <string.h>

size_t echo_stream_resume(const struct echo_stream *stream, unsigned char *buffer)
{
	memcpy(buffer, stream->partial, stream->held);
	return stream->held;
}

/* Of a connection that begins with these 8 bytes. */
static enum echo_dialect dialect_of(const unsigned char *bytes, bool gives_stamps)
{
	if (frame_has_magic(bytes))
		return ECHO_DIALECT_WITH_MAGIC;
	return gives_stamps && hello_is_one(bytes) ? ECHO_DIALECT_HELLO : ECHO_DIALECT_PLAIN;
}

/* Takes frames with magic. Returns false if one has another. */
static bool take_magic_frames(const unsigned char *buffer, size_t length, struct echo_batch *batch)
{
	while (length - batch->whole >= FRAME_MAGIC_SIZE) {
		if (!frame_has_magic(buffer + batch->whole))
			return false;
		if (length - batch->whole < FRAME_WITH_MAGIC_SIZE)
			break;
		batch->whole += FRAME_WITH_MAGIC_SIZE;
		batch->frames++;
	}
	return true;
}

/* Takes frames of either type. Returns false if one has another. */
static bool take_typed_frames(const unsigned char *buffer, size_t length, struct echo_batch *batch)
{
	while (length - batch->whole >= FRAME_TYPE_SIZE) {
		unsigned type = frame_type(buffer + batch->whole);
		if (type >= FRAME_TYPES)
			return false;
		if (length - batch->whole < frame_type_length(type))
			break;
		if (type == FRAME_TYPE_STAMPED)
			batch->stamped[batch->stamps++] = (uint16_t)batch->whole;
		batch->whole += frame_type_length(type);
		batch->frames++;
	}
	return true;
}

/* Returns false on a bad frame. */
static bool take_frames(
	struct echo_stream *stream, unsigned char *buffer, size_t length, struct echo_batch *batch)
{
	switch (stream->dialect) {
	case ECHO_DIALECT_UNKNOWN:
		return true;
	case ECHO_DIALECT_PLAIN:
		batch->whole = length - length % FRAME_SIZE;
		batch->frames = batch->whole / FRAME_SIZE;
		return true;
	case ECHO_DIALECT_WITH_MAGIC:
		return take_magic_frames(buffer, length, batch);
	case ECHO_DIALECT_HELLO:
		if (length < HELLO_SIZE)
			return true;
		stream->dialect = ECHO_DIALECT_STAMPED;
		hello_accept(buffer);
		batch->whole = HELLO_SIZE;
		return take_typed_frames(buffer, length, batch);
	case ECHO_DIALECT_STAMPED:
		return take_typed_frames(buffer, length, batch);
	}
	__builtin_unreachable();
}

int echo_stream_take(struct echo_stream *stream, bool gives_stamps, unsigned char *buffer,
	size_t length, struct echo_batch *batch)
{
	batch->whole = 0;
	batch->frames = 0;
	batch->stamps = 0;
	if (stream->dialect == ECHO_DIALECT_UNKNOWN && length >= FRAME_MAGIC_SIZE)
		stream->dialect = dialect_of(buffer, gives_stamps);
	if (!take_frames(stream, buffer, length, batch))
		return -EPROTO;
	stream->held = (unsigned char)(length - batch->whole);
	memcpy(stream->partial, buffer + batch->whole, stream->held);
	return 0;
}
