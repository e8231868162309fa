/* SPDX-License-Identifier: MIT */
/*
 * The file by which a service manager knows of a service, as systemd and launchd have it. It bears
 * SERVICE_MARK near its begin; no other is ever changed.
 */
#ifndef EXPORTER_SERVICE_FILE_H
#define EXPORTER_SERVICE_FILE_H

#include "base/buffer.h"
#include "base/text_error.h"

enum service_file_state {
	SERVICE_FILE_ABSENT,
	SERVICE_FILE_OURS,
	SERVICE_FILE_FOREIGN, /* Without the mark, no regular file, or not to be read. */
};

enum service_file_state service_file_look(const char *path);

/*
 * Writes a file that anyone may read, as a whole or not at all, and safe from a crash. Never takes
 * another's place. Returns 0, or a negative errno with error.
 */
int service_file_create(const char *path, const struct buffer *text, struct text_error *error);

/*
 * Renames a file to where no service manager looks, in the same folder. *aside: its path, owned by
 * the caller: free(). Returns 0, or a negative errno with error.
 */
int service_file_set_aside(const char *path, char **aside, struct text_error *error);

/* Takes it back to path. */
void service_file_put_back(const char *aside, const char *path);

/* Removes it, or what service_file_create() has made. Returns 0, or a negative errno with error,
 * which may be NULL. */
int service_file_remove(const char *path, struct text_error *error);

#endif
