/* SPDX-License-Identifier: MIT */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/wide.h"

/* _wopen() says EACCES of a folder; this says what it is. */
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
	int result = 0;
	if (_fstat64(opened, &status) != 0)
		result = -errno;
	else if (!S_ISREG(status.st_mode))
		result = -EINVAL;
	if (result != 0)
		_close(opened);
	else
		*fd = opened;
	return result;
}

int files_open_regular(const char *path, int *fd)
{
	wchar_t *wide = wide_from_utf8(path);
	if (wide == NULL)
		return -ENOENT;
	int result = open_wide(wide, fd);
	free(wide);
	return result;
}

int64_t files_limit(void)
{
	/* Handles are limited by memory alone. */
	return INT64_MAX;
}

void files_raise_limit(void)
{
}
