/* SPDX-License-Identifier: MIT */
#include "probe/reply_reader.h"

/* Whether it is what the hello is answered with. Peers that return frames twice, or in another order, do so
 * with a hello, too. */
static bool answers_hello(struct reply_reader *reader, const unsigned char *bytes)
{
	if (reader->hello == HELLO_NONE)
		return false;
	if (hello_is_returned(reader->nonce, bytes)) {
		reader->hello = HELLO_RETURNED;
		return true;
	}
	if (reader->hello == HELLO_SENT && hello_is_accepted(reader->nonce, bytes)) {
		reader->hello = HELLO_ACCEPTED;
		return true;
	}
	return false;
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
	if (reader->hello == HELLO_ACCEPTED)
		return read_typed(bytes, length, frame, size);
	if (length < frame_size(reader->format))
		return REPLY_INCOMPLETE;
	*size = frame_size(reader->format);
	if (answers_hello(reader, bytes))
		return REPLY_OF_HELLO;
	return frame_decode(reader->format, bytes, frame) ? REPLY_FRAME : REPLY_INVALID;
}
