/* SPDX-License-Identifier: MIT */
#include "discover/bell.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "net/waker.h"

/* libevent's clock is coarse (4 ms): rounded up, so that nobody wakes just before the time. */
#define STEP_US 5000

struct bell {
	struct event_base *base;
	bool has_waker;
	struct waker waker;
	struct event *wake_event;
	struct event *timer_event;
	struct event *fd_event; /* NULL: there is no descriptor. */
	bool is_readable;
};

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct bell *bell = context;
	waker_drain(&bell->waker);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct bell *bell = context;
	bell->is_readable = true;
}

static int make_events(struct bell *bell, int fd)
{
	bell->base = event_base_new();
	if (!bell->base)
		return -ENOMEM;
	int error = waker_open(&bell->waker);
	bell->has_waker = !error;
	if (error)
		return error;
	bell->wake_event =
		event_new(bell->base, bell->waker.read_fd, EV_READ | EV_PERSIST, on_wake, bell);
	bell->timer_event = evtimer_new(bell->base, on_timer, bell);
	if (fd >= 0)
		bell->fd_event = event_new(bell->base, fd, EV_READ, on_readable, bell);
	bool has_all = bell->wake_event && bell->timer_event && (fd < 0 || bell->fd_event);
	return has_all && event_add(bell->wake_event, NULL) == 0 ? 0 : -ENOMEM;
}

int bell_new(int fd, struct bell **bell)
{
	struct bell *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	int error = make_events(made, fd);
	if (error) {
		bell_free(made);
		return error;
	}
	*bell = made;
	return 0;
}

void bell_free(struct bell *bell)
{
	if (!bell)
		return;
	if (bell->fd_event)
		event_free(bell->fd_event);
	if (bell->timer_event)
		event_free(bell->timer_event);
	if (bell->wake_event)
		event_free(bell->wake_event);
	if (bell->base)
		event_base_free(bell->base);
	if (bell->has_waker)
		waker_close(&bell->waker);
	free(bell);
}

void bell_ring(struct bell *bell)
{
	waker_wake(&bell->waker);
}

bool bell_wait(struct bell *bell, int64_t until_ns, bool heeds_fd)
{
	event_del(bell->timer_event);
	if (until_ns != INT64_MAX) {
		int64_t wait_ns = until_ns - clock_monotonic_ns();
		int64_t us = (wait_ns > 0 ? wait_ns : 0) / NS_PER_US + STEP_US;
		const struct timeval wait = {
			.tv_sec = (int)(us / 1000000), .tv_usec = (int)(us % 1000000)};
		event_add(bell->timer_event, &wait);
	}
	if (bell->fd_event && heeds_fd)
		event_add(bell->fd_event, NULL);
	else if (bell->fd_event)
		event_del(bell->fd_event);
	bell->is_readable = false;
	event_base_loop(bell->base, EVLOOP_ONCE);
	return bell->is_readable;
}
