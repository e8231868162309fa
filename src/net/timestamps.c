/* SPDX-License-Identifier: MIT */
#include "net/timestamps.h"

#include "net/socket.h"

#ifdef TIMESTAMPS_EXIST
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#ifdef __linux__
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <time.h>
#endif

bool timestamps_enable(evutil_socket_t fd)
{
	int on = 1;
	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0;
}

static struct wall_time find_timestamp(struct msghdr *message)
{
	/* There is room for one part, and nothing else was asked for. */
	struct cmsghdr *part = CMSG_FIRSTHDR(message);
	if (!part || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS)
		return WALL_TIME_UNKNOWN;
	struct timespec time;
	memcpy(&time, CMSG_DATA(part), sizeof(time));
	return (struct wall_time){.unix_ns = clock_from_timespec(&time)};
}

ssize_t timestamps_receive(
	evutil_socket_t fd, void *buffer, size_t size, struct wall_time *timestamp)
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
	*timestamp = length > 0 ? find_timestamp(&message) : WALL_TIME_UNKNOWN;
	return length;
}

#else

bool timestamps_enable(evutil_socket_t fd)
{
	(void)fd;
	return false;
}

ssize_t timestamps_receive(
	evutil_socket_t fd, void *buffer, size_t size, struct wall_time *timestamp)
{
	ssize_t length = socket_receive(fd, buffer, size);
	if (length >= 0)
		*timestamp = WALL_TIME_UNKNOWN;
	return length;
}

#endif

#ifdef __linux__

bool timestamps_enable_departures(evutil_socket_t fd)
{
	/* What is sent does not come back with its time. */
	int flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;
	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags)) == 0;
}

ssize_t timestamps_send(evutil_socket_t fd, const void *bytes, size_t length)
{
	const uint32_t flags = SOF_TIMESTAMPING_TX_SOFTWARE;
	union {
		char bytes[CMSG_SPACE(sizeof(flags))];
		struct cmsghdr aligned;
	} control = {.bytes = {0}};
	/* sendmsg() writes to neither. */
	struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SO_TIMESTAMPING;
	part->cmsg_len = CMSG_LEN(sizeof(flags));
	memcpy(CMSG_DATA(part), &flags, sizeof(flags));
	ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	return sent >= 0 ? sent : -errno;
}

struct wall_time timestamps_departure(evutil_socket_t fd)
{
	union {
		char bytes[256];
		struct cmsghdr aligned;
	} control;
	struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof(control)};
	if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return WALL_TIME_UNKNOWN;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part;
		part = CMSG_NXTHDR(&message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPING)
			continue;
		struct scm_timestamping times;
		memcpy(&times, CMSG_DATA(part), sizeof(times));
		return (struct wall_time){.unix_ns = clock_from_timespec(&times.ts[0])};
	}
	return WALL_TIME_UNKNOWN;
}

#else

bool timestamps_enable_departures(evutil_socket_t fd)
{
	(void)fd;
	return false;
}

ssize_t timestamps_send(evutil_socket_t fd, const void *bytes, size_t length)
{
	return socket_send(fd, bytes, length);
}

struct wall_time timestamps_departure(evutil_socket_t fd)
{
	(void)fd;
	return WALL_TIME_UNKNOWN;
}

#endif
