/* SPDX-License-Identifier: MIT */
/* Opening files, and how many may be open. */
#ifndef BASE_FILES_H
#define BASE_FILES_H

#include <stdint.h>

/*
 * Opens a regular file for reading, as the bytes that it has. path: UTF-8. Returns 0 with *fd
 * (owned by the caller, for read() and close()), or a negative errno: -EISDIR for a folder, -EINVAL
 * for what else is no regular file.
 */
int files_open_regular(const char *path, int *fd);

/* How many descriptors this process may have open; INT64_MAX where there is no limit to speak of.
 */
int64_t files_limit(void);

/* Raises that limit as far as it is allowed. Where it fails, files_limit() says what is left. */
void files_raise_limit(void);

#endif
