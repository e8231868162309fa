/* SPDX-License-Identifier: MIT */
#include "probe/reply_reader.h"

static enum reply_kind read_hello(
	struct reply_reader *reader, const unsigned char *bytes, size_t length, size_t *size)
{
	if (length < HELLO_SIZE)
		return REPLY_INCOMPLETE;
	*size = HELLO_SIZE;
	if (hello_is_accepted(reader->nonce, bytes))
		reader->hello = HELLO_ACCEPTED;
	else if (hello_is_returned(reader->nonce, bytes))
		reader->hello = HELLO_NONE;
	else
		return REPLY_INVALID;
	return REPLY_OF_HELLO;
}

static enum reply_kind read_typed(
	const unsigned char *bytes, size_t length, struct frame *frame, size_t *size)
{
	if (length < FRAME_TYPE_SIZE)
		return REPLY_INCOMPLETE;
	unsigned type = frame_type(bytes);
	if (type >= FRAME_TYPES)
		return REPLY_INVALID;
	if (length < frame_type_length(type))
		return REPLY_INCOMPLETE;
	*size = frame_type_length(type);
	frame_decode_typed(bytes, frame);
	return type == FRAME_TYPE_STAMPED ? REPLY_STAMPED : REPLY_FRAME;
}

enum reply_kind reply_read(struct reply_reader *reader, const unsigned char *bytes, size_t length,
	struct frame *frame, size_t *size)
{
	switch (reader->hello) {
	case HELLO_SENT:
		return read_hello(reader, bytes, length, size);
	case HELLO_ACCEPTED:
		return read_typed(bytes, length, frame, size);
	case HELLO_NONE:
		break;
	}
	if (length < frame_size(reader->format))
		return REPLY_INCOMPLETE;
	*size = frame_size(reader->format);
	return frame_decode(reader->format, bytes, frame) ? REPLY_FRAME : REPLY_INVALID;
}
