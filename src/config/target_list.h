/* SPDX-License-Identifier: MIT */
/* The targets that were asked for: names that are unique and fit every place they go to. */
#ifndef CONFIG_TARGET_LIST_H
#define CONFIG_TARGET_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/labels.h"
#include "base/text_error.h"
#include "config/target_options.h"

/* collectd cuts identifiers beyond this many bytes without a word. */
#define TARGET_NAME_MAX 127

struct target_config {
	/* Owned. Valid UTF-8, 1 to TARGET_NAME_MAX bytes, no control characters, no '/'. */
	char *name;
	struct endpoint address;       /* An empty host means localhost. */
	struct target_options options; /* Complete and checked, unless the defaults are to come. */
	uint64_t own;		       /* Which options it was given itself, as in options.given. */
	struct labels labels;	       /* Owned. */
};

/* A target as it is asked for; all borrowed. */
struct target_request {
	const char *name;
	const char *address;
	const struct target_options *options; /* Its own. NULL: none. */
	/* What holds for the rest. NULL: not known yet, and the list not complete before
	 * target_list_complete(). */
	const struct target_options *defaults;
	const struct labels *labels; /* NULL: none. */
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
 * Appends a target; name and address are text as the user wrote them. Completes its options with the
 * defaults, and checks that they go together with one another and the address. Returns 0, or -ENOMEM
 * or -EINVAL with the reason in error (`target "a": address has no port`, `target "a": interval:
 * ...`) and the list untouched.
 */
int target_list_request(
	struct target_list *list, const struct target_request *request, struct text_error *error);

/* The same for a target of a name and an address alone. */
int target_list_add(struct target_list *list, const char *name, const char *address,
	const struct target_options *defaults, struct text_error *error);

/* Completes and checks the targets that were asked for without defaults. Returns 0, or -EINVAL with
 * the reason in error. */
int target_list_complete(
	struct target_list *list, const struct target_options *defaults, struct text_error *error);

/* The place of the target of that name, or list->count. */
size_t target_list_find(const struct target_list *list, const char *name);

/* Whether they have the same targets, which are probed alike and have the same labels, in any order. */
bool target_lists_are_equal(const struct target_list *a, const struct target_list *b);

/* Appends a deep copy of another list's target. As target_list_request() otherwise. */
int target_list_append(
	struct target_list *list, const struct target_config *target, struct text_error *error);

/*
 * Deep copy. Returns 0 with *copy overwritten (what it held is not released), or -ENOMEM with *copy
 * untouched.
 */
int target_list_copy(const struct target_list *list, struct target_list *copy);

/* Frees what it holds; empty afterwards. */
void target_list_clear(struct target_list *list);

#endif
