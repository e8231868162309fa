/* SPDX-License-Identifier: MIT */
#include "config/strict_json.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Two levels are what a list of targets has, four what one of groups has; cJSON recurses once a level. */
#define NESTING_MAX 16

/* Each takes some 70 bytes of memory; a list of 64 MiB has fewer. */
#define VALUES_MAX 8000000

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
	size_t values = 0;
	while (walk.at < end) {
		const char *here = walk.at;
		int line = walk.line;
		char c = walk_on(&walk);
		values += !walk.in_string && (c == ',' || c == '[' || c == '{');
		if (values > VALUES_MAX)
			return refuse(error, line, "has too many values; allowed: 8000000");
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

int strict_json_element_line(const struct strict_json *read, size_t element)
{
	struct walk walk = {.at = read->text, .end = read->end, .line = 1};
	size_t begun = 0;
	while (walk.at < read->end) {
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
	while (shown < STRICT_JSON_SHOWN_MAX && position + shown < end && position[shown] != '\n')
		shown++;
	text_error_set(error, line, "is not valid JSON at byte %zu of the line: %.*s",
		(size_t)(position - line_start) + 1, shown, position);
	return -EINVAL;
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

int strict_json_read(
	const char *text, size_t length, struct strict_json *read, struct text_error *error)
{
	const char *end = text + length;
	if (length >= strlen(BYTE_ORDER_MARK) &&
		memcmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		text += strlen(BYTE_ORDER_MARK);
	if (skip_blanks(text, end) == end)
		return refuse(error, 0, "is empty");
	int result = check_utf8(text, end, error);
	if (result == 0)
		result = check_bytes(text, end, error);
	if (result != 0)
		return result;
	const char *position = text;
	/* With the NUL: old versions of cJSON read one byte too far without it. */
	cJSON *json = cJSON_ParseWithLengthOpts(text, (size_t)(end - text) + 1, &position, false);
	if (!json || skip_blanks(position, end) < end) {
		cJSON_Delete(json);
		return refuse_syntax(text, end, position, error);
	}
	*read = (struct strict_json){.text = text, .end = end, .json = json};
	return 0;
}

void strict_json_clear(struct strict_json *read)
{
	cJSON_Delete(read->json);
	*read = (struct strict_json){0};
}
