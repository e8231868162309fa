/* SPDX-License-Identifier: MIT */
#include "log/log_line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/utf8.h"

/* Names of targets are shorter. */
#define SUBJECT_MAX 256

/* Appends text within quotes. It is valid UTF-8 without control characters of ASCII. */
static void append_json_string(struct buffer *buffer, const char *text)
{
	buffer_append_text(buffer, "\"");
	for (;;) {
		size_t plain = strcspn(text, "\"\\");
		buffer_append(buffer, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		buffer_append_text(buffer, "\\");
		buffer_append(buffer, text++, 1);
	}
	buffer_append_text(buffer, "\"");
}

static void append_time(struct buffer *buffer, int64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / NS_PER_S);
	struct tm utc = {0};
	gmtime_r(&seconds, &utc);
	buffer_append_format(buffer, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
		utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
		(int)(time_ns / NS_PER_MS % 1000));
}

void log_line_append(struct buffer *buffer, bool json, int64_t time_ns, enum log_level level,
	const char *subject, const char *message)
{
	char safe_subject[SUBJECT_MAX];
	char safe_message[LOG_MESSAGE_MAX];
	snprintf(safe_subject, sizeof(safe_subject), "%s", subject ? subject : "");
	snprintf(safe_message, sizeof(safe_message), "%s", message);
	utf8_sanitize(safe_subject);
	utf8_sanitize(safe_message);
	const char *name = log_level_name(level);
	if (!json) {
		append_time(buffer, time_ns);
		buffer_append_format(buffer, " %-7s %s%s%s\n", name, safe_subject,
			subject ? ": " : "", safe_message);
		return;
	}
	buffer_append_text(buffer, "{\"time\":\"");
	append_time(buffer, time_ns);
	buffer_append_format(buffer, "\",\"level\":\"%s\"", name);
	if (subject) {
		buffer_append_text(buffer, ",\"target\":");
		append_json_string(buffer, safe_subject);
	}
	buffer_append_text(buffer, ",\"message\":");
	append_json_string(buffer, safe_message);
	buffer_append_text(buffer, "}\n");
}
