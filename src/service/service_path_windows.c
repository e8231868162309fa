/* SPDX-License-Identifier: MIT */
#include "service/service_path.h"

#include <errno.h>
#include <stdlib.h>
#include <windows.h>

#include "base/wide.h"

/* The longest path of Windows. */
#define PATH_LENGTH_MAX 32768

/* These fill path (PATH_LENGTH_MAX) and return its length; 0, or too much, if they fail. */

static DWORD make_own(const wchar_t *from, wchar_t *path)
{
	(void)from;
	return GetModuleFileNameW(NULL, path, PATH_LENGTH_MAX);
}

static DWORD make_absolute(const wchar_t *from, wchar_t *path)
{
	return GetFullPathNameW(from, PATH_LENGTH_MAX, path, NULL);
}

static int make(
	DWORD (*maker)(const wchar_t *from, wchar_t *path), const wchar_t *from, char **made)
{
	wchar_t *path = calloc(PATH_LENGTH_MAX, sizeof(*path));
	if (!path)
		return -ENOMEM;
	DWORD length = maker(from, path);
	char *utf8 = length > 0 && length < PATH_LENGTH_MAX ? wide_to_utf8(path) : NULL;
	free(path);
	if (!utf8)
		return -ENOENT;
	*made = utf8;
	return 0;
}

int service_path_own(char **path, struct text_error *error)
{
	int failure = make(make_own, NULL, path);
	if (failure)
		text_error_set(error, 0, "cannot find the program's own file");
	return failure;
}

int service_path_absolute(const char *path, char **absolute, struct text_error *error)
{
	wchar_t *from = wide_from_utf8(path);
	int failure = from ? make(make_absolute, from, absolute) : -EILSEQ;
	free(from);
	if (failure)
		text_error_set(error, 0, "cannot find the folder of %s", path);
	return failure;
}
