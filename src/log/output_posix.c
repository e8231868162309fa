/* SPDX-License-Identifier: MIT */
#include "log/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

size_t output_at_once(int fd)
{
	(void)fd;
	/* poll() promises as much of a pipe. */
	return PIPE_BUF;
}

bool output_is_ready(int fd, int wait_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	return poll(&poll_fd, 1, wait_ms) != 0;
}

ssize_t output_write(int fd, enum log_level level, const char *bytes, size_t length)
{
	(void)level;
	ssize_t written = write(fd, bytes, length);
	return written >= 0 ? written : -errno;
}
