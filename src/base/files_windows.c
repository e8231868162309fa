/* SPDX-License-Identifier: MIT */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <windows.h>

#include "base/file_names.h"
#include "base/wide.h"

/* _wopen() fails with EACCES for a folder; EISDIR tells why. */
static int why_not_opened(const wchar_t *path)
{
	int error = errno;
	struct _stat64 status;
	if (_wstat64(path, &status) == 0 && S_ISDIR(status.st_mode))
		return -EISDIR;
	return -error;
}

static int open_wide(const wchar_t *path, int *fd)
{
	int opened = _wopen(path, _O_RDONLY | _O_BINARY | _O_NOINHERIT);
	if (opened < 0)
		return why_not_opened(path);
	struct _stat64 status;
	int error = 0;
	if (_fstat64(opened, &status) != 0)
		error = -errno;
	else if (!S_ISREG(status.st_mode))
		error = -EINVAL;
	if (error)
		_close(opened);
	else
		*fd = opened;
	return error;
}

int files_open_regular(const char *path, int *fd)
{
	wchar_t *wide = wide_from_utf8(path);
	if (!wide)
		return -ENOENT;
	int error = open_wide(wide, fd);
	free(wide);
	return error;
}

int64_t files_limit(void)
{
	/* Only memory limits handles. */
	return INT64_MAX;
}

void files_raise_limit(int64_t most)
{
	(void)most;
}

static int64_t unite(DWORD high, DWORD low)
{
	return (int64_t)(((uint64_t)high << 32) | low);
}

void files_state(const char *path, struct file_state *state)
{
	WIN32_FILE_ATTRIBUTE_DATA data;
	wchar_t *wide = wide_from_utf8(path);
	*state = (struct file_state){0};
	if (wide && GetFileAttributesExW(wide, GetFileExInfoStandard, &data))
		*state = (struct file_state){
			.exists = true,
			.size = unite(data.nFileSizeHigh, data.nFileSizeLow),
			/* Their epoch does not matter to a comparison. */
			.modified_ns = unite(data.ftLastWriteTime.dwHighDateTime,
				data.ftLastWriteTime.dwLowDateTime),
			.changed_ns = unite(data.ftCreationTime.dwHighDateTime,
				data.ftCreationTime.dwLowDateTime),
		};
	free(wide);
}

bool files_is_pattern(const char *path)
{
	return strpbrk(path, "*?") != NULL;
}

/* How much of a path is its folder, with the separator. */
static size_t folder_length(const char *path)
{
	size_t length = strlen(path);
	while (length > 0 && !strchr("/\\:", path[length - 1]))
		length--;
	return length;
}

/* Adds a file that was found in the pattern's folder. */
static int add_found(struct file_names *names, const char *pattern, const wchar_t *found)
{
	char *name = wide_to_utf8(found);
	size_t folder = folder_length(pattern);
	size_t size = name ? folder + strlen(name) + 1 : 0;
	char *path = name ? malloc(size) : NULL;
	char **more = path ? realloc(names->names, (names->count + 1) * sizeof(*more)) : NULL;
	if (more) {
		snprintf(path, size, "%.*s%s", (int)folder, pattern, name);
		names->names = more;
		names->names[names->count++] = path;
	} else {
		free(path);
	}
	free(name);
	return more ? 0 : -ENOMEM;
}

int files_match(const char *pattern, struct file_names *names)
{
	struct file_names made = {0};
	bool is_hidden = pattern[folder_length(pattern)] == '.';
	WIN32_FIND_DATAW data;
	wchar_t *wide = wide_from_utf8(pattern);
	if (!wide)
		return -ENOMEM;
	HANDLE found = FindFirstFileW(wide, &data);
	free(wide);
	int error = 0;
	if (found == INVALID_HANDLE_VALUE) {
		DWORD why = GetLastError();
		error = why == ERROR_FILE_NOT_FOUND   ? 0
			: why == ERROR_PATH_NOT_FOUND ? -ENOENT
						      : -EIO;
	} else {
		do {
			if (!(data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) &&
				(data.cFileName[0] != L'.' || is_hidden))
				error = add_found(&made, pattern, data.cFileName);
		} while (!error && FindNextFileW(found, &data));
		if (!error && GetLastError() != ERROR_NO_MORE_FILES)
			error = -EIO;
		FindClose(found);
	}
	if (error) {
		file_names_clear(&made);
		return error;
	}
	file_names_sort(&made);
	*names = made;
	return 0;
}
