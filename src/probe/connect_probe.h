/* SPDX-License-Identifier: MIT */
/*
 * Probing by connecting: each probe opens a TCP connection and closes it, and its RTT is the
 * handshake's, as the kernel timed it. For targets that run no echo server.
 *
 * A refusal is a reply as well, as it comes from the host. A handshake that is not done within the
 * timeout is left alone for another TARGET_GRACE_NS: long enough to tell a SYN that was lost, and
 * sent again after a second, from a host that does not answer.
 */
#ifndef PROBE_CONNECT_PROBE_H
#define PROBE_CONNECT_PROBE_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "probe/link.h"

/* Private. A handshake that is under way. */
struct handshake {
	struct connect_probe *probe;
	struct event event;
	union address address; /* The one dialled. */
	int64_t departure_ns;
	evutil_socket_t fd; /* -1 once it is over. */
	bool is_settled;    /* Timed out: an answer is late. */
};

/* Private. Stored by the caller, who uses its link. */
struct connect_probe {
	struct link link;
	struct handshake *handshakes; /* Owned; a ring. */
	uint32_t mask;		      /* Ring size, a power of two, less one. */
	uint64_t first;		      /* All before this one are over. */
	uint64_t next;
	int64_t answered_ns; /* Departure of the latest that made a connection. */
};

extern const struct probe_operations connect_probe_operations;

#endif
