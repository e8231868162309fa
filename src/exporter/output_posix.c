/* SPDX-License-Identifier: MIT */
#include "exporter/output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

bool output_is_ready(int fd, int wait_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	return poll(&poll_fd, 1, wait_ms) != 0;
}

ssize_t output_write(int fd, const char *bytes, size_t length)
{
	ssize_t written = write(fd, bytes, length);
	return written >= 0 ? written : -errno;
}
