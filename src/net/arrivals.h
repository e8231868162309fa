/* SPDX-License-Identifier: MIT */
/*
 * When each of the frames of one reading could first be read. Pure.
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

#include "measure/recent_minimum.h"
#include "net/arrival_clock.h"

/* One reading of a connection. Monotonic, except for the timestamp. */
struct arrivals_reading {
	struct wall_time timestamp;   /* The kernel's, of the last byte. */
	int64_t now_ns;		      /* The moment right after the reading. */
	int64_t polled_ns;	      /* All that could be read by then had been read. */
	bool was_waiting;	      /* The reader was waiting for this, and for nothing else. */
	bool was_held_up;	      /* Segments came out of order: the frames had to wait. */
	const int64_t *departures_ns; /* Of each frame (of a reply: its probe's), in their order. */
	size_t count;		      /* Of the frames, 1 or more. */
};

/*
 * Of replies: writes when each arrived, never before its probe departed, and never after now_ns.
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

/*
 * Of the frames that another machine sent, departures_ns being what its own clock said: writes when each
 * could be read, never after now_ns. The rule is the same, with the lag in place of a round trip: how far the
 * sender's clock was behind at the arrival, its path included. Only the last seconds count, as clocks drift and step. Except
 * that was_waiting means nothing here: a reader that was stopped while it waited cannot tell.
 */
void arrivals_find_foreign(const struct arrivals_reading *reading,
	const struct arrival_clock *clock, struct recent_minimum *lag, int64_t *arrivals_ns);

#endif
