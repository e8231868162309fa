/* SPDX-License-Identifier: MIT */
#include "probe/payload.h"

#include <string.h>

static size_t own_size(enum frame_format format, bool is_stamped)
{
	return is_stamped ? FRAME_STAMPED_SIZE : frame_size(format);
}

uint32_t payload_padding(enum frame_format format, bool is_stamped, uint32_t size)
{
	size_t own = own_size(format, is_stamped);
	return size > own ? (uint32_t)((size - own) / frame_size(format)) : 0;
}

size_t payload_write(const struct payload *payload, unsigned char *bytes)
{
	static const struct frame padding = {0};
	unsigned char *end = bytes;
	if (payload->has_hello) {
		hello_encode(payload->nonce, end);
		end += HELLO_SIZE;
	}
	for (uint32_t i = 0; i < payload->padding; i++) {
		frame_encode(payload->format, &padding, end);
		end += frame_size(payload->format);
	}
	size_t own = own_size(payload->format, payload->is_stamped);
	if (payload->is_stamped)
		memset(end, 0, own);
	frame_encode(payload->format, &payload->frame, end);
	if (payload->is_stamped)
		frame_set_type(end, FRAME_TYPE_STAMPED);
	return (size_t)(end + own - bytes);
}
