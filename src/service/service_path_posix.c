/* SPDX-License-Identifier: MIT */
#include "service/service_path.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include "base/buffer.h"
#include "base/error_text.h"

#ifdef __APPLE__

static int read_own_path(char *path, size_t size)
{
	char given[PATH_MAX];
	uint32_t room = sizeof(given);
	(void)size;
	if (_NSGetExecutablePath(given, &room) != 0)
		return -ENAMETOOLONG;
	return realpath(given, path) ? 0 : -errno;
}

#else

static int read_own_path(char *path, size_t size)
{
	static const char self[] = "/proc/self/exe";
	ssize_t length = readlink(self, path, size - 1);
	if (length < 0)
		return -errno;
	path[length] = '\0';
	/* A file that was replaced meanwhile is called "x (deleted)", and does not exist. */
	return access(path, F_OK) == 0 ? 0 : -errno;
}

#endif

int service_path_own(char **path, struct text_error *error)
{
	char own[PATH_MAX + 1];
	char *made = NULL;
	int failure = read_own_path(own, sizeof(own));
	if (!failure) {
		made = strdup(own);
		failure = made ? 0 : -ENOMEM;
	}
	if (failure) {
		char why[ERROR_TEXT_MAX];
		error_text(-failure, why);
		text_error_set(error, 0, "cannot find the program's own file: %s", why);
		return failure;
	}
	*path = made;
	return 0;
}

int service_path_absolute(const char *path, char **absolute, struct text_error *error)
{
	char folder[PATH_MAX] = "";
	struct buffer joined = {0};
	size_t unused;
	if (path[0] != '/' && !getcwd(folder, sizeof(folder))) {
		int failure = -errno;
		char why[ERROR_TEXT_MAX];
		error_text(-failure, why);
		text_error_set(error, 0, "cannot find the working directory: %s", why);
		return failure;
	}
	if (folder[0] != '\0') {
		while (strncmp(path, "./", 2) == 0)
			path += 2;
		buffer_append_format(&joined, "%s/", strcmp(folder, "/") == 0 ? "" : folder);
	}
	buffer_append_text(&joined, path);
	buffer_append(&joined, "", 1);
	char *made = buffer_release(&joined, &unused);
	if (!made) {
		text_error_set(error, 0, "out of memory");
		return -ENOMEM;
	}
	*absolute = made;
	return 0;
}
