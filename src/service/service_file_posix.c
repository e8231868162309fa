/* SPDX-License-Identifier: MIT */
#include "service/service_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error_text.h"
#include "service/service_command.h"

/* The mark is within this many bytes from the beginning. */
#define MARK_WITHIN 255

/* Readable by all: it holds no secrets, and people look at it. */
#define MODE 0644

/* Returns -code with error. */
static int fail(int code, const char *what, const char *path, struct text_error *error)
{
	char why[ERROR_TEXT_MAX];
	error_text(code, why);
	text_error_set(error, 0, "cannot %s %s: %s", what, path, why);
	return -code;
}

enum service_file_state service_file_look(const char *path)
{
	struct stat status;
	char begin[MARK_WITHIN + 1] = "";
	if (lstat(path, &status) != 0 && errno == ENOENT)
		return SERVICE_FILE_ABSENT;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return SERVICE_FILE_FOREIGN;
	if (read(fd, begin, MARK_WITHIN) < 0)
		begin[0] = '\0';
	close(fd);
	return strstr(begin, SERVICE_MARK) ? SERVICE_FILE_OURS : SERVICE_FILE_FOREIGN;
}

/* Makes changed names in the folder survive a crash, as far as that is possible. */
static void sync_folder(const char *path)
{
	char *folder = strdup(path);
	if (!folder)
		return;
	*strrchr(folder, '/') = '\0';
	int fd = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(folder);
}

/* "/folder/.file.XXXXXX" for mkstemp(), or NULL. No service manager reads a file of such a name. */
static char *hidden_name(const char *path)
{
	struct buffer name = {0};
	size_t unused;
	const char *file = strrchr(path, '/') + 1;
	buffer_append(&name, path, (size_t)(file - path));
	buffer_append_format(&name, ".%s.XXXXXX", file);
	buffer_append(&name, "", 1);
	return buffer_release(&name, &unused);
}

static int write_all(int fd, const struct buffer *text)
{
	for (size_t at = 0; at < text->length;) {
		ssize_t written = write(fd, text->data + at, text->length - at);
		if (written < 0 && errno != EINTR)
			return -errno;
		at += written > 0 ? (size_t)written : 0;
	}
	return 0;
}

/* Writes the text into a file of that pattern, all the way to the disk. */
static int write_hidden(char *hidden, const struct buffer *text)
{
	int fd = mkstemp(hidden);
	if (fd < 0)
		return -errno;
	int failure = write_all(fd, text);
	if (!failure && (fchmod(fd, MODE) != 0 || fsync(fd) != 0))
		failure = -errno;
	if (close(fd) != 0 && !failure)
		failure = -errno;
	if (failure)
		unlink(hidden);
	return failure;
}

int service_file_create(const char *path, const struct buffer *text, struct text_error *error)
{
	char *hidden = text->failed ? NULL : hidden_name(path);
	if (!hidden)
		return fail(ENOMEM, "write", path, error);
	int failure = write_hidden(hidden, text);
	if (!failure) {
		/* A rename would replace what somebody else put there meanwhile. */
		if (link(hidden, path) != 0)
			failure = -errno;
		unlink(hidden);
	}
	free(hidden);
	if (failure)
		return fail(-failure, "write", path, error);
	sync_folder(path);
	return 0;
}

int service_file_set_aside(const char *path, char **aside, struct text_error *error)
{
	char *hidden = hidden_name(path);
	if (!hidden)
		return fail(ENOMEM, "remove", path, error);
	/* Reserves the name. */
	int fd = mkstemp(hidden);
	int failure = fd < 0 ? -errno : 0;
	if (fd >= 0) {
		close(fd);
		if (rename(path, hidden) != 0) {
			failure = -errno;
			unlink(hidden);
		}
	}
	if (failure) {
		free(hidden);
		return fail(-failure, "remove", path, error);
	}
	sync_folder(path);
	*aside = hidden;
	return 0;
}

void service_file_put_back(const char *aside, const char *path)
{
	if (rename(aside, path) == 0)
		sync_folder(path);
}

int service_file_remove(const char *path, struct text_error *error)
{
	if (unlink(path) != 0)
		return fail(errno, "remove", path, error);
	sync_folder(path);
	return 0;
}
