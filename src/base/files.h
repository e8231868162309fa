/* SPDX-License-Identifier: MIT */
/* Opens and watches regular files; the limit of open descriptors. */
#ifndef BASE_FILES_H
#define BASE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file_names.h"

/*
 * Opens a regular file for reading, in binary mode. path: UTF-8. Returns 0 with *fd (owned by the
 * caller, for read() and close()), or a negative errno: -EISDIR for a folder, -EINVAL for anything
 * else that is not a regular file, else as open().
 */
int files_open_regular(const char *path, int *fd);

/* What tells one state of a file from another. All zero is a file that does not exist. */
struct file_state {
	bool exists;
	uint64_t device;     /* 0 on Windows. */
	uint64_t inode;	     /* Likewise. */
	int64_t size;	     /* In bytes. */
	int64_t modified_ns; /* Its content, by the real-time clock. */
	int64_t changed_ns; /* Content or anything else, such as its permissions; on Windows, when it was made. */
};

/* Reads the state of a file, or of what a link leads to. One whose state cannot be read does not exist. */
void files_state(const char *path, struct file_state *state);

static inline bool file_state_is_same(const struct file_state *a, const struct file_state *b)
{
	return a->exists == b->exists && a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->modified_ns == b->modified_ns &&
	       a->changed_ns == b->changed_ns;
}

/* Whether a path has one of the characters * ? [ and so stands for any number of files. */
bool files_is_pattern(const char *path);

/*
 * Finds the files that a pattern means, as glob(7) has it; on Windows * and ? in the last part of the path alone. Those
 * whose names begin with a dot are left out, unless the pattern has it. Returns 0 with *names overwritten, sorted, to
 * be cleared by the caller; or a negative errno where a folder cannot be read.
 */
int files_match(const char *pattern, struct file_names *names);

/* How many descriptors this process may have open at once; INT64_MAX if there is no limit. */
int64_t files_limit(void);

/* Raises that limit as far as allowed, up to `most`. On failure it stays as it was. */
void files_raise_limit(int64_t most);

#endif
