/* SPDX-License-Identifier: MIT */
/* A part of a text, not NUL-terminated, as headers are taken apart. */
#ifndef SCRAPE_SPAN_H
#define SCRAPE_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *start;
	size_t length;
};

/* What is between start and end, without spaces and tabs around it. */
struct span span_trimmed(const char *start, const char *end);

/* Whether it is this text, in any case of its letters; or exactly this. */
bool span_is(struct span span, const char *text);
bool span_is_exactly(struct span span, const char *text);

/* The next separator outside quotes (RFC 9110 section 5.6.4), or end. */
const char *span_find_separator(const char *at, const char *end, char separator);

/*
 * Takes the next element off a list (RFC 9110 section 5.6.1), trimmed; empty ones are skipped.
 * Returns false at the end.
 */
bool span_next_element(struct span *list, struct span *element);

#endif
