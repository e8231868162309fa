/* SPDX-License-Identifier: MIT */
/* Whether the targets file has changed, and whatever writes it seems to be done. */
#ifndef COLLECTD_TARGETS_WATCH_H
#define COLLECTD_TARGETS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* What tells one state of a file from another. All zero is a file that does not exist. */
struct file_state {
	bool exists;
	uint64_t device;
	uint64_t inode;
	int64_t size;	     /* In bytes. */
	int64_t modified_ns; /* Its content, by the real-time clock. */
	int64_t changed_ns;  /* Content or anything else, such as its permissions. */
};

/* Reads the state of a file. One whose state cannot be read does not exist. */
void file_state_read(const char *path, struct file_state *state);

enum targets_event {
	TARGETS_SAME,
	TARGETS_CHANGED,
	TARGETS_VANISHED,
};

/* Stored by the caller. */
struct targets_watch {
	struct file_state known; /* The one last reported. */
	struct file_state seen;	 /* The one of the last step. */
};

/* state: from just before the file was read for the first time; it is not reported. */
void targets_watch_init(struct targets_watch *watch, const struct file_state *state);

/*
 * Call this every second or so with the file's state. A new state is reported once, when it is seen
 * for the second time in a row: a file that is being written is in a new state each time.
 */
enum targets_event targets_watch_step(struct targets_watch *watch, const struct file_state *state);

/* Whether state is the one last reported: then the file did not change while it was read. */
bool targets_watch_is_known(const struct targets_watch *watch, const struct file_state *state);

#endif
