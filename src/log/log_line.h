/* SPDX-License-Identifier: MIT */
/* How a line of the log looks: plain text for people, or a JSON object. */
#ifndef LOG_LOG_LINE_H
#define LOG_LOG_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/log.h"

/*
 * Appends one line: `2026-11-22T20:51:36.123Z info    server1: message`, or
 * `{"time":"...","level":"info","target":"server1","message":"..."}`. time_ns: nanoseconds since
 * 1970, UTC, 0 or more. subject may be NULL. Long texts are cut, and the result is always
 * valid UTF-8, in one line with its newline. On failure buffer->failed is set.
 */
void log_line_append(struct buffer *buffer, bool json, int64_t time_ns, enum log_level level,
	const char *subject, const char *message);

#endif
