/* SPDX-License-Identifier: MIT */
/*
 * When bytes really arrived: the kernel's receive timestamps, turned into monotonic time, so that a
 * prober that wakes late does not blame the network (Linux:
 * Documentation/networking/timestamping.rst, SO_TIMESTAMPNS).
 */
#ifndef NET_ARRIVAL_H
#define NET_ARRIVAL_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/network.h"

/* Whether the system can give timestamps at all; arrival_enable() tells of the kernel. */
#ifdef SO_TIMESTAMPNS
#define ARRIVAL_HAS_TIMESTAMPS
#endif

/* Where there is no timestamp. */
#define ARRIVAL_UNKNOWN INT64_C(-1)

/* A time in which the real-time clock did not step, on the monotonic one. */
struct arrival_epoch {
	int64_t offset_ns; /* How far the real-time clock ran ahead. */
	int64_t from_ns;   /* It began after this, */
	int64_t until_ns;  /* and ended before this; INT64_MAX while it lasts. */
};

/* How timestamps become monotonic time. All zero before the first update. */
struct arrival_clock {
	struct arrival_epoch present;
	struct arrival_epoch past; /* Until the last step. */
	int64_t read_ns;	   /* The last update. */
	bool is_known;		   /* There was one. */
};

/*
 * Takes a reading of the real-time clock between two of the monotonic one. Where it stepped since
 * the last reading, an epoch ends and another begins. Two steps between two readings look like one.
 */
void arrival_clock_update(
	struct arrival_clock *clock, int64_t before_ns, int64_t realtime_ns, int64_t after_ns);

/*
 * Reads the clocks and updates; returns the monotonic time at its end. Call it before receiving,
 * once a turn at least, and right after receiving: timestamps are of the clock that was in force
 * when the bytes arrived, and a step may come at any time.
 */
int64_t arrival_clock_read(struct arrival_clock *clock);

/*
 * Monotonic arrival time of a timestamp (real time in ns, or ARRIVAL_UNKNOWN): believed between
 * earliest_ns and now_ns, and within an epoch; now_ns where it cannot be believed. Where both
 * epochs allow it (a step that is shorter than the time between the readings around it) the later
 * time is taken, which cannot make a round trip shorter than it was.
 */
int64_t arrival_clock_convert(const struct arrival_clock *clock, int64_t timestamp_ns,
	int64_t earliest_ns, int64_t now_ns);

/*
 * An estimate of when one of several replies arrived that were read together, since a TCP socket
 * tells the time of the last alone: they are taken to have kept the distance they were sent at, but
 * none came before earliest_ns (what had come by the last reading was read then), before its own
 * departure, or after the last.
 */
int64_t arrival_of_earlier(int64_t last_arrival_ns, int64_t last_departure_ns, int64_t departure_ns,
	int64_t earliest_ns);

/* Asks the kernel for timestamps. Returns whether it gives them. */
bool arrival_enable(evutil_socket_t fd);

/*
 * Receives without blocking, like recv(). *timestamp_ns: real time at which the last of the bytes
 * arrived, or ARRIVAL_UNKNOWN. Returns the number of bytes, 0 at the end of the stream, or a
 * negative errno.
 */
ssize_t arrival_receive(evutil_socket_t fd, void *buffer, size_t size, int64_t *timestamp_ns);

#endif
