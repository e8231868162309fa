/* SPDX-License-Identifier: MIT */
/* Reads sockets whose events are edge-triggered (EV_ET). */
#ifndef NET_EDGE_H
#define NET_EDGE_H

#include <event2/event.h>

/* Readings of one socket before the others get their turn. */
#define EDGE_READINGS_MAX 16

/* How one reading of a socket went. */
enum edge_reading {
	EDGE_OVER,  /* Nothing more to do for now; event and owner may already be freed. */
	EDGE_SHORT, /* The buffer was not filled: at most the end of the stream is left. */
	EDGE_FULL,  /* The buffer was filled: more may be left. */
};

/*
 * Call this when the event of a socket fires, or to look without waiting for that: reads until a
 * reading is short, at most EDGE_READINGS_MAX times. If there may still be more, the event is added
 * again and fires after the other sockets had their turn.
 *
 * event: pending, EV_PERSIST; level-triggered ones work too. It may be a part of the owner.
 * what: the event's flags. EV_CLOSED makes it read on after a short reading, since data and the
 * end of the stream that come together raise one edge only.
 * read_once: reads once. Once it has returned EDGE_OVER, neither event nor owner is touched.
 */
void edge_read(
	struct event *event, short what, enum edge_reading (*read_once)(void *owner), void *owner);

#endif
