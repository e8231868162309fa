/* SPDX-License-Identifier: MIT */
#include "discover/file_watch.h"

void file_watch_init(struct file_watch *watch, const struct file_state *state)
{
	*watch = (struct file_watch){.known = *state, .seen = *state};
}

enum file_event file_watch_step(struct file_watch *watch, const struct file_state *state)
{
	bool is_settled = file_state_is_same(&watch->seen, state);
	watch->seen = *state;
	if (!is_settled || file_state_is_same(&watch->known, state))
		return FILE_SAME;
	watch->known = *state;
	return state->exists ? FILE_CHANGED : FILE_VANISHED;
}

bool file_watch_is_settled(const struct file_watch *watch)
{
	return file_state_is_same(&watch->known, &watch->seen);
}

bool file_watch_is_known(const struct file_watch *watch, const struct file_state *state)
{
	return file_state_is_same(&watch->known, state);
}
