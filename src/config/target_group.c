/* SPDX-License-Identifier: MIT */
#include "config/target_group.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/labels.h"
#include "config/label_rules.h"
#include "config/strict_json.h"

#define SHOWN_MAX STRICT_JSON_SHOWN_MAX

/* A setting is a label between these. */
#define SETTING_PREFIX "__tcp_echo_"
#define SETTING_SUFFIX "__"

/* Longer ones are no setting. */
#define KEY_MAX 40

/* A group while it is read. */
struct group {
	const cJSON *targets; /* NULL: none. */
	const char *name;     /* Of its targets; NULL: their addresses. */
	struct target_options options;
	struct labels labels; /* Owned. */
};

/* Writes what stands between prefix and suffix. Returns whether the label is a setting. */
static bool read_setting_key(const char *label, char key[KEY_MAX])
{
	size_t length = strlen(label);
	size_t around = strlen(SETTING_PREFIX) + strlen(SETTING_SUFFIX);
	if (length <= around || length - around >= KEY_MAX ||
		strncmp(label, SETTING_PREFIX, strlen(SETTING_PREFIX)) != 0 ||
		strcmp(label + length - strlen(SETTING_SUFFIX), SETTING_SUFFIX) != 0)
		return false;
	snprintf(key, KEY_MAX, "%.*s", (int)(length - around), label + strlen(SETTING_PREFIX));
	return true;
}

/* What a setting can be: a target's name, or how it is probed. */
static const struct option *find_setting(const char *key)
{
	const struct option *option = option_find_key(key);
	return option && (option->scope == OPTION_OF_TARGET || option->id == OPTION_TARGET_NAME)
		       ? option
		       : NULL;
}

static int refuse_setting(const char *label, const char *key, struct text_error *error)
{
	const char *meant = option_nearest_key(key);
	bool is_helpful = meant && find_setting(meant);
	text_error_set(error, 0, "label \"%.*s\" is not a setting%s%s%s", SHOWN_MAX, label,
		is_helpful ? "; did you mean " SETTING_PREFIX : "", is_helpful ? meant : "",
		is_helpful ? SETTING_SUFFIX "?" : "");
	return -EINVAL;
}

static int read_setting(struct group *group, const char *label, const char *key, const char *text,
	struct text_error *error)
{
	const struct option *option = find_setting(key);
	if (!option)
		return refuse_setting(label, key, error);
	/* To Prometheus an empty label is none. */
	if (text[0] == '\0')
		return 0;
	if (option->id == OPTION_TARGET_NAME) {
		group->name = text;
		return 0;
	}
	struct option_value value = {0};
	const char *reason = NULL;
	if (option_value_parse(option, text, &value, &reason) == 0) {
		target_options_set(&group->options, option, &value);
		return 0;
	}
	char allowed[OPTION_ALLOWED_MAX];
	option_allowed(option, OPTION_STYLE_PLAIN, allowed);
	text_error_set(error, 0, "label \"%s\": \"%.*s\" %s; allowed: %s", label, SHOWN_MAX, text,
		reason, allowed);
	return -EINVAL;
}

static int read_label(struct group *group, const cJSON *item, struct text_error *error)
{
	const char *value = cJSON_GetStringValue(item);
	char key[KEY_MAX];
	if (value && read_setting_key(item->string, key))
		return read_setting(group, item->string, key, value, error);
	if (value && strncmp(item->string, "__", 2) == 0)
		return 0;
	return label_rules_add(&group->labels, item->string, value, error);
}

static int read_labels(struct group *group, const cJSON *labels, struct text_error *error)
{
	if (!cJSON_IsObject(labels) && !cJSON_IsNull(labels)) {
		text_error_set(error, 0, "labels is not an object of strings");
		return -EINVAL;
	}
	int result = 0;
	const cJSON *item;
	cJSON_ArrayForEach(item, labels)
	{
		if (result == 0)
			result = read_label(group, item, error);
	}
	return result;
}

static int read_members(struct group *group, const cJSON *object, struct text_error *error)
{
	const cJSON *labels = NULL;
	const cJSON *item;
	cJSON_ArrayForEach(item, object)
	{
		const cJSON **member = NULL;
		if (strcmp(item->string, "targets") == 0)
			member = &group->targets;
		else if (strcmp(item->string, "labels") == 0)
			member = &labels;
		if (!member || *member) {
			text_error_set(error, 0,
				member ? "%.*s is given twice"
				       : "unknown key \"%.*s\"; allowed: targets, labels",
				SHOWN_MAX, item->string);
			return -EINVAL;
		}
		*member = item;
	}
	if (!cJSON_IsArray(group->targets) && !cJSON_IsNull(group->targets)) {
		text_error_set(error, 0,
			group->targets ? "targets is not an array of addresses"
				       : "targets is missing");
		return -EINVAL;
	}
	return labels ? read_labels(group, labels, error) : 0;
}

static int add_targets(const struct group *group, const struct target_options *defaults,
	struct target_list *list, struct text_error *error)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, group->targets)
	{
		const char *address = cJSON_GetStringValue(item);
		if (!address) {
			text_error_set(error, 0, "targets has something that is not a string");
			return -EINVAL;
		}
		const struct target_request request = {
			.name = group->name ? group->name : address,
			.address = address,
			.options = &group->options,
			.defaults = defaults,
			.labels = &group->labels,
		};
		int result = target_list_request(list, &request, error);
		if (result != 0)
			return result;
	}
	return 0;
}

int target_group_read(const cJSON *group, size_t number, const struct target_options *defaults,
	struct target_list *list, struct text_error *error)
{
	struct group read = {0};
	struct text_error wrong;
	if (!cJSON_IsObject(group)) {
		text_error_set(
			error, 0, "group %zu: is not an object with targets and labels", number);
		return -EINVAL;
	}
	int result = read_members(&read, group, &wrong);
	if (result == 0)
		result = add_targets(&read, defaults, list, &wrong);
	labels_clear(&read.labels);
	if (result != 0)
		text_error_set(error, 0, "group %zu: %s", number, wrong.reason);
	return result;
}
