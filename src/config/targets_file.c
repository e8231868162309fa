/* SPDX-License-Identifier: MIT */
#include "config/targets_file.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file_text.h"
#include "config/label_rules.h"
#include "config/strict_json.h"
#include "config/target_group.h"

#define SHOWN_MAX STRICT_JSON_SHOWN_MAX

/* A target while it is read. */
struct reading {
	size_t number; /* Its place in the file, from 1. */
	const char *name;
	const char *address;
	struct target_options options;
	struct labels labels; /* Owned. */
	uint64_t given;	      /* Which keys were there, one bit for each enum option_id. */
};

/* reason follows the key. */
static int refuse_key(const struct reading *reading, const char *key, const char *reason,
	struct text_error *error)
{
	text_error_set(error, 0, "target %zu: %.*s %s", reading->number, SHOWN_MAX, key, reason);
	return -EINVAL;
}

static int refuse_unknown_key(
	const struct reading *reading, const char *key, struct text_error *error)
{
	text_error_set(error, 0, "target %zu: unknown key \"%.*s\"; allowed:", reading->number,
		SHOWN_MAX, key);
	const char *comma = "";
	for (int id = 0; id < OPTIONS; id++) {
		const char *known = option_get((enum option_id)id)->key;
		if (!known)
			continue;
		text_error_set(error, 0, "%s%s %s", error->reason, comma, known);
		comma = ",";
	}
	const char *meant = option_nearest_key(key);
	if (meant)
		text_error_set(error, 0, "%s; did you mean %s?", error->reason, meant);
	return -EINVAL;
}

/* Durations have a unit here: a number alone would be one of anything. */
static bool takes_number(const struct option *option)
{
	return option_takes_number(option) && option->kind != OPTION_KIND_DURATION;
}

/* Returns NULL where a value is of a type that the option takes, or why not. */
static const char *check_type(const struct option *option, const cJSON *item)
{
	if (option->kind == OPTION_KIND_LABELS)
		return cJSON_IsObject(item) ? NULL : "is not an object of strings";
	if ((option_takes_text(option) && cJSON_IsString(item)) ||
		(takes_number(option) && cJSON_IsNumber(item)) ||
		(option_takes_boolean(option) && cJSON_IsBool(item)))
		return NULL;
	if (option_takes_boolean(option))
		return "is neither a boolean nor a string";
	if (!option_takes_text(option))
		return "is not a number";
	if (option->kind == OPTION_KIND_DURATION)
		return "is not a string with a unit, e.g. \"200ms\"";
	return takes_number(option) ? "is neither a number nor a string" : "is not a string";
}

static int read_option(struct reading *reading, const struct option *option, const cJSON *item,
	struct text_error *error)
{
	const char *reason = NULL;
	struct option_value value = {0};
	char shown[SHOWN_MAX + 8];
	int result;
	if (cJSON_IsBool(item)) {
		value.number = cJSON_IsTrue(item);
		result = 0;
	} else if (cJSON_IsString(item)) {
		snprintf(shown, sizeof(shown), "\"%.*s\"", SHOWN_MAX, item->valuestring);
		result = option_value_parse(option, item->valuestring, &value, &reason);
	} else {
		snprintf(shown, sizeof(shown), "%.10g", item->valuedouble);
		result = option_value_of_number(option, item->valuedouble, &value, &reason);
	}
	if (result == 0) {
		target_options_set(&reading->options, option, &value);
		return 0;
	}
	char allowed[OPTION_ALLOWED_MAX];
	option_allowed(option, OPTION_STYLE_PLAIN, allowed);
	text_error_set(error, 0, "target %zu: %s %s %s; allowed: %s", reading->number, option->key,
		shown, reason, allowed);
	return result;
}

static int read_labels(struct reading *reading, const cJSON *object, struct text_error *error)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, object)
	{
		struct text_error wrong;
		int result = label_rules_add(
			&reading->labels, item->string, cJSON_GetStringValue(item), &wrong);
		if (result != 0) {
			text_error_set(error, 0, "target %zu: %s", reading->number, wrong.reason);
			return result;
		}
	}
	return 0;
}

static int read_key(struct reading *reading, const cJSON *item, struct text_error *error)
{
	const struct option *option = option_find_key(item->string);
	if (!option)
		return refuse_unknown_key(reading, item->string, error);
	uint64_t bit = option_bit(option->id);
	if (reading->given & bit)
		return refuse_key(reading, option->key, "is given twice", error);
	reading->given |= bit;
	const char *reason = check_type(option, item);
	if (reason)
		return refuse_key(reading, option->key, reason, error);
	if (option->scope == OPTION_OF_TARGET)
		return read_option(reading, option, item, error);
	if (option->kind == OPTION_KIND_LABELS)
		return read_labels(reading, item, error);
	if (option->id == OPTION_TARGET_NAME)
		reading->name = item->valuestring;
	else
		reading->address = item->valuestring;
	return 0;
}

