/* SPDX-License-Identifier: MIT */
/* Sleeping with one ear open: sockets may wait, whoever wakes the thread may not. */
#ifndef NET_NAP_H
#define NET_NAP_H

#include <stdbool.h>
#include <stdint.h>

#include "net/waker.h"

/*
 * Sleeps until the monotonic clock shows deadline_ns, or until the thread is woken: the wake-up is left for the event
 * loop, or waker_drain(), to take; or until other is readable (-1: there is none). now_ns: what the clock shows.
 * Returns whether other was readable. May end early, as after a signal or an hour; late by what clock_keep_deadlines()
 * leaves and a thousandth of the sleep on Linux, by a millisecond elsewhere.
 */
bool nap_until(
	const struct waker *waker, evutil_socket_t other, int64_t deadline_ns, int64_t now_ns);

#endif
