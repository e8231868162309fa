/* SPDX-License-Identifier: MIT */
/* Names and values that belong to a target, in order. What they may be is told by their rules. */
#ifndef BASE_LABELS_H
#define BASE_LABELS_H

#include <stdbool.h>
#include <stddef.h>

/* All zero is none. Stored by the caller. */
struct labels {
	char *text;  /* Owned, mostly: name, NUL, value, NUL, and so on. NULL while empty. */
	size_t size; /* Bytes of text. */
};

/* Appends one. Returns 0 or -ENOMEM. */
int labels_append(struct labels *labels, const char *name, const char *value);

/* Deep copy. Returns 0 with *copy overwritten, or -ENOMEM with *copy untouched. */
int labels_copy(const struct labels *labels, struct labels *copy);

/* Whether they are the same, in the same order. */
bool labels_are_equal(const struct labels *a, const struct labels *b);

/*
 * Walks through them: returns the name behind the one that was returned last (NULL at first) with
 * its value, or NULL after the last.
 */
const char *labels_next(const struct labels *labels, const char *name, const char **value);

/* Frees what it holds; empty afterwards. */
void labels_clear(struct labels *labels);

#endif
