/* SPDX-License-Identifier: MIT */
#include "log/output.h"

#include <errno.h>
#include <io.h>

#include "log/event_log.h"

/* As much as PIPE_BUF is on Linux; nothing here says how much would not wait. */
#define AT_ONCE 4096

size_t output_at_once(int fd)
{
	return fd == OUTPUT_EVENT_LOG ? 0 : AT_ONCE;
}

bool output_is_ready(int fd, int wait_ms)
{
	(void)fd;
	(void)wait_ms;
	return true;
}

ssize_t output_write(int fd, enum log_level level, const char *bytes, size_t length)
{
	if (fd == OUTPUT_EVENT_LOG) {
		/* An event needs no newline at its end. */
		event_log_write(level, bytes, length > 0 ? length - 1 : 0);
		return (ssize_t)length;
	}
	int written = _write(fd, bytes, (unsigned)length);
	return written >= 0 ? written : -errno;
}
