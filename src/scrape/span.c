/* SPDX-License-Identifier: MIT */
#include "scrape/span.h"

#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

struct span span_trimmed(const char *start, const char *end)
{
	while (start < end && is_space(*start))
		start++;
	while (end > start && is_space(end[-1]))
		end--;
	return (struct span){start, (size_t)(end - start)};
}

bool span_is(struct span span, const char *text)
{
	return span.length == strlen(text) && strncasecmp(span.start, text, span.length) == 0;
}

bool span_is_exactly(struct span span, const char *text)
{
	return span.length == strlen(text) && memcmp(span.start, text, span.length) == 0;
}

const char *span_find_separator(const char *at, const char *end, char separator)
{
	bool quoted = false;
	for (; at < end && (quoted || *at != separator); at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (quoted && *at == '\\' && at + 1 < end)
			at++;
	}
	return at;
}

bool span_next_element(struct span *list, struct span *element)
{
	const char *end = list->start + list->length;
	while (list->length > 0) {
		const char *comma = span_find_separator(list->start, end, ',');
		*element = span_trimmed(list->start, comma);
		list->start = comma < end ? comma + 1 : end;
		list->length = (size_t)(end - list->start);
		if (element->length > 0)
			return true;
	}
	return false;
}
