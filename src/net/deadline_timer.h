/* SPDX-License-Identifier: MIT */
/*
 * Ends an event loop's wait at a deadline, to some microseconds. libevent's own timers may be late by
 * 5 ms, as its clock steps by 4 ms and epoll_wait() waits for whole milliseconds; or cost a system call
 * with every wait. On Linux this is a descriptor (timerfd_create(2)), elsewhere such a timer of libevent.
 */
#ifndef NET_DEADLINE_TIMER_H
#define NET_DEADLINE_TIMER_H

#include <event2/event.h>
#include <stdint.h>

/* All zero is none. Stored by the caller. */
struct deadline_timer {
	struct event *event; /* Owned. */
	int64_t deadline_ns; /* What it is set to, monotonic; INT64_MAX for never. */
};

/* For event_base_new_with_config(): what the timer needs of the loop. Returns 0 or -ENOMEM. */
int deadline_timer_prepare(struct event_config *config);

/* Returns 0 with a timer that is not set, or a negative errno. */
int deadline_timer_open(struct deadline_timer *timer, struct event_base *base);
void deadline_timer_close(struct deadline_timer *timer);

/* Sets it, instead of what it was set to; INT64_MAX is never. now_ns: the monotonic clock. */
void deadline_timer_set(struct deadline_timer *timer, int64_t deadline_ns, int64_t now_ns);

#endif
