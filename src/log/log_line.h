/* SPDX-License-Identifier: MIT */
/* How a line of the log looks. */
#ifndef LOG_LOG_LINE_H
#define LOG_LOG_LINE_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/log.h"

/* In the order of the words of -log-format. */
enum log_format {
	LOG_FORMAT_TEXT,   /* 2026-11-22T20:51:36.123Z info    server1: message */
	LOG_FORMAT_LOGFMT, /* time=2026-11-22T20:51:36.123Z level=info target=server1 msg="..." */
	LOG_FORMAT_JSON,   /* {"time":"...","level":"info","target":"server1","message":"..."} */
};

/*
 * Appends one line. time_ns: nanoseconds since
 * 1970, UTC, 0 or more. subject may be NULL. Long texts are cut, and the result is always
 * valid UTF-8, in one line with its newline. On failure buffer->failed is set.
 */
void log_line_append(struct buffer *buffer, enum log_format format, int64_t time_ns,
	enum log_level level, const char *subject, const char *message);

#endif
