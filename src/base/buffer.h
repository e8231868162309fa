/* SPDX-License-Identifier: MIT */
/* Bytes that grow at the end: what expositions, pages and messages are put together in. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Stored by the caller; all zero is an empty buffer. After a failed allocation it stays as it is,
 * refuses more and says so in failed: callers check once, at the end.
 */
struct buffer {
	char *data; /* Owned; not NUL-terminated. NULL while empty. */
	size_t length;
	size_t capacity; /* Of data; a failed buffer claims no more than length. */
	bool failed;
};

/* Makes room for so many more bytes, at least doubling. Returns 0, or -ENOMEM: it has failed. */
int buffer_reserve(struct buffer *buffer, size_t more);

/* What buffer_append() does once the room does not suffice. */
void buffer_append_growing(struct buffer *buffer, const void *data, size_t length);

static inline void buffer_append(struct buffer *buffer, const void *data, size_t length)
{
	/* A failed buffer has no room left, so that this one question is enough. */
	if (length > buffer->capacity - buffer->length)
		buffer_append_growing(buffer, data, length);
	else if (length > 0) {
		memcpy(buffer->data + buffer->length, data, length);
		buffer->length += length;
	}
}

static inline void buffer_append_text(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

/* Appends value in decimal. */
void buffer_append_unsigned(struct buffer *buffer, uint64_t value);
void buffer_append_format(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Hands the bytes over: the caller frees *the result* with free(). NULL and a length of 0 where the
 * buffer is empty or has failed. The buffer is empty afterwards, and no longer failed.
 */
char *buffer_release(struct buffer *buffer, size_t *length);

/* Frees what it holds; empty afterwards, and no longer failed. */
void buffer_clear(struct buffer *buffer);

#endif
