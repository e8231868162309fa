/* SPDX-License-Identifier: MIT */
#include "exporter/output.h"

#include <errno.h>
#include <io.h>
#include <string.h>

#include "exporter/event_log.h"
#include "exporter/logger.h"

bool output_is_ready(int fd, int wait_ms)
{
	(void)fd;
	(void)wait_ms;
	return true;
}

/* An event for each line. */
static void write_events(const char *lines, size_t length)
{
	while (length > 0) {
		const char *newline = memchr(lines, '\n', length);
		size_t line = newline != NULL ? (size_t)(newline - lines) : length;
		event_log_write(logger_level_of(lines, line), lines, line);
		line += newline != NULL ? 1 : 0;
		lines += line;
		length -= line;
	}
}

ssize_t output_write(int fd, const char *bytes, size_t length)
{
	unsigned at_once = length < OUTPUT_AT_ONCE ? (unsigned)length : (unsigned)OUTPUT_AT_ONCE;
	if (fd == OUTPUT_EVENT_LOG) {
		write_events(bytes, at_once);
		return (ssize_t)at_once;
	}
	int written = _write(fd, bytes, at_once);
	return written >= 0 ? written : -errno;
}
