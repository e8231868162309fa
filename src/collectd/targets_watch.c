/* SPDX-License-Identifier: MIT */
#include "collectd/targets_watch.h"

#include <sys/stat.h>

#include "base/clock.h"

void file_state_read(const char *path, struct file_state *state)
{
	struct stat status;
	*state = (struct file_state){0};
	if (stat(path, &status))
		return;
	*state = (struct file_state){
		.exists = true,
		.device = status.st_dev,
		.inode = status.st_ino,
		.size = status.st_size,
		.modified_ns = clock_from_timespec(&status.st_mtim),
		.changed_ns = clock_from_timespec(&status.st_ctim),
	};
}

static bool is_same(const struct file_state *left, const struct file_state *right)
{
	return left->exists == right->exists && left->device == right->device &&
	       left->inode == right->inode && left->size == right->size &&
	       left->modified_ns == right->modified_ns && left->changed_ns == right->changed_ns;
}

void targets_watch_init(struct targets_watch *watch, const struct file_state *state)
{
	*watch = (struct targets_watch){.known = *state, .seen = *state};
}

enum targets_event targets_watch_step(struct targets_watch *watch, const struct file_state *state)
{
	bool is_settled = is_same(&watch->seen, state);
	watch->seen = *state;
	if (!is_settled || is_same(&watch->known, state))
		return TARGETS_SAME;
	watch->known = *state;
	return state->exists ? TARGETS_CHANGED : TARGETS_VANISHED;
}

bool targets_watch_is_known(const struct targets_watch *watch, const struct file_state *state)
{
	return is_same(&watch->known, state);
}
