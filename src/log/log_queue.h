/* SPDX-License-Identifier: MIT */
/*
 * Log lines on their way to the thread that writes them: their bytes in a row, so that several
 * lines are written at once, and the level and length of each. It is bounded, and takes all its
 * memory when it is made. It has no lock: its user locks.
 */
#ifndef LOG_LOG_QUEUE_H
#define LOG_LOG_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

/* How many bytes of lines log_queue_add() accepts. */
#define LOG_QUEUE_MAX ((size_t)256 * 1024)

/* The room beyond that, for log_queue_add_last(). */
#define LOG_QUEUE_LAST_MAX ((size_t)256)

struct log_queue;

/* What is to be written next. Borrowed from the queue until it changes. */
struct log_chunk {
	enum log_level level; /* Of its first line. */
	const char *bytes;
	size_t length; /* 0: nothing is left. */
};

/* Returns an empty queue, which the caller frees with log_queue_free(); NULL: out of memory. */
struct log_queue *log_queue_new(void);

/* Accepts NULL. */
void log_queue_free(struct log_queue *queue);

/* Adds a copy of one line, of 1 byte or more. Returns whether there was room for it. */
bool log_queue_add(struct log_queue *queue, enum log_level level, const char *line, size_t length);

/* The same for one last line, which may use the room that log_queue_add() leaves. */
bool log_queue_add_last(
	struct log_queue *queue, enum log_level level, const char *line, size_t length);

/*
 * What to write next: as many whole lines as fit into `most` bytes, or the first `most` bytes of a
 * longer line. With a most of 0 it is one line, however long.
 */
struct log_chunk log_queue_next(const struct log_queue *queue, size_t most);

/* Drops what was written: length bytes, at most that of the last log_queue_next(). */
void log_queue_drop(struct log_queue *queue, size_t length);

/* Drops everything, which makes all room free again; log_queue_drop() alone frees none. */
void log_queue_clear(struct log_queue *queue);

#endif
