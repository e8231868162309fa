/* SPDX-License-Identifier: MIT */
/* Writes log lines from a thread of its own, so that no measuring thread waits for a terminal. */
#ifndef EXPORTER_LOGGER_H
#define EXPORTER_LOGGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/log.h"

struct logger;

/*
 * Starts the writer's thread. fd: borrowed until logger_stop() returns; its mode is not changed,
 * for a terminal is shared with others. json: lines are JSON objects. Returns 0 with *logger owned,
 * -ENOMEM or -EAGAIN (no thread).
 */
int logger_start(int fd, bool json, struct logger **logger);

/*
 * A log_sink; context is the logger. It puts the line into a queue (256 KiB) and never waits for
 * the descriptor. Where the queue is full the line is lost, and a later line tells how many were.
 */
void logger_write(void *context, enum log_level level, const char *subject, const char *message);

/*
 * Writes what is queued, but for 200 ms at most, and frees the logger; nobody may write to it any
 * more. A writer that is stuck in the kernel is left behind, and what it uses with it. NULL is
 * accepted.
 */
void logger_stop(struct logger *logger);

/*
 * Appends one line: `2026-11-22T20:51:36.123Z info    server1: message`, or
 * `{"time":"...","level":"info","target":"server1","message":"..."}`. time_ns: since 1970, UTC.
 * subject may be NULL. It is always valid UTF-8 and one line.
 */
void logger_format(struct buffer *buffer, bool json, int64_t time_ns, enum log_level level,
	const char *subject, const char *message);

/* The level of such a line. */
enum log_level logger_level_of(const char *line, size_t length);

#endif