static int read_keys(struct reading *reading, const cJSON *object, struct text_error *error)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, object)
	{
		int result = read_key(reading, item, error);
		if (result != 0)
			return result;
	}
	if (!reading->name)
		return refuse_key(reading, "name", "is missing", error);
	if (!reading->address) {
		text_error_set(error, 0, "target %zu (\"%.*s\"): address is missing",
			reading->number, TARGET_NAME_MAX, reading->name);
		return -EINVAL;
	}
	return 0;
}

static int read_target(const cJSON *object, size_t number, const struct target_options *defaults,
	struct target_list *list, struct text_error *error)
{
	struct reading reading = {.number = number};
	if (!cJSON_IsObject(object)) {
		text_error_set(
			error, 0, "target %zu: is not an object with name and address", number);
		return -EINVAL;
	}
	int result = read_keys(&reading, object, error);
	if (result == 0) {
		const struct target_request request = {
			.name = reading.name,
			.address = reading.address,
			.options = &reading.options,
			.defaults = defaults,
			.labels = &reading.labels,
		};
		result = target_list_request(list, &request, error);
	}
	labels_clear(&reading.labels);
	return result;
}

/* Whether the elements are Prometheus's target groups: what the first one looks like decides. */
static bool has_groups(const cJSON *array)
{
	const cJSON *first = cJSON_GetArrayItem(array, 0);
	return cJSON_IsObject(first) && cJSON_GetObjectItemCaseSensitive(first, "targets");
}

static int read_targets(const struct strict_json *read, const struct target_options *defaults,
	struct target_list *list, struct text_error *error)
{
	if (!cJSON_IsArray(read->json)) {
		text_error_set(error, 0, "is not an array of targets");
		return -EINVAL;
	}
	bool is_grouped = has_groups(read->json);
	size_t count = 0;
	const cJSON *object;
	cJSON_ArrayForEach(object, read->json)
	{
		count++;
		struct text_error wrong;
		int result = is_grouped ? target_group_read(object, count, defaults, list, &wrong)
					: read_target(object, count, defaults, list, &wrong);
		if (result != 0) {
			text_error_set(error, strict_json_element_line(read, count - 1), "%s",
				wrong.reason);
			return result;
		}
	}
	return 0;
}

/* As targets_file_parse(), for text that ends in NUL. */
static int parse_terminated(const char *text, size_t length, const struct target_options *defaults,
	struct target_list *list, struct text_error *error)
{
	struct strict_json read;
	struct target_list parsed = {0};
	int result = strict_json_read(text, length, &read, error);
	if (result != 0)
		return result;
	result = read_targets(&read, defaults, &parsed, error);
	strict_json_clear(&read);
	if (result == 0)
		*list = parsed;
	else
		target_list_clear(&parsed);
	return result;
}

int targets_file_parse(const char *text, size_t length, const struct target_options *defaults,
	struct target_list *list, struct text_error *error)
{
	if (length > TARGETS_FILE_MAX) {
		text_error_set(error, 0, "is larger than 64 MiB");
		return -EINVAL;
	}
	struct buffer buffer = {0};
	buffer_append(&buffer, text, length);
	buffer_append(&buffer, "", 1);
	int result = -ENOMEM;
	if (buffer.failed)
		text_error_set(error, 0, "out of memory");
	else
		result = parse_terminated(buffer.data, length, defaults, list, error);
	buffer_clear(&buffer);
	return result;
}

int targets_file_load(const char *path, const struct target_options *defaults,
	struct target_list *list, struct text_error *error)
{
	struct buffer buffer = {0};
	struct text_error wrong;
	int result = file_text_read(path, TARGETS_FILE_MAX, &buffer, error);
	if (result != 0)
		goto out;
	result = parse_terminated(buffer.data, buffer.length - 1, defaults, list, &wrong);
	if (result == 0)
		goto out;
	if (wrong.line > 0)
		text_error_set(error, wrong.line, "%s:%d: %s", path, wrong.line, wrong.reason);
	else
		text_error_set(error, 0, "%s: %s", path, wrong.reason);
out:
	buffer_clear(&buffer);
	return result;
}
