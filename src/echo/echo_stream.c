/* SPDX-License-Identifier: MIT */
#include "echo/echo_stream.h"

#include <errno.h>
#include <string.h>

size_t echo_stream_resume(const struct echo_stream *stream, unsigned char *buffer)
{
	memcpy(buffer, stream->partial, stream->held);
	return stream->held;
}

/* How many frames, counted from the first, have the magic. length: of whole frames. */
static size_t count_good_frames(const unsigned char *buffer, size_t length)
{
	size_t frames = 0;
	for (size_t at = 0; at < length; at += FRAME_WITH_MAGIC_SIZE) {
		if (!frame_has_magic(buffer + at))
			break;
		frames++;
	}
	return frames;
}

int echo_stream_take(struct echo_stream *stream, const unsigned char *buffer, size_t length,
	size_t *whole, uint64_t *frames)
{
	*whole = 0;
	*frames = 0;
	if (!stream->is_known && length >= FRAME_MAGIC_SIZE) {
		stream->is_known = true;
		stream->format =
			frame_has_magic(buffer) ? FRAME_FORMAT_WITH_MAGIC : FRAME_FORMAT_PLAIN;
	}
	if (stream->is_known) {
		size_t size = frame_size(stream->format);
		*whole = length - length % size;
		*frames = *whole / size;
		if (stream->format == FRAME_FORMAT_WITH_MAGIC) {
			size_t good = count_good_frames(buffer, *whole);
			if (good < *frames) {
				*frames = good;
				*whole = good * size;
				return -EPROTO;
			}
		}
	}
	stream->held = (unsigned char)(length - *whole);
	memcpy(stream->partial, buffer + *whole, stream->held);
	/* A bad magic can be told as soon as its eight bytes are there. */
	if (stream->format == FRAME_FORMAT_WITH_MAGIC && stream->held >= FRAME_MAGIC_SIZE &&
		!frame_has_magic(stream->partial))
		return -EPROTO;
	return 0;
}
