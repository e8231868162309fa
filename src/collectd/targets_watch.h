/* SPDX-License-Identifier: MIT */
/* When the targets file has changed, and whoever writes it seems to be done. */
#ifndef COLLECTD_TARGETS_WATCH_H
#define COLLECTD_TARGETS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* What tells one state of a file from another. All zero is a file that is not there. */
struct file_state {
	bool is_there;
	uint64_t device;
	uint64_t inode;
	int64_t size;
	int64_t modified_ns; /* Its content. */
	int64_t changed_ns;  /* Anything, its permissions too. */
};

/* Looks at the file. One that cannot be looked at is not there. */
void file_state_read(const char *path, struct file_state *state);

enum targets_event {
	TARGETS_SAME,
	TARGETS_CHANGED,
	TARGETS_VANISHED,
};

/* Stored by the caller. */
struct targets_watch {
	struct file_state known; /* What was last told of. */
	struct file_state seen;
};

/* state: when the file was read first; nothing is told of that one. */
void targets_watch_init(struct targets_watch *watch, const struct file_state *state);

/*
 * To be called every second or so with the file's state. A new state is told of once, when it is
 * seen for the second time in a row: a file that is being written is in a new one each time.
 */
enum targets_event targets_watch_step(struct targets_watch *watch, const struct file_state *state);

/* Whether state is the one last told of: a file that was read meanwhile is then of one piece. */
bool targets_watch_is_known(const struct targets_watch *watch, const struct file_state *state);

#endif
