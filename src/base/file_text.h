/* SPDX-License-Identifier: MIT */
/* Reads a whole file of text. */
#ifndef BASE_FILE_TEXT_H
#define BASE_FILE_TEXT_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/text_error.h"

/*
 * Appends the bytes of a regular file, and a NUL. most: of bytes, in whole MiB. Returns 0; or a negative errno
 * with error, `PATH: cannot be read: permission denied`. The caller clears text in any case.
 */
int file_text_read(const char *path, size_t most, struct buffer *text, struct text_error *error);

#endif
