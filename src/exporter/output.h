/* SPDX-License-Identifier: MIT */
/* Writing to a terminal, a pipe or a file, by whoever must not be held up by it. */
#ifndef EXPORTER_OUTPUT_H
#define EXPORTER_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* So many bytes can be written to what is ready without a wait: poll() promises so of a pipe. */
#ifdef PIPE_BUF
#define OUTPUT_AT_ONCE ((size_t)PIPE_BUF)
#else
#define OUTPUT_AT_ONCE ((size_t)4096)
#endif

/* Instead of a descriptor, on Windows: the event log, which is open (exporter/event_log.h). */
#define OUTPUT_EVENT_LOG (-2)

/*
 * Waits until fd can be written to, but for wait_ms at most. Returns whether it can; true as well
 * where the system does not tell (Windows).
 */
bool output_is_ready(int fd, int wait_ms);

/* Returns how many of the bytes were written, or a negative errno. */
ssize_t output_write(int fd, const char *bytes, size_t length);

#endif
