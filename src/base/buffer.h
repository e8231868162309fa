/* SPDX-License-Identifier: MIT */
/* A growing array of bytes, in which expositions, pages and messages are put together. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Stored by the caller; all zero is an empty buffer. After a failed allocation it keeps what it
 * has, takes nothing more, and failed is set: callers check once, at the end.
 */
struct buffer {
	char *data; /* Owned; not NUL-terminated. NULL while empty. */
	size_t length;
	size_t capacity; /* Of data; a failed buffer claims no more than length. */
	bool failed;
};

/*
 * Makes room for `more` bytes behind those that are there; at least doubles the capacity when it
 * grows. Returns 0, or -ENOMEM with failed set.
 */
int buffer_reserve(struct buffer *buffer, size_t more);

/* The slow path of buffer_append(): makes room first. */
void buffer_append_growing(struct buffer *buffer, const void *data, size_t length);

/* The functions that append report a lack of memory in failed alone. data: copied. */
static inline void buffer_append(struct buffer *buffer, const void *data, size_t length)
{
	/* A failed buffer has no room left, so this one check is enough. */
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

/* As printf(); a conversion error sets failed, too. */
void buffer_append_format(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Hands the bytes over to the caller, who releases them with free(). Returns NULL with *length 0
 * if the buffer is empty or has failed. Afterwards it is empty, and failed is cleared.
 */
char *buffer_release(struct buffer *buffer, size_t *length);

/* Frees the bytes. Afterwards the buffer is empty, and failed is cleared. */
void buffer_clear(struct buffer *buffer);

#endif
