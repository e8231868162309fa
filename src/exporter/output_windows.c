/* SPDX-License-Identifier: MIT */
#include "exporter/output.h"

#include <errno.h>
#include <io.h>

bool output_is_ready(int fd, int wait_ms)
{
	(void)fd;
	(void)wait_ms;
	return true;
}

ssize_t output_write(int fd, const char *bytes, size_t length)
{
	unsigned at_once = length < OUTPUT_AT_ONCE ? (unsigned)length : (unsigned)OUTPUT_AT_ONCE;
	int written = _write(fd, bytes, at_once);
	return written >= 0 ? written : -errno;
}
