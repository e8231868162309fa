/* SPDX-License-Identifier: MIT */
/* Labels that a user gave a target: names and values of Prometheus's data model
 * (https://prometheus.io/docs/concepts/data_model/). */
#ifndef MEASURE_LABELS_H
#define MEASURE_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#define LABELS_MAX 32
#define LABEL_NAME_MAX 128   /* Bytes. */
#define LABEL_VALUE_MAX 1024 /* Bytes. */

/* All zero is none. Stored by the caller. */
struct labels {
	char *text;  /* Owned, mostly: name, NUL, value, NUL, and so on. NULL while empty. */
	size_t size; /* Bytes of text. */
};

/*
 * Appends one. Returns 0, or -ENOMEM or -EINVAL with *reason (static): "is no label name".
 * *is_value: whether the reason is about the value rather than the name.
 */
int labels_add(struct labels *labels, const char *name, const char *value, const char **reason,
	bool *is_value);

/* Deep copy. Returns 0 with *copy overwritten, or -ENOMEM with *copy untouched. */
int labels_copy(const struct labels *labels, struct labels *copy);

/*
 * Walks through them: returns the name behind the one that was returned last (NULL at first) with
 * its value, or NULL after the last.
 */
const char *labels_next(const struct labels *labels, const char *name, const char **value);

/* Frees what it holds; empty afterwards. */
void labels_clear(struct labels *labels);

#endif
