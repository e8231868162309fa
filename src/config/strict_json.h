/* SPDX-License-Identifier: MIT */
/* JSON as it comes from users and other programs: read strictly, with the line of what is wrong. Pure. */
#ifndef CONFIG_STRICT_JSON_H
#define CONFIG_STRICT_JSON_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "base/text_error.h"

/* What messages quote of a text is cut at this many bytes. */
#define STRICT_JSON_SHOWN_MAX 40

/* What was read. Stored by the caller. */
struct strict_json {
	const char *text; /* Borrowed; without a byte order mark. */
	const char *end;
	cJSON *json; /* Owned. */
};

/*
 * Reads text of so many bytes, behind which there is a NUL. Anything after the value, control characters,
 * "\u0000" (which would cut a name short without a word), deep nesting and malformed UTF-8 are errors. Returns 0
 * with *read to be cleared by the caller; or -EINVAL with error, whose line is the one where the text goes wrong, or
 * 0 for all of it, and nothing to clear.
 */
int strict_json_read(
	const char *text, size_t length, struct strict_json *read, struct text_error *error);

/* The line on which an element of the outermost array begins, from 1. */
int strict_json_element_line(const struct strict_json *read, size_t element);

void strict_json_clear(struct strict_json *read);

#endif
