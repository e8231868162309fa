/* SPDX-License-Identifier: MIT */
/* Whether a file has changed, and whatever writes it seems to be done. Pure. */
#ifndef DISCOVER_FILE_WATCH_H
#define DISCOVER_FILE_WATCH_H

#include <stdbool.h>

#include "base/files.h"

enum file_event {
	FILE_SAME,
	FILE_CHANGED,
	FILE_VANISHED,
};

/* Stored by the caller. */
struct file_watch {
	struct file_state known; /* The one last reported. */
	struct file_state seen;	 /* The one of the last step. */
};

/* state: from just before the file was read for the first time; it is not reported. All zero: the file is new, and
 * is reported. */
void file_watch_init(struct file_watch *watch, const struct file_state *state);

/*
 * Call this every second or so with the file's state. A new state is reported once, when it is seen
 * for the second time in a row: a file that is being written is in a new state each time.
 */
enum file_event file_watch_step(struct file_watch *watch, const struct file_state *state);

/* Whether the last step saw what was last reported: there is nothing to wait for. */
bool file_watch_is_settled(const struct file_watch *watch);

/* Whether state is the one last reported: then the file did not change while it was read. */
bool file_watch_is_known(const struct file_watch *watch, const struct file_state *state);

#endif
