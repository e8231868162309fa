/* SPDX-License-Identifier: MIT */
/*
 * When bytes really arrived: the kernel's receive timestamps, turned into monotonic time, so that a
 * prober that wakes late does not blame the network (Linux:
 * Documentation/networking/timestamping.rst, SO_TIMESTAMPNS).
 */
#ifndef NET_ARRIVAL_H
#define NET_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Whether the system can give timestamps at all; arrival_enable() tells of the kernel. */
#ifdef SO_TIMESTAMPNS
#define ARRIVAL_HAS_TIMESTAMPS
#endif

/* Where there is no timestamp. */
#define ARRIVAL_UNKNOWN INT64_C(-1)

/* How far the real-time clock runs ahead of the monotonic one. All zero before the first update. */
struct arrival_clock {
	int64_t offset_ns;
	bool is_known;	 /* At least one update came. */
	bool is_trusted; /* The real-time clock did not step between the last two updates. */
};

/*
 * Takes a reading of the real-time clock between two of the monotonic one; call it once a turn,
 * before receiving. When the real-time clock stepped since the last update, timestamps of before
 * the step would be wrong by it: nothing is believed until the next update.
 */
void arrival_clock_update(
	struct arrival_clock *clock, int64_t before_ns, int64_t realtime_ns, int64_t after_ns);

/* Reads the clocks and updates. */
void arrival_clock_read(struct arrival_clock *clock);

/*
 * Monotonic arrival time of a timestamp (real time in ns, or ARRIVAL_UNKNOWN): believed between
 * earliest_ns and now_ns; now_ns where it cannot be believed.
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
bool arrival_enable(int fd);

/*
 * Receives without blocking, like recv(). *timestamp_ns: real time at which the last of the bytes
 * arrived, or ARRIVAL_UNKNOWN. Returns the number of bytes, 0 at the end of the stream, or a
 * negative errno.
 */
ssize_t arrival_receive(int fd, void *buffer, size_t size, int64_t *timestamp_ns);

#endif
