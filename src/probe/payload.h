/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a probe: its frame, behind as many padding frames as its size asks for, so that its reply is
 * whole when the last byte is back. A padding frame is all zero but for a magic. Pure.
 */
#ifndef PROBE_PAYLOAD_H
#define PROBE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echo/frame.h"

/* How many frames fit into a size in bytes, the probe's own among them; 1 for a size of 0. */
size_t payload_frames(enum frame_format format, uint32_t size);

/* Writes so many frames. bytes: frame_size() for each. Returns how many bytes that is. */
size_t payload_write(
	enum frame_format format, const struct frame *frame, size_t frames, unsigned char *bytes);

/* Whether a frame is padding. Those of probes are numbered from 1. */
static inline bool payload_is_padding(const struct frame *frame)
{
	return frame->seq == 0 && frame->unix_time_ns == 0;
}

#endif
