/* SPDX-License-Identifier: MIT */
#include "log/logger.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/thread.h"
#include "log/log_line.h"
#include "log/log_queue.h"
#include "log/output.h"

/*
 * How long logger_stop() waits for a writer that cannot write, and how much longer for one that can: on a busy machine
 * it may just not have had its turn.
 */
#define STOP_NS (200 * NS_PER_MS)
#define GRACE_NS (500 * NS_PER_MS)

/* How often a writer that cannot write checks whether it should stop. */
#define POLL_MS 25

struct logger {
	int fd;
	enum log_format format;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;	 /* Something below has changed. */
	struct log_queue *queue; /* Filled by those who log. */
	struct log_queue *spare; /* Takes its place while the writer writes it. */
	uint64_t lost;		 /* Lines that found no room and have not been reported. */
	int64_t stop_by_ns; /* When a writer gives up that cannot write, monotonic; 0 while it may run. */
	bool ended;	    /* The writer has written its last line. */
};

void logger_write(void *context, enum log_level level, const char *subject, const char *message)
{
	struct logger *logger = context;
	struct buffer line = {0};
	log_line_append(&line, logger->format, clock_wall().unix_ns, level, subject, message);
	pthread_mutex_lock(&logger->mutex);
	if (line.failed || !log_queue_add(logger->queue, level, line.data, line.length))
		logger->lost++;
	pthread_cond_broadcast(&logger->changed);
	pthread_mutex_unlock(&logger->mutex);
	buffer_clear(&line);
}

static bool time_is_up(struct logger *logger, int64_t grace_ns)
{
	pthread_mutex_lock(&logger->mutex);
	int64_t stop_by_ns = logger->stop_by_ns;
	pthread_mutex_unlock(&logger->mutex);
	return stop_by_ns != 0 && clock_monotonic_ns() >= stop_by_ns + grace_ns;
}

/* Returns whether the writer may continue: false once the time of logger_stop() is up. */
static bool write_lines(struct logger *logger, struct log_queue *lines)
{
	const size_t at_once = output_at_once(logger->fd);
	for (;;) {
		const struct log_chunk chunk = log_queue_next(lines, at_once);
		if (chunk.length == 0)
			return true;
		bool is_ready = output_is_ready(logger->fd, POLL_MS);
		if (time_is_up(logger, is_ready ? GRACE_NS : 0))
			return false;
		if (!is_ready)
			continue;
		ssize_t written = output_write(logger->fd, chunk.level, chunk.bytes, chunk.length);
		if (written >= 0)
			log_queue_drop(lines, (size_t)written);
		else if (written != -EINTR && written != -EAGAIN)
			/* Nobody will ever read this, and there is nowhere to complain. */
			return true;
	}
}

static void add_lost(struct log_queue *lines, enum log_format format, uint64_t lost)
{
	char message[64];
	struct buffer line = {0};
	snprintf(message, sizeof(message), "%" PRIu64 " messages lost: they were not read in time",
		lost);
	log_line_append(&line, format, clock_wall().unix_ns, LOG_LEVEL_WARNING, NULL, message);
	if (!line.failed)
		log_queue_add_last(lines, LOG_LEVEL_WARNING, line.data, line.length);
	buffer_clear(&line);
}

static bool has_work(const struct logger *logger)
{
	return logger->lost > 0 || log_queue_next(logger->queue, 0).length > 0;
}

static void *write_queued(void *context)
{
	struct logger *logger = context;
	pthread_mutex_lock(&logger->mutex);
	for (bool may_continue = true; may_continue;) {
		while (!has_work(logger) && logger->stop_by_ns == 0)
			pthread_cond_wait(&logger->changed, &logger->mutex);
		if (!has_work(logger))
			break;
		struct log_queue *lines = logger->queue;
		logger->queue = logger->spare;
		uint64_t lost = logger->lost;
		logger->lost = 0;
		pthread_mutex_unlock(&logger->mutex);
		/* What was lost came after everything that found room. */
		if (lost > 0)
			add_lost(lines, logger->format, lost);
		may_continue = write_lines(logger, lines);
		log_queue_clear(lines);
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
	log_queue_free(logger->queue);
	log_queue_free(logger->spare);
	free(logger);
}

int logger_start(int fd, enum log_format format, struct logger **logger)
{
	struct logger *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->fd = fd;
	made->format = format;
	thread_condition_init(&made->changed);
	pthread_mutex_init(&made->mutex, NULL);
	made->queue = log_queue_new();
	made->spare = log_queue_new();
	int error = made->queue && made->spare ? 0 : -ENOMEM;
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
	if (!logger)
		return;
	pthread_mutex_lock(&logger->mutex);
	logger->stop_by_ns = clock_monotonic_ns() + STOP_NS;
	pthread_cond_broadcast(&logger->changed);
	/* A writer that can look at the clock has done so by then. */
	int64_t wait_until_ns = logger->stop_by_ns + GRACE_NS + 2 * NS_PER_MS * POLL_MS;
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
