/* SPDX-License-Identifier: MIT */
/* Texts as Windows has them, in UTF-16, and as this program has them, in UTF-8. Windows only. */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include <stddef.h>

/* Both return a text that the caller frees with free(), or NULL: malformed, or no memory. */
wchar_t *wide_from_utf8(const char *text);

/* A half of a surrogate pair, which Windows allows in names, becomes U+FFFD. */
char *wide_to_utf8(const wchar_t *text);

#endif
