/* SPDX-License-Identifier: MIT */
/* Opens regular files; the limit of open descriptors. */
#ifndef BASE_FILES_H
#define BASE_FILES_H

#include <stdint.h>

/*
 * Opens a regular file for reading, in binary mode. path: UTF-8. Returns 0 with *fd (owned by the
 * caller, for read() and close()), or a negative errno: -EISDIR for a folder, -EINVAL for anything
 * else that is not a regular file, else as open().
 */
int files_open_regular(const char *path, int *fd);

/* How many descriptors this process may have open at once; INT64_MAX if there is no limit. */
int64_t files_limit(void);

/* Raises that limit as far as allowed, up to `most`. On failure it stays as it was. */
void files_raise_limit(int64_t most);

#endif
