/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CAPACITY_MIN 256

static int fail(struct buffer *buffer)
{
	buffer->failed = true;
	buffer->capacity = buffer->length;
	return -ENOMEM;
}

int buffer_reserve(struct buffer *buffer, size_t more)
{
	if (buffer->failed)
		return -ENOMEM;
	if (more <= buffer->capacity - buffer->length)
		return 0;
	/* Far below SIZE_MAX, so that neither the sum nor doubling can overflow. */
	if (more > SIZE_MAX / 4 || buffer->length > SIZE_MAX / 4)
		return fail(buffer);
	size_t capacity = buffer->capacity * 2;
	if (capacity < CAPACITY_MIN)
		capacity = CAPACITY_MIN;
	if (capacity < buffer->length + more)
		capacity = buffer->length + more;
	char *data = realloc(buffer->data, capacity);
	if (!data)
		return fail(buffer);
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

void buffer_append_growing(struct buffer *buffer, const void *data, size_t length)
{
	if (buffer_reserve(buffer, length) == 0)
		buffer_append(buffer, data, length);
}

void buffer_append_unsigned(struct buffer *buffer, uint64_t value)
{
	/* Two digits for each division: megabytes of expositions are mostly numbers. */
	static const char pairs[] = "00010203040506070809"
				    "10111213141516171819"
				    "20212223242526272829"
				    "30313233343536373839"
				    "40414243444546474849"
				    "50515253545556575859"
				    "60616263646566676869"
				    "70717273747576777879"
				    "80818283848586878889"
				    "90919293949596979899";
	char text[20];
	size_t at = sizeof(text);
	while (value >= 100) {
		at -= 2;
		memcpy(text + at, pairs + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10) {
		at -= 2;
		memcpy(text + at, pairs + value * 2, 2);
	} else {
		text[--at] = (char)('0' + value);
	}
	buffer_append(buffer, text + at, sizeof(text) - at);
}

__attribute__((format(printf, 2, 0))) static int format_into(
	struct buffer *buffer, const char *format, va_list arguments)
{
	size_t room = buffer->capacity - buffer->length;
	char *end = room > 0 ? buffer->data + buffer->length : NULL;
	return vsnprintf(end, room, format, arguments);
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int wanted = format_into(buffer, format, arguments);
	va_end(arguments);
	if (wanted >= 0 && (size_t)wanted >= buffer->capacity - buffer->length) {
		/* One more for the NUL, which vsnprintf() always writes. */
		if (buffer_reserve(buffer, (size_t)wanted + 1))
			return;
		va_start(arguments, format);
		wanted = format_into(buffer, format, arguments);
		va_end(arguments);
	}
	if (wanted < 0)
		fail(buffer);
	else
		buffer->length += (size_t)wanted;
}

char *buffer_release(struct buffer *buffer, size_t *length)
{
	if (buffer->failed)
		buffer_clear(buffer);
	char *data = buffer->data;
	*length = buffer->length;
	*buffer = (struct buffer){0};
	return data;
}

void buffer_clear(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}
