/* SPDX-License-Identifier: MIT */
#include "net/arrival.h"

#include "net/socket.h"

#ifdef ARRIVAL_HAS_TIMESTAMPS
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#endif

#include "base/clock.h"

/* Two readings disagree by less than this while the clock does not step. */
#define STEP_MIN_NS (20 * NS_PER_US)

/* A reading that takes longer was interrupted, and a step can hide in it: it is made anew, up to so
 * often. */
#define READINGS_MAX 3

static void begin_epoch(struct arrival_clock *clock, int64_t from_ns, int64_t offset_ns)
{
	clock->present = (struct arrival_epoch){
		.offset_ns = offset_ns, .from_ns = from_ns, .until_ns = INT64_MAX};
}

void arrival_clock_update(
	struct arrival_clock *clock, int64_t before_ns, int64_t realtime_ns, int64_t after_ns)
{
	int64_t width_ns = after_ns - before_ns;
	int64_t offset_ns = realtime_ns - (before_ns + width_ns / 2);
	int64_t moved_ns = offset_ns - clock->present.offset_ns;
	if (moved_ns < 0)
		moved_ns = -moved_ns;
	if (!clock->is_known) {
		begin_epoch(clock, before_ns, offset_ns);
		clock->past = clock->present;
		clock->past.until_ns = before_ns;
	} else if (moved_ns > width_ns / 2 + STEP_MIN_NS) {
		clock->past = clock->present;
		clock->past.until_ns = after_ns;
		begin_epoch(clock, clock->read_ns, offset_ns);
	} else if (width_ns < STEP_MIN_NS) {
		/* After a reading that was interrupted the old offset is the better one. */
		clock->present.offset_ns = offset_ns;
	}
	/* A step may have come right after the real-time clock was read. */
	clock->read_ns = before_ns;
	clock->is_known = true;
}

int64_t arrival_clock_read(struct arrival_clock *clock)
{
	int64_t before_ns;
	int64_t realtime_ns;
	int64_t after_ns = clock_monotonic_ns();
	int readings = 0;
	do {
		before_ns = after_ns;
		realtime_ns = clock_realtime_ns();
		after_ns = clock_monotonic_ns();
	} while (after_ns - before_ns >= STEP_MIN_NS && ++readings < READINGS_MAX);
	arrival_clock_update(clock, before_ns, realtime_ns, after_ns);
	return after_ns;
}

/* Returns false where the timestamp cannot be of that epoch. */
static bool convert(const struct arrival_epoch *epoch, int64_t timestamp_ns, int64_t earliest_ns,
	int64_t now_ns, int64_t *arrival_ns)
{
	*arrival_ns = timestamp_ns - epoch->offset_ns;
	return *arrival_ns >= earliest_ns && *arrival_ns >= epoch->from_ns &&
	       *arrival_ns <= now_ns && *arrival_ns <= epoch->until_ns;
}

int64_t arrival_clock_convert(const struct arrival_clock *clock, int64_t timestamp_ns,
	int64_t earliest_ns, int64_t now_ns)
{
	if (timestamp_ns == ARRIVAL_UNKNOWN)
		return now_ns;
	int64_t present_ns;
	int64_t past_ns;
	bool is_present = convert(&clock->present, timestamp_ns, earliest_ns, now_ns, &present_ns);
	bool is_past = convert(&clock->past, timestamp_ns, earliest_ns, now_ns, &past_ns);
	if (is_present && is_past)
		return present_ns > past_ns ? present_ns : past_ns;
	if (is_present)
		return present_ns;
	return is_past ? past_ns : now_ns;
}

int64_t arrival_of_earlier(int64_t last_arrival_ns, int64_t last_departure_ns, int64_t departure_ns,
	int64_t earliest_ns)
{
	int64_t arrival_ns = last_arrival_ns - (last_departure_ns - departure_ns);
	if (arrival_ns < earliest_ns)
		arrival_ns = earliest_ns;
	if (arrival_ns < departure_ns)
		arrival_ns = departure_ns;
	return arrival_ns < last_arrival_ns ? arrival_ns : last_arrival_ns;
}

#ifdef ARRIVAL_HAS_TIMESTAMPS

bool arrival_enable(evutil_socket_t fd)
{
	int on = 1;
	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0;
}

static int64_t find_timestamp(struct msghdr *message)
{
	/* There is room for one part, and nothing else was asked for. */
	struct cmsghdr *part = CMSG_FIRSTHDR(message);
	if (!part || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS)
		return ARRIVAL_UNKNOWN;
	struct timespec time;
	memcpy(&time, CMSG_DATA(part), sizeof(time));
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

ssize_t arrival_receive(evutil_socket_t fd, void *buffer, size_t size, int64_t *timestamp_ns)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct timespec))];
		struct cmsghdr aligned;
	} control;
	struct iovec piece = {.iov_base = buffer, .iov_len = size};
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
	if (length < 0)
		return -errno;
	*timestamp_ns = length > 0 ? find_timestamp(&message) : ARRIVAL_UNKNOWN;
	return length;
}

#else

bool arrival_enable(evutil_socket_t fd)
{
	(void)fd;
	return false;
}

ssize_t arrival_receive(evutil_socket_t fd, void *buffer, size_t size, int64_t *timestamp_ns)
{
	ssize_t length = socket_receive(fd, buffer, size);
	if (length >= 0)
		*timestamp_ns = ARRIVAL_UNKNOWN;
	return length;
}

#endif
