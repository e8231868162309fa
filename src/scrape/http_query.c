/* SPDX-License-Identifier: MIT */
#include "scrape/http_query.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "scrape/http_target.h"

/* More than any 64-bit number has. */
#define NUMBER_SIZE 24

/* Decodes length bytes at text, up to the size that value has. */
static int decode(const char *text, size_t length, char *value, size_t size)
{
	size_t end = 0;
	for (size_t i = 0; i < length; i++) {
		int byte = (unsigned char)text[i];
		if (byte == '+') {
			byte = ' ';
		} else if (byte == '%') {
			byte = http_escaped_byte(text + i, length - i);
			i += 2;
		}
		if (byte <= 0)
			return -EINVAL;
		if (end + 1 >= size)
			return -E2BIG;
		value[end++] = (char)byte;
	}
	value[end] = '\0';
	return utf8_has_control(value, end) ? -EINVAL : 0;
}

int http_query_text(const char *query, const char *name, char *value, size_t size)
{
	size_t name_length = strlen(name);
	int found = -ENOENT;
	while (*query != '\0') {
		size_t length = strcspn(query, "&");
		bool is_named = length >= name_length && memcmp(query, name, name_length) == 0 &&
				(length == name_length || query[name_length] == '=');
		if (is_named && found != -ENOENT)
			return -EEXIST;
		if (is_named) {
			size_t skipped = length > name_length ? name_length + 1 : name_length;
			found = decode(query + skipped, length - skipped, value, size);
			if (found)
				return found;
		}
		query += length;
		query += *query == '&';
	}
	return found;
}

bool http_query_next(const char **rest, const char **name, size_t *length)
{
	const char *at = *rest + strspn(*rest, "&");
	*name = at;
	*length = strcspn(at, "=&");
	*rest = at + strcspn(at, "&");
	return *at != '\0';
}

int http_query_number(
	const char *query, const char *name, uint64_t least, uint64_t most, uint64_t *number)
{
	char text[NUMBER_SIZE];
	int error = http_query_text(query, name, text, sizeof(text));
	if (error)
		return error == -ENOENT ? error : -EINVAL;
	uint64_t value = 0;
	for (const char *at = text; *at != '\0'; at++) {
		if (*at < '0' || *at > '9' || value > (UINT64_MAX - 9) / 10)
			return -EINVAL;
		value = value * 10 + (uint64_t)(*at - '0');
	}
	if (text[0] == '\0' || value < least || value > most)
		return -EINVAL;
	*number = value;
	return 0;
}
