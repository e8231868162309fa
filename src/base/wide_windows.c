/* SPDX-License-Identifier: MIT */
#include "base/wide.h"

#include <stdlib.h>
#include <windows.h>

wchar_t *wide_from_utf8(const char *text)
{
	int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
	if (length <= 0)
		return NULL;
	wchar_t *wide = calloc((size_t)length, sizeof(*wide));
	if (wide)
		MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, length);
	return wide;
}

char *wide_to_utf8(const wchar_t *text)
{
	int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
	if (length <= 0)
		return NULL;
	char *utf8 = calloc((size_t)length, 1);
	if (utf8)
		WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, length, NULL, NULL);
	return utf8;
}
