/* SPDX-License-Identifier: MIT */
#include "base/file_text.h"

#include <errno.h>
#include <unistd.h>

#include "base/error_text.h"
#include "base/files.h"

#define READ_SIZE ((size_t)64 * 1024)
#define MIB ((size_t)1024 * 1024)

/* Reads all that is left, and a NUL. Returns 0 or a negative errno. */
static int read_all(int fd, size_t most, struct buffer *text)
{
	size_t start = text->length;
	for (;;) {
		if (text->length - start > most)
			return -EFBIG;
		if (buffer_reserve(text, READ_SIZE) != 0)
			return -ENOMEM;
		ssize_t got = read(fd, text->data + text->length, READ_SIZE);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		if (got > 0)
			text->length += (size_t)got;
	}
	buffer_append(text, "", 1);
	return text->failed ? -ENOMEM : 0;
}

static int refuse(int result, const char *path, size_t most, struct text_error *error)
{
	if (result == -EFBIG) {
		text_error_set(error, 0, "%s: is larger than %zu MiB", path, most / MIB);
	} else if (result == -EINVAL) {
		text_error_set(error, 0, "%s: is not a regular file", path);
	} else {
		char why[ERROR_TEXT_MAX];
		error_text(-result, why);
		text_error_set(error, 0, "%s: cannot be read: %s", path, why);
	}
	return result;
}

int file_text_read(const char *path, size_t most, struct buffer *text, struct text_error *error)
{
	int fd = -1;
	int result = files_open_regular(path, &fd);
	if (result == 0) {
		result = read_all(fd, most, text);
		close(fd);
	}
	return result == 0 ? 0 : refuse(result, path, most, error);
}
