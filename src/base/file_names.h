/* SPDX-License-Identifier: MIT */
/* A list of paths. */
#ifndef BASE_FILE_NAMES_H
#define BASE_FILE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* All zero is none. Stored by the caller. */
struct file_names {
	char **names; /* Owned, each and all. */
	size_t count;
};

/* Sorts them by bytes. */
void file_names_sort(struct file_names *names);

/* Whether a path is among them; they are sorted. */
bool file_names_have(const struct file_names *names, const char *name);

void file_names_clear(struct file_names *names);

#endif
