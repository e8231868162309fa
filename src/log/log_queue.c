/* SPDX-License-Identifier: MIT */
#include "log/log_queue.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* No line of log_line.h is shorter than 32 bytes, so that the bytes run out before these do. */
#define LINES_MAX (LOG_QUEUE_MAX / 32)

struct log_record {
	enum log_level level;
	uint32_t length; /* What has not gone out yet. */
};

struct log_queue {
	size_t length;	/* Of bytes, including those that have gone out. */
	size_t gone;	/* How many of them have. */
	size_t count;	/* Of records, including those that have gone out. */
	size_t current; /* The first record that has not gone out whole. */
	struct log_record records[LINES_MAX + 1];
	char bytes[LOG_QUEUE_MAX + LOG_QUEUE_LAST_MAX];
};

struct log_queue *log_queue_new(void)
{
	return calloc(1, sizeof(struct log_queue));
}

void log_queue_free(struct log_queue *queue)
{
	free(queue);
}

static bool add(struct log_queue *queue, enum log_level level, const char *line, size_t length,
	size_t bytes_max, size_t lines_max)
{
	/* Behind a last line there may be more than bytes_max. */
	if (queue->count >= lines_max || queue->length > bytes_max ||
		length > bytes_max - queue->length)
		return false;
	memcpy(queue->bytes + queue->length, line, length);
	queue->length += length;
	queue->records[queue->count++] =
		(struct log_record){.level = level, .length = (uint32_t)length};
	return true;
}

bool log_queue_add(struct log_queue *queue, enum log_level level, const char *line, size_t length)
{
	return add(queue, level, line, length, LOG_QUEUE_MAX, LINES_MAX);
}

bool log_queue_add_last(
	struct log_queue *queue, enum log_level level, const char *line, size_t length)
{
	return add(queue, level, line, length, LOG_QUEUE_MAX + LOG_QUEUE_LAST_MAX, LINES_MAX + 1);
}

struct log_chunk log_queue_next(const struct log_queue *queue, size_t most)
{
	if (queue->current == queue->count)
		return (struct log_chunk){.length = 0};
	const struct log_record *record = &queue->records[queue->current];
	const struct log_record *end = &queue->records[queue->count];
	struct log_chunk chunk = {.level = record->level, .bytes = queue->bytes + queue->gone};
	chunk.length = most == 0 || record->length < most ? record->length : most;
	while (++record < end && chunk.length + record->length <= most)
		chunk.length += record->length;
	return chunk;
}

void log_queue_drop(struct log_queue *queue, size_t length)
{
	queue->gone += length;
	while (length > 0) {
		struct log_record *record = &queue->records[queue->current];
		size_t part = length < record->length ? length : record->length;
		record->length -= (uint32_t)part;
		length -= part;
		if (record->length == 0)
			queue->current++;
	}
}

void log_queue_clear(struct log_queue *queue)
{
	queue->length = 0;
	queue->gone = 0;
	queue->count = 0;
	queue->current = 0;
}
