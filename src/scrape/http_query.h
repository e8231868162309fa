/* SPDX-License-Identifier: MIT */
/* The parameters of a request: "q=a+b&limit=5", as forms and scripts write them. Pure. */
#ifndef SCRAPE_HTTP_QUERY_H
#define SCRAPE_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Finds a parameter and decodes its value: "+" is a space, "%C3%A4" a byte each
 * (https://url.spec.whatwg.org/#urlencoded-parsing). query: as http_target_read() leaves it. value: size
 * bytes. Returns 0 with value NUL-terminated, -ENOENT if there is no such parameter, -EEXIST if there are
 * several, -E2BIG if its value takes more than size bytes with the NUL, -EINVAL if it has malformed escapes or
 * is not UTF-8 without control characters. value is useless then.
 */
int http_query_text(const char *query, const char *name, char *value, size_t size);

/*
 * Takes the first parameter off what is left of a query: *name as it is spelt there, length bytes. Returns false if
 * there is none.
 */
bool http_query_next(const char **rest, const char **name, size_t *length);

/*
 * The same for a whole number from least to most. Returns 0 with *number, which is untouched otherwise: -ENOENT as above,
 * -EINVAL for anything else.
 */
int http_query_number(
	const char *query, const char *name, uint64_t least, uint64_t most, uint64_t *number);

#endif
