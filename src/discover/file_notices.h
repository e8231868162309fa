/* SPDX-License-Identifier: MIT */
/*
 * Tells that files may have changed, so that nobody has to look again and again: by inotify(7). Where the system has
 * nothing like it, or a file is where changes go unnoticed, this says so, and somebody has to look.
 */
#ifndef DISCOVER_FILE_NOTICES_H
#define DISCOVER_FILE_NOTICES_H

#include <stdbool.h>

struct file_notices;

/* Returns 0 with *notices owned by the caller, or a negative errno: -ENOSYS where the system has none. */
int file_notices_open(struct file_notices **notices);

/* NULL is accepted. */
void file_notices_close(struct file_notices *notices);

/* Readable once something has happened. */
int file_notices_fd(const struct file_notices *notices);

/*
 * From here to file_notices_settle() all that matters is named. What was named before and is not now is forgotten.
 */
void file_notices_begin(struct file_notices *notices);

/*
 * Names a file, or a folder whose files may come and go, which need not exist: it, and each folder and link on the path
 * to it.
 */
void file_notices_add(struct file_notices *notices, const char *path);

/* Whether all that was named since the beginning is watched. */
bool file_notices_are_complete(const struct file_notices *notices);

/*
 * Takes what has happened so far. Call it before the files are looked at. Returns whether whatever happens from now on
 * will be noticed.
 */
bool file_notices_settle(struct file_notices *notices);

#endif
