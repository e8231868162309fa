/* SPDX-License-Identifier: MIT */
/*
 * The file that defines a service for systemd or launchd. It has SERVICE_MARK near its beginning;
 * no file without it is ever changed.
 */
#ifndef SERVICE_SERVICE_FILE_H
#define SERVICE_SERVICE_FILE_H

#include "base/buffer.h"
#include "base/text_error.h"

enum service_file_state {
	SERVICE_FILE_ABSENT,
	SERVICE_FILE_OURS,
	SERVICE_FILE_FOREIGN, /* Without the mark, not a regular file, or unreadable. */
};

enum service_file_state service_file_look(const char *path);

/*
 * Writes a file that anyone may read, as a whole or not at all, even in a crash. Never replaces a
 * file. Returns 0, or a negative errno with error (-EEXIST where there is one).
 */
int service_file_create(const char *path, const struct buffer *text, struct text_error *error);

/*
 * Renames a file, within its folder, so that no service manager sees it. *aside: its new path,
 * which the caller frees with free(). Returns 0, or a negative errno with error.
 */
int service_file_set_aside(const char *path, char **aside, struct text_error *error);

/* Undoes that. */
void service_file_put_back(const char *aside, const char *path);

/* Removes a file of either path. Returns 0, or a negative errno with error, which may be NULL. */
int service_file_remove(const char *path, struct text_error *error);

#endif
