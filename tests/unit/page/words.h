/* SPDX-License-Identifier: MIT */
/* Lists of words, by which tests compare orders. */
#ifndef PAGE_WORDS_H
#define PAGE_WORDS_H

#include <stdio.h>
#include <string.h>

/* Appends a word, behind a space unless it is the first. size: of text. */
static inline void words_append(char *text, size_t size, const char *word)
{
	size_t length = strlen(text);
	snprintf(text + length, size - length, "%s%s", length > 0 ? " " : "", word);
}

#endif
