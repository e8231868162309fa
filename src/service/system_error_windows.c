/* SPDX-License-Identifier: MIT */
#include "service/system_error.h"

#include <errno.h>
#include <stdlib.h>
#include <windows.h>

#include "base/wide.h"

static int errno_of(DWORD code)
{
	switch (code) {
	case ERROR_ACCESS_DENIED:
		return -EPERM;
	case ERROR_NOT_ENOUGH_MEMORY:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

int system_error_set(const char *what, unsigned long code, struct text_error *error)
{
	wchar_t wide[256] = L"";
	DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
		NULL, code, 0, wide, sizeof(wide) / sizeof(wide[0]), NULL);
	while (length > 0 && wide[length - 1] <= L' ')
		wide[--length] = L'\0';
	char *why = length > 0 ? wide_to_utf8(wide) : NULL;
	text_error_set(error, 0, "cannot %s: %s (Windows error %lu)", what,
		why ? why : "unknown error", code);
	free(why);
	return errno_of(code);
}
