/* SPDX-License-Identifier: MIT */
#include "net/deadline_timer.h"

#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "net/socket.h"

#ifdef __linux__
#include <sys/timerfd.h>
#include <unistd.h>
#endif

/* It has ended the wait, which was all. */
static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

#ifdef __linux__

int deadline_timer_prepare(struct event_config *config)
{
	(void)config;
	return 0;
}

int deadline_timer_open(struct deadline_timer *timer, struct event_base *base)
{
	evutil_socket_t fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	fd = socket_move_up(fd);
	/* By edges, nobody has to read how often it went off. */
	struct event *event = event_new(base, fd, EV_READ | EV_ET | EV_PERSIST, on_deadline, NULL);
	if (!event || event_add(event, NULL) < 0) {
		if (event)
			event_free(event);
		close(fd);
		return -ENOMEM;
	}
	*timer = (struct deadline_timer){.event = event, .deadline_ns = INT64_MAX};
	return 0;
}

void deadline_timer_close(struct deadline_timer *timer)
{
	if (!timer->event)
		return;
	evutil_socket_t fd = event_get_fd(timer->event);
	event_free(timer->event);
	close(fd);
}

void deadline_timer_set(struct deadline_timer *timer, int64_t deadline_ns, int64_t now_ns)
{
	(void)now_ns;
	if (timer->deadline_ns == deadline_ns)
		return;
	timer->deadline_ns = deadline_ns;
	/* Of all zero it would be never. */
	struct itimerspec times = {.it_value = {.tv_nsec = 0}};
	if (deadline_ns != INT64_MAX)
		times.it_value = clock_to_timespec(deadline_ns > 0 ? deadline_ns : 1);
	timerfd_settime(event_get_fd(timer->event), TFD_TIMER_ABSTIME, &times, NULL);
}

#else

/* Longer waits are cut short, which does no harm: Windows counts seconds with 32 bits. */
#define WAIT_MAX_US INT64_C(86400000000)

int deadline_timer_prepare(struct event_config *config)
{
	return event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) < 0 ? -ENOMEM : 0;
}

int deadline_timer_open(struct deadline_timer *timer, struct event_base *base)
{
	struct event *event = event_new(base, -1, 0, on_deadline, NULL);
	if (!event)
		return -ENOMEM;
	*timer = (struct deadline_timer){.event = event, .deadline_ns = INT64_MAX};
	return 0;
}

void deadline_timer_close(struct deadline_timer *timer)
{
	if (timer->event)
		event_free(timer->event);
}

void deadline_timer_set(struct deadline_timer *timer, int64_t deadline_ns, int64_t now_ns)
{
	timer->deadline_ns = deadline_ns;
	if (deadline_ns == INT64_MAX) {
		event_del(timer->event);
		return;
	}
	/* Rounded up, so as not to wake just before the time. */
	int64_t us = (deadline_ns - now_ns + NS_PER_US - 1) / NS_PER_US;
	if (us < 0)
		us = 0;
	if (us > WAIT_MAX_US)
		us = WAIT_MAX_US;
	struct timeval timeout = {.tv_sec = (int)(us / 1000000), .tv_usec = (int)(us % 1000000)};
	event_add(timer->event, &timeout);
}

#endif
