/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a probe: its frame, behind as many padding frames as its size asks for, so that its reply is
 * whole when the last byte is back. A padding frame is all zero but for a magic. The first probe of a
 * connection may have a hello before it. Pure.
 */
#ifndef PROBE_PAYLOAD_H
#define PROBE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echo/frame.h"
#include "echo/stamp.h"

struct payload {
	struct frame frame;
	enum frame_format format;
	bool is_stamped;  /* The frame has room for a stamp; of FRAME_FORMAT_PLAIN alone. */
	bool has_hello;	  /* Likewise. */
	uint32_t padding; /* Padding frames before it. */
	uint64_t nonce;	  /* The hello's. */
};

/* The longest payload for a size of that or less. */
#define PAYLOAD_SIZE_MAX(size) (HELLO_SIZE + (size))

/* How many padding frames fit into a size in bytes, beside the frame; 0 for a size of 0. */
uint32_t payload_padding(enum frame_format format, bool is_stamped, uint32_t size);

/* Writes it; returns how many bytes it has. */
size_t payload_write(const struct payload *payload, unsigned char *bytes);

/* Whether a frame is padding. Those of probes are numbered from 1. */
static inline bool payload_is_padding(const struct frame *frame)
{
	return frame->seq == 0 && frame->unix_time_ns == 0;
}

#endif
