/* SPDX-License-Identifier: MIT */
#include "collectd/standing.h"

#include <stdlib.h>
#include <string.h>

struct complaint {
	int64_t since_ns;
	bool is_kept; /* Between standing_begin() and standing_sweep(). */
	char name[];
};

/* Returns the index of that target's, or where it would be inserted. */
static size_t find(const struct standing *standing, const char *name, bool *is_known)
{
	size_t low = 0;
	size_t high = standing->count;
	*is_known = false;
	while (low < high && !*is_known) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(standing->complaints[middle]->name, name);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
		*is_known = order == 0;
	}
	return *is_known ? high : low;
}

bool standing_has(const struct standing *standing, const char *name, int64_t *since_ns)
{
	bool is_known;
	size_t at = find(standing, name, &is_known);
	if (is_known)
		*since_ns = standing->complaints[at]->since_ns;
	return is_known;
}

static bool make_room(struct standing *standing)
{
	if (standing->count < standing->capacity)
		return true;
	size_t capacity = standing->capacity == 0 ? 16 : 2 * standing->capacity;
	struct complaint **complaints =
		reallocarray(standing->complaints, capacity, sizeof(struct complaint *));
	if (!complaints)
		return false;
	standing->complaints = complaints;
	standing->capacity = capacity;
	return true;
}

void standing_add(struct standing *standing, const char *name, int64_t since_ns)
{
	size_t size = strlen(name) + 1;
	struct complaint *complaint =
		make_room(standing) ? malloc(sizeof(*complaint) + size) : NULL;
	if (!complaint)
		return;
	complaint->since_ns = since_ns;
	complaint->is_kept = true;
	memcpy(complaint->name, name, size);
	bool is_known;
	size_t at = find(standing, name, &is_known);
	memmove(&standing->complaints[at + 1], &standing->complaints[at],
		(standing->count - at) * sizeof(struct complaint *));
	standing->complaints[at] = complaint;
	standing->count++;
}

void standing_remove(struct standing *standing, const char *name)
{
	bool is_known;
	size_t at = find(standing, name, &is_known);
	free(standing->complaints[at]);
	standing->count--;
	memmove(&standing->complaints[at], &standing->complaints[at + 1],
		(standing->count - at) * sizeof(struct complaint *));
}

void standing_begin(struct standing *standing)
{
	for (size_t i = 0; i < standing->count; i++)
		standing->complaints[i]->is_kept = false;
}

void standing_keep(struct standing *standing, const char *name)
{
	bool is_known;
	size_t at = find(standing, name, &is_known);
	if (is_known)
		standing->complaints[at]->is_kept = true;
}

void standing_sweep(struct standing *standing,
	void (*on_gone)(void *context, const char *name, int64_t since_ns), void *context)
{
	size_t kept = 0;
	for (size_t i = 0; i < standing->count; i++) {
		struct complaint *complaint = standing->complaints[i];
		if (complaint->is_kept) {
			standing->complaints[kept++] = complaint;
			continue;
		}
		on_gone(context, complaint->name, complaint->since_ns);
		free(complaint);
	}
	standing->count = kept;
}

void standing_clear(struct standing *standing)
{
	for (size_t i = 0; i < standing->count; i++)
		free(standing->complaints[i]);
	free(standing->complaints);
	*standing = (struct standing){0};
}
