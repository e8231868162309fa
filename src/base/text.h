/* SPDX-License-Identifier: MIT */
/* What not every C library has for texts. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <string.h>

/* Copies text and its NUL to end, where there is room. Returns where the NUL is now. */
static inline char *text_put(char *end, const char *text)
{
	size_t length = strlen(text);
	memcpy(end, text, length + 1);
	return end + length;
}

#endif
