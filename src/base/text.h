/* SPDX-License-Identifier: MIT */
/* String functions that not every C library has. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <string.h>

/* Copies text with its NUL to end, which must have room for both. Returns where that NUL is. */
static inline char *text_put(char *end, const char *text)
{
	size_t length = strlen(text);
	memcpy(end, text, length + 1);
	return end + length;
}

#endif
