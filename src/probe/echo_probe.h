/* SPDX-License-Identifier: MIT */
/* Probing by echo: frames go out over one persistent connection, and come back unchanged. */
#ifndef PROBE_ECHO_PROBE_H
#define PROBE_ECHO_PROBE_H

#include <stdint.h>

#include "echo/frame.h"
#include "probe/flight.h"
#include "probe/link.h"

/* Private. Stored by the caller, who uses its link. */
struct echo_probe {
	struct link link;
	struct flight flight;

	/* Of this connection. */
	int64_t tcp_info_due_ns; /* When the kernel is asked about it again. */
	uint32_t out_of_order;	 /* As of the last replies that were held up. */
	int64_t least_rtt_ns;	 /* See arrivals_find(). */
	uint8_t reply_length;	 /* Bytes of an unfinished reply. */
	uint8_t frame_length;	 /* Bytes of a frame that the send buffer had no room for. */
	unsigned char reply[FRAME_SIZE];
	unsigned char frame[FRAME_SIZE];
};

extern const struct probe_operations echo_probe_operations;

#endif
