/* SPDX-License-Identifier: MIT */
/* UTF-8 (RFC 3629): Prometheus refuses a whole scrape for one bad byte. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the bytes are well-formed: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_is_valid(const char *text, size_t length);

/* Whether text holds a control character (U+0000 to U+001F, U+007F to U+009F) or is malformed. */
bool utf8_has_control(const char *text, size_t length);

/*
 * Makes text, which ends in NUL, safe for terminals, logs and labels: each control character and
 * each byte that is not part of a well-formed character becomes '?'. In place; it never grows.
 */
void utf8_sanitize(char *text);

#endif
