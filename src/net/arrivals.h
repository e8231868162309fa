/* SPDX-License-Identifier: MIT */
/*
 * When each of the replies of one reading could first be read. Pure.
 *
 * A TCP socket reports when its last byte arrived, and nothing about those before it; and it reports
 * when a segment arrived, which is not when an application could read it if an earlier one was
 * missing.
 */
#ifndef NET_ARRIVALS_H
#define NET_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/arrival_clock.h"

/* One reading of a connection. Monotonic, except for the timestamp. */
struct arrivals_reading {
	struct wall_time timestamp;   /* The kernel's, of the last byte. */
	int64_t now_ns;		      /* The moment right after the reading. */
	int64_t polled_ns;	      /* All that could be read by then had been read. */
	bool was_waiting;	      /* The prober was waiting for this, and for nothing else. */
	bool was_held_up;	      /* Segments came out of order: the replies had to wait. */
	const int64_t *departures_ns; /* Of the replies' probes, in the order of the replies. */
	size_t count;		      /* Of the replies, 1 or more. */
};

/*
 * Writes when each reply arrived: never before its probe departed, and never after now_ns.
 *
 * The last one came when its timestamp says, if that can be believed, but not before the reading
 * before this one, and at now_ns if the replies were held up. The others came together with it if
 * the prober was waiting, or if the last took far longer than the fastest reply of the connection:
 * a path or a peer that was stuck lets go of everything at once. Otherwise it was the prober that
 * slept: the replies are taken to have kept the distance at which their probes were sent, and none
 * to have come before the reading before this one.
 *
 * least_rtt_ns: the fastest so far of the last replies of each reading of the connection, those that
 * were held up aside; INT64_MAX before the first. Kept up to date here. arrivals_ns: room for count.
 */
void arrivals_find(const struct arrivals_reading *reading, const struct arrival_clock *clock,
	int64_t *least_rtt_ns, int64_t *arrivals_ns);

#endif
