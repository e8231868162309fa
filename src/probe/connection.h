/* SPDX-License-Identifier: MIT */
/* A connection that a target's probes go over. */
#ifndef PROBE_CONNECTION_H
#define PROBE_CONNECTION_H

#include <event2/event_struct.h>
#include <event2/util.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "echo/frame.h"
#include "probe/one_way.h"
#include "probe/payload.h"
#include "probe/reply_reader.h"

struct link;

/* Made and freed by its link. */
struct connection {
	struct link *link;
	evutil_socket_t fd;
	struct event event;
	union address peer;
	bool has_replied;     /* It has carried a reply. */
	uint32_t retransmits; /* As last read. */

	/* The echo probe's. */
	uint64_t first_seq; /* Of the probes that went over it. */
	uint64_t end_seq;   /* That of the first that does not; UINT64_MAX while it is in use. */
	int64_t until_ns;   /* Out of use: when it is closed at the latest. */
	int64_t heard_ns;   /* When the last reply was read. */
	int64_t tcp_info_due_ns; /* When the kernel is asked about it again. */
	uint32_t out_of_order;	 /* As of the last replies that were held up. */
	int64_t least_rtt_ns;	 /* See arrivals_find(). */
	struct reply_reader reader;
	bool had_hello;	      /* It began with one, */
	uint8_t greetings;    /* and that was answered this many times, 2 at most. */
	bool has_bytes;	      /* Something has come back. */
	uint64_t padding;     /* Padding frames that have not come back. */
	uint32_t rest;	      /* Bytes of the last probe that the send buffer had no room for. */
	uint8_t reply_length; /* Bytes of an unfinished frame. */
	unsigned char reply[FRAME_SIZE_MAX];
	bool tells_departures;	    /* Some of the probes are timed on their way out. */
	int64_t timed_departure_ns; /* Of the last of them; 0 once it is known. */
	struct payload last;	    /* The last probe. */
	struct one_way *one_way;    /* Owned; NULL unless the peer stamps. */
	uint32_t peer_retransmits;  /* As the peer said last. */
	bool is_seen;		    /* What the peer saw of the SYN is known. */
};

#endif
