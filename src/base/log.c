/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

void log_write(
	const struct log *log, enum log_level level, const char *subject, const char *format, ...)
{
	if (!log->sink || level > log->threshold)
		return;
	char message[LOG_MESSAGE_MAX];
	va_list arguments;
	va_start(arguments, format);
	int wanted = vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	if (wanted < 0)
		return;
	utf8_sanitize(message);
	log->sink(log->context, level, subject, message);
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

int log_level_parse(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}
