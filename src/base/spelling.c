/* SPDX-License-Identifier: MIT */
#include "base/spelling.h"

#include <stdint.h>
#include <string.h>

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t spelling_distance(const char *one, size_t one_length, const char *other, size_t other_length)
{
	/* Rows of the table: of one's characters up to now, up to the last, and up to the one before. */
	size_t rows[3][SPELLING_MAX + 1];
	if (one_length > SPELLING_MAX || other_length > SPELLING_MAX)
		return SIZE_MAX;
	for (size_t k = 0; k <= other_length; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= one_length; i++) {
		size_t *row = rows[i % 3];
		const size_t *last = rows[(i + 2) % 3];
		const size_t *before = rows[(i + 1) % 3];
		char c = lower(one[i - 1]);
		row[0] = i;
		for (size_t k = 1; k <= other_length; k++) {
			char d = lower(other[k - 1]);
			row[k] = least(last[k], row[k - 1]) + 1;
			row[k] = least(row[k], last[k - 1] + (c != d));
			if (i > 1 && k > 1 && c == lower(other[k - 2]) && d == lower(one[i - 2]))
				row[k] = least(row[k], before[k - 2] + 1);
		}
	}
	return rows[one_length % 3][other_length];
}

void spelling_consider(struct spelling *spelling, const char *text, size_t length, const char *word)
{
	size_t distance = spelling_distance(text, length, word, strlen(word));
	bool is_near = distance <= (length < 3 ? 1 : length / 3);
	if (!is_near || (spelling->nearest && distance >= spelling->distance))
		return;
	spelling->nearest = word;
	spelling->distance = distance;
}
