/* SPDX-License-Identifier: MIT */
/*
 * What a peer's stamps come to. Whatever they say, a round trip stays what it is: a peer that lies, or is
 * broken, misleads about itself and the directions alone.
 */
#ifndef PROBE_PEER_STAMP_H
#define PROBE_PEER_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/connection.h"

/* The stamped reply to a probe that was received. */
struct stamped_arrival {
	int64_t departure_ns; /* Monotonic, as is the next. */
	int64_t arrival_ns;
	bool is_exact;		    /* The kernel's, and not held up. */
	const unsigned char *frame; /* FRAME_STAMPED_SIZE bytes. */
};

/* Counts what it says, after target_received(). */
void peer_stamp_take(struct connection *connection, const struct stamped_arrival *arrival);

#endif
