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
#include "base/utf8.h"
#include "config/label_rules.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* A targets file has two levels; cJSON recurses once a level. */
#define NESTING_MAX 16

/* What messages quote of a file is cut at this many bytes. */
#define SHOWN_MAX 40

/* Where a walk through JSON text is. */
struct walk {
	const char *at;
	const char *end;
	int line;  /* Of at, from 1. */
	int depth; /* Arrays and objects that are open. */
	bool in_string;
};

/* Moves by one byte, or over a whole "\x". There must be one. Returns it. */
static char walk_on(struct walk *walk)
{
	char c = *walk->at++;
	if (c == '\n') {
		walk->line++;
	} else if (c == '"') {
		walk->in_string = !walk->in_string;
	} else if (walk->in_string) {
		if (c == '\\' && walk->at < walk->end && *walk->at != '\n')
			walk->at++;
	} else if (c == '[' || c == '{') {
		walk->depth++;
	} else if (c == ']' || c == '}') {
		walk->depth--;
	}
	return c;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int refuse(struct text_error *error, int line, const char *reason)
{
	text_error_set(error, line, "%s", reason);
	return -EINVAL;
}

static int check_utf8(const char *text, const char *end, struct text_error *error)
{
	if (utf8_is_valid(text, (size_t)(end - text)))
		return 0;
	/* No character spans lines, so that the first bad line is the one. */
	for (int line = 1;; line++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end;
		if (!newline || !utf8_is_valid(text, (size_t)(line_end - text)))
			return refuse(error, line, "is not valid UTF-8");
		text = newline + 1;
	}
}

/* Refuses what cJSON would take, cut short or be slow at. */
static int check_bytes(const char *text, const char *end, struct text_error *error)
{
	struct walk walk = {.at = text, .end = end, .line = 1};
	while (walk.at < end) {
		const char *here = walk.at;
		int line = walk.line;
		char c = walk_on(&walk);
		if ((unsigned char)c < ' ' && !is_blank(c))
			return refuse(error, line, "has a control character");
		if (c == '\\' && strncmp(here, "\\u0000", 6) == 0)
			return refuse(error, line, "contains \\u0000, which is not allowed");
		if (walk.depth > NESTING_MAX)
			return refuse(
				error, line, "is nested too deeply; expected an array of objects");
	}
	return 0;
}

/* Returns the line on which an element of the outermost array begins. text is JSON. */
static int element_line(const char *text, const char *end, size_t element)
{
	struct walk walk = {.at = text, .end = end, .line = 1};
	size_t begun = 0;
	while (walk.at < end) {
		char c = walk_on(&walk);
		if (walk.depth == 1 && !walk.in_string && (c == '[' || c == ','))
			begun++;
		if (begun > element && !is_blank(*walk.at))
			break;
	}
	return walk.line;
}

static int refuse_syntax(
	const char *text, const char *end, const char *position, struct text_error *error)
{
	while (position < end && is_blank(*position))
		position++;
	int line = 1;
	const char *line_start = text;
	for (const char *at = text; at < position; at++) {
		if (*at == '\n') {
			line++;
			line_start = at + 1;
		}
	}
	if (position == end)
		return refuse(error, line, "is not valid JSON: unexpected end of file");
	int shown = 0;
	while (shown < SHOWN_MAX && position + shown < end && position[shown] != '\n')
		shown++;
	text_error_set(error, line, "is not valid JSON at byte %zu of the line: %.*s",
		(size_t)(position - line_start) + 1, shown, position);
	return -EINVAL;
}

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
		const char *reason = "is not a string";
		bool is_value = true;
		if (cJSON_IsString(item))
			reason = label_rules_check(
				&reading->labels, item->string, item->valuestring, &is_value);
		if (reason) {
			text_error_set(error, 0, "target %zu: label \"%.*s\"%s %s", reading->number,
				SHOWN_MAX, item->string, is_value ? ": its value" : "", reason);
			return -EINVAL;
		}
		/* To Prometheus an empty label is none. */
		if (item->valuestring[0] == '\0')
			continue;
		if (labels_append(&reading->labels, item->string, item->valuestring) != 0) {
			text_error_set(error, 0, "target %zu: out of memory", reading->number);
			return -ENOMEM;
		}
	}
	return 0;
}

static int read_key(struct reading *reading, const cJSON *item, struct text_error *error)
{
	const struct option *option = option_find_key(item->string);
	if (!option && strcmp(item->string, "targets") == 0 && cJSON_IsArray(item)) {
		text_error_set(error, 0,
			"target %zu: this is one of Prometheus's target groups (file_sd_configs); expected an object like {\"name\": \"server1\", \"address\": \"192.0.2.1:4000\"}",
			reading->number);
		return -EINVAL;
	}
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

/* Where the text ends, and what holds for targets that do not say otherwise. */
struct source {
	const char *text;
	const char *end;
	const struct target_options *defaults;
};

static int read_targets(const cJSON *array, const struct source *source, struct target_list *list,
	struct text_error *error)
{
	if (!cJSON_IsArray(array))
		return refuse(error, 0, "is not an array of targets");
	size_t count = 0;
	const cJSON *object;
	cJSON_ArrayForEach(object, array)
	{
		count++;
		struct text_error wrong;
		int result = read_target(object, count, source->defaults, list, &wrong);
		if (result != 0) {
			text_error_set(error, element_line(source->text, source->end, count - 1),
				"%s", wrong.reason);
			return result;
		}
	}
	return 0;
}

/* As targets_file_parse(), for text that ends in NUL: old versions of cJSON read one byte too far
 * without it. */
static int parse_terminated(const char *text, size_t length, const struct target_options *defaults,
	struct target_list *list, struct text_error *error)
{
	const char *end = text + length;
	if (length >= strlen(BYTE_ORDER_MARK) &&
		memcmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		text += strlen(BYTE_ORDER_MARK);
	const char *start = text;
	while (start < end && is_blank(*start))
		start++;
	if (start == end)
		return refuse(error, 0, "is empty");
	int result = check_utf8(text, end, error);
	if (result == 0)
		result = check_bytes(text, end, error);
	if (result != 0)
		return result;

	const char *position = text;
	cJSON *json = cJSON_ParseWithLengthOpts(text, (size_t)(end - text) + 1, &position, false);
	struct target_list read = {0};
	if (!json) {
		result = refuse_syntax(text, end, position, error);
		goto out;
	}
	while (position < end && is_blank(*position))
		position++;
	if (position < end) {
		result = refuse_syntax(text, end, position, error);
		goto out;
	}
	const struct source source = {.text = text, .end = end, .defaults = defaults};
	result = read_targets(json, &source, &read, error);
	if (result != 0)
		goto out;
	*list = read;
	read = (struct target_list){0};
out:
	target_list_clear(&read);
	cJSON_Delete(json);
	return result;
}

int targets_file_parse(const char *text, size_t length, const struct target_options *defaults,
	struct target_list *list, struct text_error *error)
{
	if (length > TARGETS_FILE_MAX)
		return refuse(error, 0, "is larger than 64 MiB");
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
