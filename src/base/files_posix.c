/* SPDX-License-Identifier: MIT */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file_names.h"

#ifdef __APPLE__
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

int files_open_regular(const char *path, int *fd)
{
	/* O_NONBLOCK: opening a named pipe would wait for a writer. */
	int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (opened < 0)
		return -errno;
	struct stat status;
	int error = 0;
	if (fstat(opened, &status) != 0)
		error = -errno;
	else if (S_ISDIR(status.st_mode))
		error = -EISDIR;
	else if (!S_ISREG(status.st_mode))
		error = -EINVAL;
	if (error)
		close(opened);
	else
		*fd = opened;
	return error;
}

void files_state(const char *path, struct file_state *state)
{
	struct stat status;
	*state = (struct file_state){0};
	if (stat(path, &status) != 0)
		return;
	*state = (struct file_state){
		.exists = true,
		.device = (uint64_t)status.st_dev,
		.inode = (uint64_t)status.st_ino,
		.size = status.st_size,
		.modified_ns = clock_from_timespec(&status.st_mtim),
		.changed_ns = clock_from_timespec(&status.st_ctim),
	};
}

bool files_is_pattern(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

/* Why a folder could not be read: glob() hands nothing else on. */
static _Thread_local int folder_error;

static int on_folder_error(const char *path, int error)
{
	(void)path;
	folder_error = error;
	return 1;
}

int files_match(const char *pattern, struct file_names *names)
{
	glob_t found = {0};
	folder_error = 0;
	struct file_names made = {0};
	/* It asks for the environment only where there is a tilde to expand. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	int failure = glob(pattern, GLOB_ERR | GLOB_NOSORT, on_folder_error, &found);
	int error = failure == 0 || failure == GLOB_NOMATCH ? 0
		    : failure == GLOB_NOSPACE		    ? -ENOMEM
		    : folder_error > 0			    ? -folder_error
							    : -EIO;
	if (!error) {
		made.names = calloc(found.gl_pathc + 1, sizeof(*made.names));
		error = made.names ? 0 : -ENOMEM;
	}
	for (size_t i = 0; !error && i < found.gl_pathc; i++) {
		made.names[i] = strdup(found.gl_pathv[i]);
		made.count++;
		if (!made.names[i])
			error = -ENOMEM;
	}
	globfree(&found);
	if (error) {
		file_names_clear(&made);
		return error;
	}
	/* glob() would sort as the locale does. */
	file_names_sort(&made);
	*names = made;
	return 0;
}

int64_t files_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
		limit.rlim_cur > INT64_MAX)
		return INT64_MAX;
	return (int64_t)limit.rlim_cur;
}

void files_raise_limit(int64_t most)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	rlim_t wanted = limit.rlim_max < (rlim_t)most ? limit.rlim_max : (rlim_t)most;
	if (limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
}
