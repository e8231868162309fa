/* SPDX-License-Identifier: MIT */
#include "log/log_line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/utf8.h"

/* Names of targets are shorter, also those that are addresses. */
#define SUBJECT_MAX 272

static void append_time(struct buffer *buffer, int64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / NS_PER_S);
	struct tm utc = {0};
	gmtime_r(&seconds, &utc);
	buffer_append_format(buffer, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
		utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
		(int)(time_ns / NS_PER_MS % 1000));
}

/* What a line says. Its texts are valid UTF-8 without control characters. */
struct parts {
	int64_t time_ns;
	const char *level;
	const char *subject; /* Or NULL. */
	const char *message;
};

static void append_for_people(struct buffer *buffer, const struct parts *parts)
{
	append_time(buffer, parts->time_ns);
	buffer_append_format(buffer, " %-7s %s%s%s", parts->level,
		parts->subject ? parts->subject : "", parts->subject ? ": " : "", parts->message);
}

/* Bare where that is clear, as in https://pkg.go.dev/github.com/go-logfmt/logfmt */
static void append_logfmt_value(struct buffer *buffer, const char *text)
{
	if (text[0] != '\0' && !text[strcspn(text, " =\"\\")])
		buffer_append_text(buffer, text);
	else
		json_append_string(buffer, text);
}

static void append_logfmt(struct buffer *buffer, const struct parts *parts)
{
	buffer_append_text(buffer, "time=");
	append_time(buffer, parts->time_ns);
	buffer_append_format(buffer, " level=%s", parts->level);
	if (parts->subject) {
		buffer_append_text(buffer, " target=");
		append_logfmt_value(buffer, parts->subject);
	}
	buffer_append_text(buffer, " msg=");
	append_logfmt_value(buffer, parts->message);
}

static void append_json(struct buffer *buffer, const struct parts *parts)
{
	buffer_append_text(buffer, "{\"time\":\"");
	append_time(buffer, parts->time_ns);
	buffer_append_format(buffer, "\",\"level\":\"%s\"", parts->level);
	if (parts->subject) {
		buffer_append_text(buffer, ",\"target\":");
		json_append_string(buffer, parts->subject);
	}
	buffer_append_text(buffer, ",\"message\":");
	json_append_string(buffer, parts->message);
	buffer_append_text(buffer, "}");
}

void log_line_append(struct buffer *buffer, enum log_format format, int64_t time_ns,
	enum log_level level, const char *subject, const char *message)
{
	char safe_subject[SUBJECT_MAX];
	char safe_message[LOG_MESSAGE_MAX];
	snprintf(safe_subject, sizeof(safe_subject), "%s", subject ? subject : "");
	snprintf(safe_message, sizeof(safe_message), "%s", message);
	utf8_sanitize(safe_subject);
	utf8_sanitize(safe_message);
	const struct parts parts = {
		.time_ns = time_ns,
		.level = log_level_name(level),
		.subject = subject ? safe_subject : NULL,
		.message = safe_message,
	};
	switch (format) {
	case LOG_FORMAT_TEXT:
		append_for_people(buffer, &parts);
		break;
	case LOG_FORMAT_LOGFMT:
		append_logfmt(buffer, &parts);
		break;
	case LOG_FORMAT_JSON:
		append_json(buffer, &parts);
		break;
	}
	buffer_append_text(buffer, "\n");
}
