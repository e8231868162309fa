/* SPDX-License-Identifier: MIT */
#include "config/target_list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
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

/* Returns the slot that holds the target of that name, or the free one where it belongs. */
static size_t *index_slot(
	struct target_index *index, const struct target_config *targets, const char *name)
{
	size_t mask = index->size - 1;
	size_t at = (size_t)fnv1a_64(FNV1A_64_START, name, strlen(name)) & mask;
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
	if (capacity > SIZE_MAX / sizeof(*list->targets))
		return -ENOMEM;
	struct target_config *targets = realloc(list->targets, capacity * sizeof(*targets));
	if (!targets)
		return -ENOMEM;
	list->targets = targets;
	struct target_index *index =
		calloc(1, sizeof(*index) + 2 * capacity * sizeof(index->slots[0]));
	if (!index)
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
		return "is too long; allowed: 127 bytes";
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

static void target_clear(struct target_config *target)
{
	free(target->name);
	labels_clear(&target->labels);
}

/* Puts a target in that is right in itself. It is the list's on success, and else as it was. */
static int put(
	struct target_list *list, const struct target_config *target, struct text_error *error)
{
	if (list->index && *index_slot(list->index, list->targets, target->name) != 0)
		return refuse(error, target->name, "name", "is used twice");
	if (reserve(list) != 0) {
		text_error_set(error, 0, "target \"%s\": out of memory", target->name);
		return -ENOMEM;
	}
	*index_slot(list->index, list->targets, target->name) = list->count + 1;
	list->targets[list->count++] = *target;
	return 0;
}

/* Makes a target of copies, and puts it in. */
static int put_copy(struct target_list *list, const char *name, const struct target_config *like,
	struct text_error *error)
{
	struct target_config copy = *like;
	copy.labels = (struct labels){0};
	copy.name = strdup(name);
	if (!copy.name || labels_copy(&like->labels, &copy.labels) != 0) {
		free(copy.name);
		text_error_set(error, 0, "target \"%s\": out of memory", name);
		return -ENOMEM;
	}
	int result = put(list, &copy, error);
	if (result != 0)
		target_clear(&copy);
	return result;
}

int target_list_append(
	struct target_list *list, const struct target_config *target, struct text_error *error)
{
	return put_copy(list, target->name, target, error);
}

/* Fills in what it was not given, and checks all of it. */
static int complete(struct target_config *target, const char *name,
	const struct target_options *defaults, struct text_error *error)
{
	target_options_inherit(&target->options, defaults);
	struct text_error wrong;
	int result = target_options_check(&target->options, &target->address, &wrong);
	if (result != 0)
		text_error_set(error, 0, "target \"%s\": %s", name, wrong.reason);
	return result;
}

int target_list_request(
	struct target_list *list, const struct target_request *request, struct text_error *error)
{
	const char *name = request->name;
	const char *reason = check_name(name, strlen(name));
	if (reason)
		return refuse(error, name, "name", reason);
	struct target_config like = {0};
	if (endpoint_parse(request->address, ENDPOINT_TO_DIAL, &like.address, &reason) != 0)
		return refuse(error, name, "address", reason);
	if (request->options)
		like.options = *request->options;
	if (request->labels)
		like.labels = *request->labels;
	like.own = like.options.given;
	int result = request->defaults ? complete(&like, name, request->defaults, error) : 0;
	return result == 0 ? put_copy(list, name, &like, error) : result;
}

int target_list_add(struct target_list *list, const char *name, const char *address,
	const struct target_options *defaults, struct text_error *error)
{
	const struct target_request request = {
		.name = name, .address = address, .defaults = defaults};
	return target_list_request(list, &request, error);
}

int target_list_complete(
	struct target_list *list, const struct target_options *defaults, struct text_error *error)
{
	int result = 0;
	for (size_t i = 0; i < list->count && result == 0; i++)
		result = complete(&list->targets[i], list->targets[i].name, defaults, error);
	return result;
}

size_t target_list_find(const struct target_list *list, const char *name)
{
	size_t slot = list->index ? *index_slot(list->index, list->targets, name) : 0;
	return slot == 0 ? list->count : slot - 1;
}

static bool target_is_equal(const struct target_config *a, const struct target_config *b)
{
	return a->address.port == b->address.port &&
	       strcmp(a->address.host, b->address.host) == 0 && a->own == b->own &&
	       target_options_are_equal(&a->options, &b->options) &&
	       labels_are_equal(&a->labels, &b->labels);
}

bool target_lists_are_equal(const struct target_list *a, const struct target_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		size_t at = target_list_find(b, a->targets[i].name);
		if (at == b->count || !target_is_equal(&a->targets[i], &b->targets[at]))
			return false;
	}
	return true;
}

int target_list_copy(const struct target_list *list, struct target_list *copy)
{
	struct target_list result = {0};
	for (size_t i = 0; i < list->count; i++) {
		if (target_list_append(&result, &list->targets[i], NULL) != 0) {
			target_list_clear(&result);
			return -ENOMEM;
		}
	}
	*copy = result;
	return 0;
}

void target_list_clear(struct target_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		target_clear(&list->targets[i]);
	free(list->targets);
	free(list->index);
	*list = (struct target_list){0};
}
