/* SPDX-License-Identifier: MIT */
#include "net/arrival.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "base/clock.h"

/* Two readings disagree by less than this while the clock does not step. */
#define STEP_MIN_NS (20 * NS_PER_US)

void arrival_clock_update(
	struct arrival_clock *clock, int64_t before_ns, int64_t realtime_ns, int64_t after_ns)
{
	int64_t width_ns = after_ns - before_ns;
	int64_t offset_ns = realtime_ns - (before_ns + width_ns / 2);
	int64_t moved_ns = offset_ns - clock->offset_ns;
	if (moved_ns < 0)
		moved_ns = -moved_ns;
	/* Interrupted between the readings: the old offset is the better one, unless this one
	 * denies it. */
	bool is_stepped = clock->is_known && moved_ns > width_ns / 2 + STEP_MIN_NS;
	if (!clock->is_known || is_stepped || width_ns < STEP_MIN_NS)
		clock->offset_ns = offset_ns;
	clock->is_trusted = clock->is_known && !is_stepped;
	clock->is_known = true;
}

void arrival_clock_read(struct arrival_clock *clock)
{
	int64_t before_ns = clock_monotonic_ns();
	int64_t realtime_ns = clock_realtime_ns();
	arrival_clock_update(clock, before_ns, realtime_ns, clock_monotonic_ns());
}

int64_t arrival_clock_convert(const struct arrival_clock *clock, int64_t timestamp_ns,
	int64_t earliest_ns, int64_t now_ns)
{
	if (timestamp_ns == ARRIVAL_UNKNOWN || !clock->is_trusted)
		return now_ns;
	int64_t arrival_ns = timestamp_ns - clock->offset_ns;
	return arrival_ns >= earliest_ns && arrival_ns <= now_ns ? arrival_ns : now_ns;
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

bool arrival_enable(int fd)
{
	int on = 1;
	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0;
}

static int64_t find_timestamp(struct msghdr *message)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part;
		part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		struct timespec time;
		memcpy(&time, CMSG_DATA(part), sizeof(time));
		return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
	}
	return ARRIVAL_UNKNOWN;
}

ssize_t arrival_receive(int fd, void *buffer, size_t size, int64_t *timestamp_ns)
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

bool arrival_enable(int fd)
{
	(void)fd;
	return false;
}

ssize_t arrival_receive(int fd, void *buffer, size_t size, int64_t *timestamp_ns)
{
	ssize_t length = recv(fd, buffer, size, 0);
	if (length < 0)
		return -errno;
	*timestamp_ns = ARRIVAL_UNKNOWN;
	return length;
}

#endif
