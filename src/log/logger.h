/* SPDX-License-Identifier: MIT */
/* Writes log lines from a thread of its own, so that no measuring thread waits for a terminal. */
#ifndef LOG_LOGGER_H
#define LOG_LOGGER_H

#include "base/log.h"
#include "log/log_line.h"

struct logger;

/*
 * Starts the writer's thread. fd: what log/output.h writes to; borrowed until logger_stop()
 * returns. Its mode is not changed, since a terminal is shared with others. Returns 0 with *logger
 * owned, -ENOMEM or -EAGAIN (no thread).
 */
int logger_start(int fd, enum log_format format, struct logger **logger);

/*
 * A log's sink; context is the logger. Queues the line (up to 256 KiB of them) and never waits for
 * the descriptor. A line that finds the queue full is lost, and a later line says how many were.
 */
void logger_write(void *context, enum log_level level, const char *subject, const char *message);

/*
 * Writes what is queued, for at most 200 ms if the descriptor takes nothing, 700 ms if it does, and frees
 * the logger, to which nobody may write any more. A writer that is stuck in the kernel is left behind with
 * the memory it uses. Accepts NULL.
 */
void logger_stop(struct logger *logger);

#endif
