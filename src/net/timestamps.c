/* SPDX-License-Identifier: MIT */
#include "net/timestamps.h"

#include "net/socket.h"

#ifdef TIMESTAMPS_EXIST
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

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
