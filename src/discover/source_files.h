/* SPDX-License-Identifier: MIT */
/* The files of a source: which there are, and what they have. */
#ifndef DISCOVER_SOURCE_FILES_H
#define DISCOVER_SOURCE_FILES_H

#include "config/target_source.h"
#include "discover/file_notices.h"
#include "discover/members.h"

/* What is told while files are looked at. */
struct source_files_sink {
	/* A file was read, or is gone: the member has fresh targets. */
	void (*on_read)(void *context, struct member *member);
	/* It could not be. member: NULL where not even a folder could be read. */
	void (*on_failure)(void *context, struct member *member, const struct text_error *error);
	void *context;
};

/*
 * Looks at the files of a source, of the number that its members have. Those that have changed, and seem to be
 * complete, are read: after a change call this every second or so until they are settled. is_all: all of them, at once.
 * A path that vanishes is a failure, and its targets stay; a file that no longer matches a pattern takes its targets
 * along. Returns 0 or -ENOMEM.
 */
int source_files_look(const struct target_source *source, size_t number, bool is_all,
	const struct target_options *defaults, struct members *members,
	const struct source_files_sink *sink);

/* Whether nothing has changed that would have to be looked at once more. */
bool source_files_are_settled(const struct members *members, size_t number);

/* Names all that its files depend on. Returns false where that cannot be told. */
bool source_files_name(const struct target_source *source, size_t number,
	const struct members *members, struct file_notices *notices);

#endif
