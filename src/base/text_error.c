/* SPDX-License-Identifier: MIT */
#include "base/text_error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void text_error_set(struct text_error *error, int line, const char *format, ...)
{
	if (!error)
		return;
	/* The present reason may be among the arguments, so the new one is written aside first. */
	char reason[sizeof(error->reason)];
	va_list arguments;
	va_start(arguments, format);
	int wanted = vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	if (wanted < 0)
		reason[0] = '\0';
	utf8_sanitize(reason);
	error->line = line;
	memcpy(error->reason, reason, sizeof(reason));
}
