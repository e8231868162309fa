/* SPDX-License-Identifier: MIT */
#include "base/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int labels_append(struct labels *labels, const char *name, const char *value)
{
	size_t name_size = strlen(name) + 1;
	size_t value_size = strlen(value) + 1;
	char *text = realloc(labels->text, labels->size + name_size + value_size);
	if (!text)
		return -ENOMEM;
	memcpy(text + labels->size, name, name_size);
	memcpy(text + labels->size + name_size, value, value_size);
	labels->text = text;
	labels->size += name_size + value_size;
	return 0;
}

int labels_copy(const struct labels *labels, struct labels *copy)
{
	struct labels made = {0};
	if (labels->size > 0) {
		made.text = malloc(labels->size);
		if (!made.text)
			return -ENOMEM;
		memcpy(made.text, labels->text, labels->size);
		made.size = labels->size;
	}
	*copy = made;
	return 0;
}

const char *labels_next(const struct labels *labels, const char *name, const char **value)
{
	if (labels->size == 0)
		return NULL;
	const char *next = labels->text;
	if (name) {
		next = name + strlen(name) + 1;
		next += strlen(next) + 1;
	}
	if (next == labels->text + labels->size)
		return NULL;
	*value = next + strlen(next) + 1;
	return next;
}

bool labels_are_equal(const struct labels *a, const struct labels *b)
{
	return a->size == b->size && (a->size == 0 || memcmp(a->text, b->text, a->size) == 0);
}

void labels_clear(struct labels *labels)
{
	free(labels->text);
	*labels = (struct labels){0};
}
