/* SPDX-License-Identifier: MIT */
/* The life of a target's link, as a pure function, and how long to wait between attempts. */
#ifndef PROBE_LINK_STATE_H
#define PROBE_LINK_STATE_H

#include <stdint.h>

enum link_state {
	LINK_WAITING,	/* For the time of the next attempt. */
	LINK_RESOLVING, /* For the resolver's answer. */
	LINK_DIALLING,	/* For the handshake with one of the addresses. */
	LINK_CONNECTED, /* Probes go over one persistent connection. */
	LINK_RESOLVED,	/* Each probe dials one of the addresses, which are known. */
};

enum link_event {
	LINK_RETRY_DUE,		  /* Time for the next attempt. */
	LINK_RESOLVE_FAILED,	  /* There is no address to dial. */
	LINK_RESOLVED_TO_CONNECT, /* There are addresses: one of them gets connected to. */
	LINK_RESOLVED_FOR_PROBES, /* There are addresses: the probes dial them. */
	LINK_ATTEMPT_FAILED,	  /* No address worked, or not in time for the next attempt. */
	LINK_ESTABLISHED,	  /* A handshake is done, perhaps of an attempt before. */
	LINK_LOST,		  /* The connection ended, whichever side ended it. */
};

/* The next state. Events that mean nothing in a state leave it. */
enum link_state link_next_state(enum link_state state, enum link_event event);

/*
 * How long to wait before the next attempt, in nanoseconds: 500 ms, doubling to 5 s, less up to a
 * quarter, so that the many targets of a host that comes back do not all dial at once. attempt: how
 * many failed in a row, from 1; random: any number, evenly spread.
 */
int64_t link_retry_delay_ns(unsigned attempt, uint32_t random);

#endif
