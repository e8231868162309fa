/* SPDX-License-Identifier: MIT */
/*
 * When bytes really arrived: the kernel's receive timestamps, so that a prober that wakes late does
 * not blame the network (Linux: Documentation/networking/timestamping.rst, SO_TIMESTAMPNS).
 */
#ifndef NET_TIMESTAMPS_H
#define NET_TIMESTAMPS_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/network.h"

/* Whether the system has timestamps at all; timestamps_enable() says whether this kernel does. */
#ifdef SO_TIMESTAMPNS
#define TIMESTAMPS_EXIST
#endif

/* Asks the kernel for timestamps. Returns whether it gives them. */
bool timestamps_enable(evutil_socket_t fd);

/*
 * Receives without blocking, like recv(). Returns the number of bytes, or 0 at the end of the
 * stream, with *timestamp, which is when the last of the bytes arrived or WALL_TIME_UNKNOWN; or a
 * negative errno with *timestamp untouched.
 */
ssize_t timestamps_receive(
	evutil_socket_t fd, void *buffer, size_t size, struct wall_time *timestamp);

/*
 * When some of what is sent reaches the network device (SOF_TIMESTAMPING_TX_SOFTWARE). Returns whether the
 * system can tell; on Linux alone.
 */
bool timestamps_enable_departures(evutil_socket_t fd);

/* Sends like socket_send(), and asks when it leaves. */
ssize_t timestamps_send(evutil_socket_t fd, const void *bytes, size_t length);

/* The next moment that was asked for; WALL_TIME_UNKNOWN if there is none (any more). */
struct wall_time timestamps_departure(evutil_socket_t fd);

#endif
