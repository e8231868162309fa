/* SPDX-License-Identifier: MIT */
#include "discover/file_notices.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/text.h"

/* Of more files than that each look would take longer than it saves. */
#define WATCHES_MAX 1024

/* As many links as the kernel follows on a path: path_resolution(7). */
#define LINKS_MAX 40

/* A name in a folder comes, or goes. */
#define NAMES_EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)
/* It is no longer what its name leads to. Of a link or a file the count of its names tells that, too (IN_ATTRIB); with
 * that a folder would tell of all that is in it. */
#define FOLDER_EVENTS (IN_MOVE_SELF | IN_DELETE_SELF)
#define LINK_EVENTS (IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB)
/* By whatever name it was written. */
#define FILE_EVENTS (LINK_EVENTS | IN_MODIFY | IN_CLOSE_WRITE)

/* File systems that linux/magic.h does not know, or not everywhere. */
#define MAGIC_BCACHEFS 0xca451a4eU
#define MAGIC_EROFS 0xe0f5e1e2U
#define MAGIC_EXFAT 0x2011bab0U
#define MAGIC_F2FS 0xf2f52010U
#define MAGIC_JFS 0x3153464aU
#define MAGIC_RAMFS 0x858458f6U
#define MAGIC_XFS 0x58465342U
#define MAGIC_ZFS 0x2fc12fc1U

struct watches {
	int *numbers; /* Owned. */
	size_t count;
	size_t room;
};

struct file_notices {
	int fd;
	bool is_complete; /* All that was named since the beginning is watched. */
	struct watches watches;
	struct watches previous; /* Those of the time before. */
};

int file_notices_open(struct file_notices **notices)
{
	struct file_notices *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (made->fd < 0) {
		int error = -errno;
		free(made);
		return error;
	}
	*notices = made;
	return 0;
}

void file_notices_close(struct file_notices *notices)
{
	if (!notices)
		return;
	close(notices->fd);
	free(notices->watches.numbers);
	free(notices->previous.numbers);
	free(notices);
}

int file_notices_fd(const struct file_notices *notices)
{
	return notices->fd;
}

/* Returns whether there was anything that is not of our own doing. */
static bool drain(const struct file_notices *notices)
{
	_Alignas(struct inotify_event) char bytes[4096];
	bool has_any = false;
	ssize_t length;
	while ((length = read(notices->fd, bytes, sizeof(bytes))) > 0)
		for (size_t at = 0; at < (size_t)length;) {
			const struct inotify_event *event = (const void *)&bytes[at];
			has_any = has_any || !(event->mask & IN_IGNORED);
			at += sizeof(*event) + event->len;
		}
	return has_any;
}

void file_notices_begin(struct file_notices *notices)
{
	struct watches emptied = notices->previous;
	emptied.count = 0;
	notices->previous = notices->watches;
	notices->watches = emptied;
	notices->is_complete = true;
	drain(notices);
}

static bool has_number(const struct watches *watches, int number)
{
	for (size_t i = 0; i < watches->count; i++)
		if (watches->numbers[i] == number)
			return true;
	return false;
}

/* Returns false without memory, or if there are too many. */
static bool keep(struct watches *watches, int number)
{
	if (has_number(watches, number))
		return true;
	if (watches->count == WATCHES_MAX)
		return false;
	if (watches->count == watches->room) {
		size_t room = watches->room > 0 ? 2 * watches->room : 16;
		int *numbers = realloc(watches->numbers, room * sizeof(*numbers));
		if (!numbers)
			return false;
		watches->numbers = numbers;
		watches->room = room;
	}
	watches->numbers[watches->count++] = number;
	return true;
}

/* Whether nobody but this system's kernel changes what is there: no other machine, and no program in the middle. */
static bool is_local(const char *path)
{
	static const unsigned kinds[] = {BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, ISOFS_SUPER_MAGIC,
		MSDOS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, SQUASHFS_MAGIC, TMPFS_MAGIC,
		MAGIC_BCACHEFS, MAGIC_EROFS, MAGIC_EXFAT, MAGIC_F2FS, MAGIC_JFS, MAGIC_RAMFS,
		MAGIC_XFS, MAGIC_ZFS};
	struct statfs about;
	if (statfs(path, &about) != 0)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if ((unsigned)about.f_type == kinds[i])
			return true;
	return false;
}

/* Not what a link leads to. */
static bool watch(struct file_notices *notices, const char *path, uint32_t events)
{
	int number = inotify_add_watch(notices->fd, path, events | IN_DONT_FOLLOW | IN_MASK_ADD);
	if (number < 0)
		return false;
	bool is_old = has_number(&notices->previous, number);
	/* What it was watched for the time before may be more than is needed now. */
	if (is_old && !has_number(&notices->watches, number))
		number = inotify_add_watch(notices->fd, path, events | IN_DONT_FOLLOW);
	if (number >= 0 && keep(&notices->watches, number))
		return true;
	if (!is_old)
		inotify_rm_watch(notices->fd, number);
	return false;
}

