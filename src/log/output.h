/* SPDX-License-Identifier: MIT */
/* Where log lines go: a terminal, a pipe, a file, or the event log of Windows. */
#ifndef LOG_OUTPUT_H
#define LOG_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/log.h"

/* In place of a descriptor, on Windows: the event log, which is open (log/event_log.h). */
#define OUTPUT_EVENT_LOG (-2)

/*
 * How many bytes can be written to a descriptor that is ready without waiting; 0 for the event log,
 * which takes whole lines, one at a time.
 */
size_t output_at_once(int fd);

/*
 * Waits until fd can be written to, at most wait_ms. Returns whether it can; also true where the
 * system cannot say (Windows).
 */
bool output_is_ready(int fd, int wait_ms);

/*
 * Writes at most output_at_once() bytes, or one line of that level. Returns how many bytes were
 * written, or a negative errno.
 */
ssize_t output_write(int fd, enum log_level level, const char *bytes, size_t length);

#endif
