/* SPDX-License-Identifier: MIT */
/* How far a misspelt word is from one that was meant. Pure. */
#ifndef BASE_SPELLING_H
#define BASE_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

/* Longer words are not compared. */
#define SPELLING_MAX 40

/*
 * How many characters have to be added, dropped, replaced, or swapped with the next (Damerau's distance,
 * in its restricted form) to make one word of the other, in any case of their letters; SIZE_MAX if one is
 * longer than SPELLING_MAX.
 */
size_t spelling_distance(
	const char *one, size_t one_length, const char *other, size_t other_length);

/* The word so far that may have been meant. All zero at first. */
struct spelling {
	const char *nearest; /* NULL while there is none. */
	size_t distance;
};

/* Considers another word. It is taken if it is nearer, and not further than a third of the text's length. */
void spelling_consider(
	struct spelling *spelling, const char *text, size_t length, const char *word);

#endif
