/* SPDX-License-Identifier: MIT */
#include "measure/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* Those that the metrics of a target bear themselves. */
static const char *const taken[] = {"target", "reason", "le", "address", "peer"};

static const char *check_name(const struct labels *labels, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char more[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	if (name[0] == '\0' || strchr(letters, name[0]) == NULL || name[strspn(name, more)] != '\0')
		return "is no label name";
	if (strncmp(name, "__", 2) == 0)
		return "begins with \"__\", which Prometheus keeps for itself";
	if (strlen(name) > LABEL_NAME_MAX)
		return "is too long; 128 bytes are allowed";
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(name, taken[i]) == 0)
			return "is a label that the metrics have already";
	unsigned count = 0;
	const char *value;
	const char *other = NULL;
	while ((other = labels_next(labels, other, &value))) {
		if (strcmp(name, other) == 0)
			return "is given twice";
		count++;
	}
	return count < LABELS_MAX ? NULL : "is one too many; 32 are allowed";
}

static const char *check_value(const char *value)
{
	size_t length = strlen(value);
	/* To Prometheus an empty label is none. */
	if (length == 0)
		return "is empty";
	if (length > LABEL_VALUE_MAX)
		return "is too long; 1024 bytes are allowed";
	if (!utf8_is_valid(value, length))
		return "is not valid UTF-8";
	return utf8_has_control(value, length) ? "has a control character" : NULL;
}

int labels_add(struct labels *labels, const char *name, const char *value, const char **reason,
	bool *is_value)
{
	*is_value = false;
	*reason = check_name(labels, name);
	if (*reason == NULL) {
		*is_value = true;
		*reason = check_value(value);
	}
	if (*reason != NULL)
		return -EINVAL;
	size_t name_size = strlen(name) + 1;
	size_t value_size = strlen(value) + 1;
	char *text = realloc(labels->text, labels->size + name_size + value_size);
	*reason = "finds no memory";
	if (text == NULL)
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
		if (made.text == NULL)
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
	if (name != NULL) {
		next = name + strlen(name) + 1;
		next += strlen(next) + 1;
	}
	if (next == labels->text + labels->size)
		return NULL;
	*value = next + strlen(next) + 1;
	return next;
}

void labels_clear(struct labels *labels)
{
	free(labels->text);
	*labels = (struct labels){0};
}
