/* SPDX-License-Identifier: MIT */
#include "probe/payload.h"

size_t payload_frames(enum frame_format format, uint32_t size)
{
	size_t frames = size / frame_size(format);
	return frames > 0 ? frames : 1;
}

size_t payload_write(
	enum frame_format format, const struct frame *frame, size_t frames, unsigned char *bytes)
{
	static const struct frame padding = {0};
	size_t length = frame_size(format);
	for (size_t i = 0; i + 1 < frames; i++)
		frame_encode(format, &padding, bytes + i * length);
	frame_encode(format, frame, bytes + (frames - 1) * length);
	return frames * length;
}
