/* SPDX-License-Identifier: MIT */
#include "exporter/logger.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread.h"
#include "base/utf8.h"
#include "exporter/output.h"

#define QUEUE_MAX ((size_t)256 * 1024)
/* Room behind the queue for the line that tells of lost ones. */
#define LOST_LINE_MAX 256

/* How long logger_stop() waits for the writer. */
#define STOP_NS (200 * NS_PER_MS)

/* How often a writer that cannot write looks whether it is to stop. */
#define POLL_MS 25

/* Names of targets are shorter. */
#define SUBJECT_MAX 256

struct logger {
	int fd;
	bool json;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* Something below has changed. */
	struct buffer queue;	/* Whole lines; its memory is reserved at the start. */
	struct buffer spare;	/* The memory that takes the queue's place while that is written. */
	uint64_t lost;		/* Lines that found no room, and were not told of yet. */
	int64_t stop_by_ns;	/* When the writer is to give up; 0 while it is not to stop. */
	bool ended;		/* The writer has done its last. */
};

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

void logger_format(struct buffer *buffer, bool json, int64_t time_ns, enum log_level level,
	const char *subject, const char *message)
{
	char safe_subject[SUBJECT_MAX];
	char safe_message[LOG_MESSAGE_MAX];
	snprintf(safe_subject, sizeof(safe_subject), "%s", subject != NULL ? subject : "");
	snprintf(safe_message, sizeof(safe_message), "%s", message);
	utf8_sanitize(safe_subject);
	utf8_sanitize(safe_message);
	const char *name = log_level_name(level);
	if (!json) {
		append_time(buffer, time_ns);
		buffer_append_format(buffer, " %-7s %s%s%s\n", name, safe_subject,
			subject != NULL ? ": " : "", safe_message);
		return;
	}
	buffer_append_text(buffer, "{\"time\":\"");
	append_time(buffer, time_ns);
	buffer_append_format(buffer, "\",\"level\":\"%s\"", name);
	if (subject != NULL) {
		buffer_append_text(buffer, ",\"target\":");
		append_json_string(buffer, safe_subject);
	}
	buffer_append_text(buffer, ",\"message\":");
	append_json_string(buffer, safe_message);
	buffer_append_text(buffer, "}\n");
}

enum log_level logger_level_of(const char *line, size_t length)
{
	/* Behind "{"time":"2026-11-22T20:51:36.123Z","level":"" or the time alone. */
	size_t at = length > 0 && line[0] == '{' ? 44 : 25;
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		const char *name = log_level_name((enum log_level)level);
		size_t name_length = strlen(name);
		if (length >= at + name_length && memcmp(line + at, name, name_length) == 0)
			return (enum log_level)level;
	}
	return LOG_LEVEL_INFO;
}

void logger_write(void *context, enum log_level level, const char *subject, const char *message)
{
	struct logger *logger = context;
	struct buffer line = {0};
	logger_format(&line, logger->json, clock_wall().unix_ns, level, subject, message);
	pthread_mutex_lock(&logger->mutex);
	if (line.failed || line.length > QUEUE_MAX - logger->queue.length)
		logger->lost++;
	else
		buffer_append(&logger->queue, line.data, line.length);
	pthread_cond_broadcast(&logger->changed);
	pthread_mutex_unlock(&logger->mutex);
	buffer_clear(&line);
}

static bool time_is_up(struct logger *logger)
{
	pthread_mutex_lock(&logger->mutex);
	int64_t stop_by_ns = logger->stop_by_ns;
	pthread_mutex_unlock(&logger->mutex);
	return stop_by_ns != 0 && clock_monotonic_ns() >= stop_by_ns;
}

/* How much of the lines to write at once: whole lines, if one fits. */
static size_t first_write(const char *lines, size_t length)
{
	if (length <= OUTPUT_AT_ONCE)
		return length;
	size_t whole = OUTPUT_AT_ONCE;
	while (whole > 0 && lines[whole - 1] != '\n')
		whole--;
	return whole > 0 ? whole : OUTPUT_AT_ONCE;
}

