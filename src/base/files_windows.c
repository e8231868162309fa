/* SPDX-License-Identifier: MIT */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <sys/stat.h>

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
