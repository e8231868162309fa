/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <string.h>

/*
 * The length of the well-formed character that text begins with, or 0 if it does not begin with one
 * (RFC 3629 section 4). length: of text, at least 1.
 */
static size_t character_length(const unsigned char *text, size_t length)
{
	unsigned char first = text[0];
	if (first < 0x80)
		return 1;
	/* Narrower for the second byte after four first ones: overlong, surrogates, too large. */
	unsigned char low = 0x80;
	unsigned char high = 0xbf;
	size_t size;
	if (first >= 0xc2 && first <= 0xdf) {
		size = 2;
	} else if (first >= 0xe0 && first <= 0xef) {
		size = 3;
		low = first == 0xe0 ? 0xa0 : 0x80;
		high = first == 0xed ? 0x9f : 0xbf;
	} else if (first >= 0xf0 && first <= 0xf4) {
		size = 4;
		low = first == 0xf0 ? 0x90 : 0x80;
		high = first == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (length < size || text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++) {
		if (text[i] < 0x80 || text[i] > 0xbf)
			return 0;
	}
	return size;
}

/* Whether a well-formed character is a control character: one byte, or 0xc2 and 0x80 to 0x9f. */
static bool is_control(const unsigned char *text)
{
	return text[0] < 0x20 || text[0] == 0x7f || (text[0] == 0xc2 && text[1] <= 0x9f);
}

bool utf8_is_valid(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	for (size_t at = 0; at < length;) {
		size_t size = character_length(bytes + at, length - at);
		if (size == 0)
			return false;
		at += size;
	}
	return true;
}

bool utf8_has_control(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	for (size_t at = 0; at < length;) {
		size_t size = character_length(bytes + at, length - at);
		if (size == 0 || is_control(bytes + at))
			return true;
		at += size;
	}
	return false;
}

void utf8_sanitize(char *text)
{
	size_t length = strlen(text);
	char *to = text;
	for (size_t at = 0; at < length;) {
		const unsigned char *from = (const unsigned char *)text + at;
		size_t size = character_length(from, length - at);
		if (size == 0 || is_control(from)) {
			*to++ = '?';
			at += size == 0 ? 1 : size;
		} else {
			memmove(to, from, size);
			to += size;
			at += size;
		}
	}
	*to = '\0';
}