/* A path on which the kernel goes from folder to folder. */
struct walk {
	char at[PATH_MAX];   /* How far it has come: a folder, by a path without links. */
	char rest[PATH_MAX]; /* What is still to come, */
	size_t done;	     /* behind so many bytes. */
	int links;
};

/* Puts what a link says in front of the rest. Returns false if that cannot be. */
static bool follow_link(struct walk *walk, const char *link)
{
	char target[PATH_MAX];
	char rest[PATH_MAX];
	ssize_t length = readlink(link, target, sizeof(target) - 1);
	if (length <= 0 || ++walk->links > LINKS_MAX)
		return false;
	target[length] = '\0';
	text_put(rest, &walk->rest[walk->done]);
	walk->done = 0;
	int needed = snprintf(walk->rest, sizeof(walk->rest), "%s/%s", target, rest);
	if (target[0] == '/')
		text_put(walk->at, "/");
	return needed > 0 && (size_t)needed < sizeof(walk->rest);
}

/* Takes the next name off the rest, and makes the path to it. Returns false at the end, or if it is too long. */
static bool take_name(struct walk *walk, char path[PATH_MAX])
{
	const char *rest = &walk->rest[walk->done];
	const char *name = rest + strspn(rest, "/");
	size_t length = strcspn(name, "/");
	if (length == 0)
		return false;
	int needed = snprintf(path, PATH_MAX, "%s/%.*s", walk->at, (int)length, name);
	walk->done = (size_t)(name + length - walk->rest);
	return needed > 0 && needed < PATH_MAX;
}

static bool is_at_end(const struct walk *walk)
{
	const char *rest = &walk->rest[walk->done];
	return rest[strspn(rest, "/")] == '\0';
}

static uint32_t events_of(const struct stat *status)
{
	if (S_ISDIR(status->st_mode))
		return FOLDER_EVENTS;
	return S_ISLNK(status->st_mode) ? LINK_EVENTS : FILE_EVENTS;
}

/* Watches what is there. Returns false if that cannot be, or if it is another now. */
static bool watch_found(struct file_notices *notices, const char *path, const struct stat *status)
{
	struct stat now;
	return watch(notices, path, events_of(status)) && lstat(path, &now) == 0 &&
	       now.st_ino == status->st_ino && now.st_dev == status->st_dev;
}

/* Watches for what is not there. */
static bool watch_missing(struct file_notices *notices, const char *folder, const char *path)
{
	struct stat status;
	return errno == ENOENT && watch(notices, folder, NAMES_EVENTS) &&
	       lstat(path, &status) != 0 && errno == ENOENT;
}

/* What is on the path is watched, and not the names beside it: those come and go in /tmp all the time. */
static bool walk_path(struct file_notices *notices, struct walk *walk)
{
	char path[PATH_MAX];
	struct stat status;
	for (;;) {
		if (!is_local(walk->at))
			return false;
		if (is_at_end(walk))
			return watch(notices, walk->at, NAMES_EVENTS);
		if (!take_name(walk, path))
			return false;
		if (lstat(path, &status) != 0)
			return watch_missing(notices, walk->at, path);
		if (!watch_found(notices, path, &status))
			return false;
		if (S_ISDIR(status.st_mode))
			memcpy(walk->at, path, sizeof(path));
		else if (!S_ISLNK(status.st_mode))
			return is_local(path);
		else if (!follow_link(walk, path))
			return false;
	}
}

void file_notices_add(struct file_notices *notices, const char *path)
{
	/* Whoever has to look for himself has to look at all of them. */
	if (!notices->is_complete)
		return;
	struct walk walk = {.links = 0};
	text_put(walk.at, path[0] == '/' ? "/" : ".");
	bool fits = strlen(path) < sizeof(walk.rest);
	if (fits)
		text_put(walk.rest, path);
	if (!fits || !walk_path(notices, &walk))
		notices->is_complete = false;
}

bool file_notices_are_complete(const struct file_notices *notices)
{
	return notices->is_complete;
}

bool file_notices_settle(struct file_notices *notices)
{
	for (size_t i = 0; i < notices->previous.count; i++)
		if (!has_number(&notices->watches, notices->previous.numbers[i]))
			inotify_rm_watch(notices->fd, notices->previous.numbers[i]);
	/* What happened in the meantime may have led the path elsewhere. */
	return !drain(notices) && notices->is_complete;
}
