/* SPDX-License-Identifier: MIT */
/* Wakes a thread that waits in an event loop from another thread. */
#ifndef NET_WAKER_H
#define NET_WAKER_H

#include <event2/util.h>

/* A pair of sockets. Stored by the caller. */
struct waker {
	evutil_socket_t read_fd; /* Readable once woken; add it to the event loop. */
	evutil_socket_t write_fd;
};

/* Returns 0 or a negative errno; release with waker_close(). */
int waker_open(struct waker *waker);
void waker_close(struct waker *waker);

/* From any thread; never blocks. Wake-ups that come before the last was drained are one. */
void waker_wake(struct waker *waker);

/* In the woken thread: takes the wake-up. */
void waker_drain(struct waker *waker);

#endif
