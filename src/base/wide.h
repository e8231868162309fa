/* SPDX-License-Identifier: MIT */
/* Converts between UTF-8, as in this program, and UTF-16, as in Windows. Windows only. */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include <stddef.h>

/* Both return a text that the caller releases with free(); NULL if malformed or out of memory. */
wchar_t *wide_from_utf8(const char *text);

/* An unpaired surrogate, which Windows allows in names, becomes U+FFFD. */
char *wide_to_utf8(const wchar_t *text);

#endif
