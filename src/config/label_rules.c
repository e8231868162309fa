/* SPDX-License-Identifier: MIT */
#include "config/label_rules.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/utf8.h"

/* What messages quote of a name is cut at this many bytes. */
#define SHOWN_MAX 40

/* Those that the metrics of a target bear themselves. */
static const char *const taken[] = {
	"target", "reason", "direction", "where", "le", "address", "peer"};

static const char *check_name(const struct labels *labels, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char more[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	if (name[0] == '\0' || !strchr(letters, name[0]) || name[strspn(name, more)] != '\0')
		return "is not a valid label name";
	if (strncmp(name, "__", 2) == 0)
		return "begins with \"__\", reserved by Prometheus";
	if (strlen(name) > LABEL_NAME_MAX)
		return "is too long; allowed: 128 bytes";
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(name, taken[i]) == 0)
			return "is a label that the metrics already have";
	unsigned count = 0;
	const char *value;
	const char *other = NULL;
	while ((other = labels_next(labels, other, &value))) {
		if (strcmp(name, other) == 0)
			return "is given twice";
		count++;
	}
	return count < LABELS_MAX ? NULL : "is one label too many; allowed: 32";
}

static const char *check_value(const char *value)
{
	size_t length = strlen(value);
	if (length > LABEL_VALUE_MAX)
		return "is too long; allowed: 1024 bytes";
	if (!utf8_is_valid(value, length))
		return "is not valid UTF-8";
	return utf8_has_control(value, length) ? "has a control character" : NULL;
}

const char *label_rules_check(
	const struct labels *labels, const char *name, const char *value, bool *is_value)
{
	*is_value = false;
	const char *reason = check_name(labels, name);
	if (reason)
		return reason;
	*is_value = true;
	return check_value(value);
}

int label_rules_add(
	struct labels *labels, const char *name, const char *value, struct text_error *error)
{
	const char *reason = "is not a string";
	bool is_value = true;
	if (value)
		reason = label_rules_check(labels, name, value, &is_value);
	if (reason) {
		text_error_set(error, 0, "label \"%.*s\"%s %s", SHOWN_MAX, name,
			is_value ? ": its value" : "", reason);
		return -EINVAL;
	}
	/* To Prometheus an empty label is none. */
	if (value[0] == '\0' || labels_append(labels, name, value) == 0)
		return 0;
	text_error_set(error, 0, "out of memory");
	return -ENOMEM;
}