/* Returns whether the writer may go on: false once the time of logger_stop() is up. */
static bool write_lines(struct logger *logger, const struct buffer *lines)
{
	for (size_t at = 0; at < lines->length;) {
		if (time_is_up(logger))
			return false;
		if (!output_is_ready(logger->fd, POLL_MS))
			continue;
		size_t length = first_write(lines->data + at, lines->length - at);
		ssize_t written = output_write(logger->fd, lines->data + at, length);
		if (written >= 0)
			at += (size_t)written;
		else if (written != -EINTR && written != -EAGAIN)
			/* Nobody will ever read this, and there is nowhere to complain. */
			return true;
	}
	return true;
}

static void append_lost(struct buffer *lines, bool json, uint64_t lost)
{
	char message[64];
	snprintf(message, sizeof(message), "%llu messages lost: nobody read them in time",
		(unsigned long long)lost);
	logger_format(lines, json, clock_wall().unix_ns, LOG_LEVEL_WARNING, NULL, message);
}

static void *write_queued(void *context)
{
	struct logger *logger = context;
	pthread_mutex_lock(&logger->mutex);
	for (bool go_on = true; go_on;) {
		while (logger->queue.length == 0 && logger->lost == 0 && logger->stop_by_ns == 0)
			pthread_cond_wait(&logger->changed, &logger->mutex);
		if (logger->queue.length == 0 && logger->lost == 0)
			break;
		struct buffer lines = logger->queue;
		logger->queue = logger->spare;
		logger->queue.length = 0;
		uint64_t lost = logger->lost;
		logger->lost = 0;
		pthread_mutex_unlock(&logger->mutex);
		/* What was lost came after all that found room. */
		if (lost > 0)
			append_lost(&lines, logger->json, lost);
		go_on = write_lines(logger, &lines);
		pthread_mutex_lock(&logger->mutex);
		logger->spare = lines;
	}
	logger->ended = true;
	pthread_cond_broadcast(&logger->changed);
	pthread_mutex_unlock(&logger->mutex);
	return NULL;
}

static void logger_free(struct logger *logger)
{
	pthread_cond_destroy(&logger->changed);
	pthread_mutex_destroy(&logger->mutex);
	buffer_clear(&logger->queue);
	buffer_clear(&logger->spare);
	free(logger);
}

int logger_start(int fd, bool json, struct logger **logger)
{
	struct logger *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return -ENOMEM;
	made->fd = fd;
	made->json = json;
	thread_condition_init(&made->changed);
	pthread_mutex_init(&made->mutex, NULL);
	int error = buffer_reserve(&made->queue, QUEUE_MAX + LOST_LINE_MAX);
	if (error == 0)
		error = buffer_reserve(&made->spare, QUEUE_MAX + LOST_LINE_MAX);
	if (error == 0)
		error = thread_start(&made->thread, "logger", write_queued, made);
	if (error != 0) {
		logger_free(made);
		return error;
	}
	*logger = made;
	return 0;
}

void logger_stop(struct logger *logger)
{
	if (logger == NULL)
		return;
	pthread_mutex_lock(&logger->mutex);
	logger->stop_by_ns = clock_monotonic_ns() + STOP_NS;
	pthread_cond_broadcast(&logger->changed);
	/* A writer that can look at the clock has done so by then. */
	int64_t wait_until_ns = logger->stop_by_ns + 2 * NS_PER_MS * POLL_MS;
	int waited = 0;
	while (!logger->ended && waited == 0)
		waited = thread_wait_until(&logger->changed, &logger->mutex, wait_until_ns);
	bool ended = logger->ended;
	pthread_mutex_unlock(&logger->mutex);
	if (!ended) {
		pthread_detach(logger->thread);
		return;
	}
	pthread_join(logger->thread, NULL);
	logger_free(logger);
}
