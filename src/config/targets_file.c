/* SPDX-License-Identifier: MIT */
#include "config/targets_file.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/utf8.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define READ_SIZE ((size_t)64 * 1024)

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

/* Goes on by one byte, or over a whole "\x". There must be one. Returns it. */
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
		const char *line_end = newline != NULL ? newline : end;
		if (newline == NULL || !utf8_is_valid(text, (size_t)(line_end - text)))
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
			return refuse(error, line, "has \\u0000, which no name can hold");
		if (walk.depth > NESTING_MAX)
			return refuse(
				error, line, "is nested too deeply; an array of objects is wanted");
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
		return refuse(error, line, "is not valid JSON: it ends too early");
	int shown = 0;
	while (shown < SHOWN_MAX && position + shown < end && position[shown] != '\n')
		shown++;
	text_error_set(error, line, "is not valid JSON at byte %zu of the line: %.*s",
		(size_t)(position - line_start) + 1, shown, position);
	return -EINVAL;
}

/* Takes one key of a target. number: the target's, from 1. */
static int read_key(const cJSON *item, size_t number, const char **name, const char **address,
	struct text_error *error)
{
	const char **value;
	if (strcmp(item->string, "name") == 0) {
		value = name;
	} else if (strcmp(item->string, "address") == 0) {
		value = address;
	} else {
		text_error_set(error, 0, "target %zu: unknown key \"%.*s\"; allowed: name, address",
			number, SHOWN_MAX, item->string);
		return -EINVAL;
	}
	const char *wrong = NULL;
	if (*value != NULL)
		wrong = "is given twice";
	else if (!cJSON_IsString(item))
		wrong = "is not a string";
	if (wrong != NULL) {
		text_error_set(error, 0, "target %zu: %s %s", number, item->string, wrong);
		return -EINVAL;
	}
	*value = item->valuestring;
	return 0;
}

static int read_target(
	const cJSON *object, size_t number, struct target_list *list, struct text_error *error)
{
	if (!cJSON_IsObject(object)) {
		text_error_set(
			error, 0, "target %zu: is not an object with name and address", number);
		return -EINVAL;
	}
	const char *name = NULL;
	const char *address = NULL;
	const cJSON *item;
	cJSON_ArrayForEach(item, object)
	{
		int wrong = read_key(item, number, &name, &address, error);
		if (wrong != 0)
			return wrong;
	}
	if (name == NULL) {
		text_error_set(error, 0, "target %zu: name is missing", number);
		return -EINVAL;
	}
	if (address == NULL) {
		text_error_set(error, 0, "target %zu (\"%.*s\"): address is missing", number,
			TARGET_NAME_MAX, name);
		return -EINVAL;
	}
	return target_list_add(list, name, address, error);
}

static int read_targets(const cJSON *array, const char *text, const char *end,
	struct target_list *list, struct text_error *error)
{
	if (!cJSON_IsArray(array))
		return refuse(error, 0, "is not an array of targets");
	size_t count = 0;
	const cJSON *object;
	cJSON_ArrayForEach(object, array)
	{
		count++;
		struct text_error wrong;
		int result = read_target(object, count, list, &wrong);
		if (result != 0) {
			text_error_set(
				error, element_line(text, end, count - 1), "%s", wrong.reason);
			return result;
		}
	}
	return count > 0 ? 0 : refuse(error, 0, "has no targets");
}

/* As targets_file_parse(), for text that ends in NUL: cJSON of old read one byte too far without
 * it. */
static int parse_terminated(
	const char *text, size_t length, struct target_list *list, struct text_error *error)
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
	if (json == NULL) {
		result = refuse_syntax(text, end, position, error);
		goto out;
	}
	while (position < end && is_blank(*position))
		position++;
	if (position < end) {
		result = refuse_syntax(text, end, position, error);
		goto out;
	}
	result = read_targets(json, text, end, &read, error);
	if (result != 0)
		goto out;
	*list = read;
	read = (struct target_list){0};
out:
	target_list_clear(&read);
	cJSON_Delete(json);
	return result;
}

int targets_file_parse(
	const char *text, size_t length, struct target_list *list, struct text_error *error)
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
		result = parse_terminated(buffer.data, length, list, error);
	buffer_clear(&buffer);
	return result;
}

/* Reads all that is left, and a NUL. Returns 0 or a negative errno; the caller clears buffer. */
static int read_all(int fd, struct buffer *buffer)
{
	for (;;) {
		if (buffer->length > TARGETS_FILE_MAX)
			return -EFBIG;
		if (buffer_reserve(buffer, READ_SIZE) != 0)
			return -ENOMEM;
		ssize_t got = read(fd, buffer->data + buffer->length, READ_SIZE);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		if (got > 0)
			buffer->length += (size_t)got;
	}
	buffer_append(buffer, "", 1);
	return 0;
}

/* Opens a regular file. Returns 0 with *fd, or a negative errno. */
static int open_regular(const char *path, int *fd)
{
	/* O_NONBLOCK: to open a named pipe would wait for its writer. */
	int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (opened < 0)
		return -errno;
	struct stat status;
	int result = 0;
	if (fstat(opened, &status) != 0)
		result = -errno;
	else if (S_ISDIR(status.st_mode))
		result = -EISDIR;
	else if (!S_ISREG(status.st_mode))
		result = -EINVAL;
	if (result != 0)
		close(opened);
	else
		*fd = opened;
	return result;
}

static int refuse_file(int result, const char *path, struct text_error *error)
{
	if (result == -EFBIG) {
		text_error_set(error, 0, "%s: is larger than 64 MiB", path);
	} else if (result == -EINVAL) {
		text_error_set(error, 0, "%s: is not a regular file", path);
	} else {
		errno = -result;
		text_error_set(error, 0, "%s: cannot be read: %m", path);
	}
	return result;
}

int targets_file_load(const char *path, struct target_list *list, struct text_error *error)
{
	int fd = -1;
	int result = open_regular(path, &fd);
	if (result != 0)
		return refuse_file(result, path, error);
	struct buffer buffer = {0};
	result = read_all(fd, &buffer);
	close(fd);
	if (result != 0) {
		refuse_file(result, path, error);
		goto out;
	}
	struct text_error wrong;
	result = parse_terminated(buffer.data, buffer.length - 1, list, &wrong);
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
