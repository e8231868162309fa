/* SPDX-License-Identifier: MIT */
#include "config/target_list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define CAPACITY_MIN 16

/*
 * Open addressing with linear probing, at most half full. A slot is a position in the list plus
 * one; 0 is a free slot.
 */
struct target_index {
	size_t size; /* A power of two. */
	size_t slots[];
};

/* FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv). */
static uint64_t hash_name(const char *name)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
	return hash;
}

/* Returns the slot that holds the target of that name, or the free one where it belongs. */
static size_t *index_slot(
	struct target_index *index, const struct target_config *targets, const char *name)
{
	size_t mask = index->size - 1;
	size_t at = (size_t)hash_name(name) & mask;
	while (index->slots[at] != 0 && strcmp(targets[index->slots[at] - 1].name, name) != 0)
		at = (at + 1) & mask;
	return &index->slots[at];
}

/* Makes room for one more target in list and index. */
static int reserve(struct target_list *list)
{
	if (list->count < list->capacity)
		return 0;
	size_t capacity = list->capacity == 0 ? CAPACITY_MIN : list->capacity * 2;
	struct target_config *targets =
		reallocarray(list->targets, capacity, sizeof(*list->targets));
	if (targets == NULL)
		return -ENOMEM;
	list->targets = targets;
	struct target_index *index =
		calloc(1, sizeof(*index) + 2 * capacity * sizeof(index->slots[0]));
	if (index == NULL)
		return -ENOMEM;
	index->size = 2 * capacity;
	for (size_t i = 0; i < list->count; i++)
		*index_slot(index, targets, targets[i].name) = i + 1;
	free(list->index);
	list->index = index;
	list->capacity = capacity;
	return 0;
}

/* Returns NULL, or what is wrong with a name. */
static const char *check_name(const char *name, size_t length)
{
	if (length == 0)
		return "is empty";
	if (!utf8_is_valid(name, length))
		return "is not valid UTF-8";
	if (utf8_has_control(name, length))
		return "has a control character";
	if (memchr(name, '/', length) != NULL)
		return "has a '/', which is not allowed";
	if (length > TARGET_NAME_MAX)
		return "is too long; 127 bytes are allowed";
	return NULL;
}

static int refuse(
	struct text_error *error, const char *name, const char *culprit, const char *reason)
{
	/* Long names are cut, so that the reason is not. */
	const char *more = strlen(name) > TARGET_NAME_MAX ? "..." : "";
	text_error_set(
		error, 0, "target \"%.*s%s\": %s %s", TARGET_NAME_MAX, name, more, culprit, reason);
	return -EINVAL;
}

int target_list_add(
	struct target_list *list, const char *name, const char *address, struct text_error *error)
{
	const char *reason = check_name(name, strlen(name));
	if (reason != NULL)
		return refuse(error, name, "name", reason);
	struct target_config target;
	if (endpoint_parse(address, ENDPOINT_TO_DIAL, &target.address, &reason) != 0)
		return refuse(error, name, "address", reason);
	if (list->index != NULL && *index_slot(list->index, list->targets, name) != 0)
		return refuse(error, name, "name", "is used twice");
	target.name = strdup(name);
	if (target.name == NULL || reserve(list) != 0) {
		free(target.name);
		text_error_set(error, 0, "target \"%s\": out of memory", name);
		return -ENOMEM;
	}
	*index_slot(list->index, list->targets, name) = list->count + 1;
	list->targets[list->count++] = target;
	return 0;
}

int target_list_copy(const struct target_list *list, struct target_list *copy)
{
	struct target_list result = {0};
	for (size_t i = 0; i < list->count; i++) {
		if (reserve(&result) != 0)
			goto fail;
		struct target_config *target = &result.targets[i];
		target->address = list->targets[i].address;
		target->name = strdup(list->targets[i].name);
		if (target->name == NULL)
			goto fail;
		*index_slot(result.index, result.targets, target->name) = i + 1;
		result.count++;
	}
	*copy = result;
	return 0;
fail:
	target_list_clear(&result);
	return -ENOMEM;
}

void target_list_clear(struct target_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->targets[i].name);
	free(list->targets);
	free(list->index);
	*list = (struct target_list){0};
}
