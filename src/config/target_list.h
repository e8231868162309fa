/* SPDX-License-Identifier: MIT */
/* The targets that were asked for: names that are unique and fit every place they go to. */
#ifndef CONFIG_TARGET_LIST_H
#define CONFIG_TARGET_LIST_H

#include <stddef.h>

#include "base/endpoint.h"
#include "base/text_error.h"

/* collectd cuts identifiers beyond this many bytes without a word. */
#define TARGET_NAME_MAX 127

struct target_config {
	/* Owned. Valid UTF-8, 1 to TARGET_NAME_MAX bytes, no control characters, no '/'. */
	char *name;
	struct endpoint address; /* An empty host means localhost. */
};

/* Finds targets by name, so that unique names cost little at 10,000 targets. Private. */
struct target_index;

/* All zero is an empty list. Stored by the caller. */
struct target_list {
	struct target_config *targets; /* Owned. */
	size_t count;
	size_t capacity;
	struct target_index *index; /* Owned; NULL until the first target. */
};

/*
 * Appends a target; name and address are text as the user wrote them. Returns 0, or -ENOMEM or
 * -EINVAL with the reason in error (`target "a": address has no port`, `target "a": name is used
 * twice`) and the list untouched.
 */
int target_list_add(
	struct target_list *list, const char *name, const char *address, struct text_error *error);

/*
 * Deep copy. Returns 0 with *copy overwritten (what it held is not released), or -ENOMEM with *copy
 * untouched.
 */
int target_list_copy(const struct target_list *list, struct target_list *copy);

/* Frees what it holds; empty afterwards. */
void target_list_clear(struct target_list *list);

#endif
