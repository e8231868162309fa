/* SPDX-License-Identifier: MIT */
#include "discover/source_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_text.h"
#include "base/files.h"
#include "config/targets_file.h"

/* What stays the same while files are looked at. */
struct looking {
	const struct target_source *source;
	bool is_all;
	const struct target_options *defaults;
	const struct source_files_sink *sink;
	const struct file_names *names; /* Those that a pattern means. */
};

/* It is told once, unless all are read again. */
static void fail(
	const struct looking *looking, struct member *member, const struct text_error *error)
{
	struct target_list none = {0};
	bool is_known = member->failure && strcmp(member->failure, error->reason) == 0;
	member->has_failed = true;
	/* What waits to be used is no longer what the file has. */
	member_offer(member, &none);
	member->has_fresh = false;
	if (is_known && !looking->is_all)
		return;
	free(member->failure);
	member->failure = strdup(error->reason);
	looking->sink->on_failure(looking->sink->context, member, error);
}

static void read_file(const struct looking *looking, struct member *member)
{
	struct target_list targets = {0};
	struct text_error error;
	struct file_state state;
	int result = targets_file_load(member->name, looking->defaults, &targets, &error);
	files_state(member->name, &state);
	if (!looking->is_all && !file_watch_is_known(&member->watch, &state)) {
		/* It changed while it was read, so this may be half of each version. */
		target_list_clear(&targets);
		return;
	}
	if (result != 0) {
		/* If it is not the file's fault, the next look tries again. */
		if (result != -EINVAL)
			member->watch.known = (struct file_state){0};
		fail(looking, member, &error);
		return;
	}
	free(member->failure);
	member->failure = NULL;
	member->has_failed = false;
	member->is_gone = false;
	member_offer(member, &targets);
	looking->sink->on_read(looking->sink->context, member);
}

/* is_named: the source still means it. */
static void lose_file(const struct looking *looking, struct member *member, bool is_named)
{
	struct target_list none = {0};
	if (is_named) {
		struct text_error error;
		text_error_set(&error, 0, "%s has vanished", member->name);
		fail(looking, member, &error);
		return;
	}
	member->is_gone = true;
	member->has_failed = false;
	member_offer(member, &none);
	looking->sink->on_read(looking->sink->context, member);
}

static enum file_event step(const struct looking *looking, struct member *member,
	const struct file_state *state, bool is_named)
{
	if (!looking->is_all)
		return file_watch_step(&member->watch, state);
	file_watch_init(&member->watch, state);
	/* Why one cannot be read is to be told. */
	return state->exists || is_named ? FILE_CHANGED : FILE_VANISHED;
}

static void look_at(const struct looking *looking, struct member *member)
{
	bool is_named = looking->source->kind == TARGET_SOURCE_FILE ||
			file_names_have(looking->names, member->name);
	struct file_state state;
	files_state(member->name, &state);
	switch (step(looking, member, &state, is_named)) {
	case FILE_SAME:
		return;
	case FILE_CHANGED:
		read_file(looking, member);
		return;
	case FILE_VANISHED:
		lose_file(looking, member, is_named);
		return;
	}
	__builtin_unreachable();
}

/* Adds a member for each file that has none. */
static int add_new(struct members *members, size_t number, const struct file_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (!members_find(members, number, names->names[i]) &&
			!members_add(members, number, names->names[i]))
			return -ENOMEM;
	return 0;
}

/* Those that the source means now. */
static int find_names(const struct target_source *source, struct file_names *names)
{
	if (source->kind == TARGET_SOURCE_FILES)
		return files_match(source->text, names);
	return 0;
}

int source_files_look(const struct target_source *source, size_t number, bool is_all,
	const struct target_options *defaults, struct members *members,
	const struct source_files_sink *sink)
{
	struct file_names names = {0};
	const struct looking looking = {source, is_all, defaults, sink, &names};
	int error = find_names(source, &names);
	if (error && error != -ENOMEM) {
		struct text_error wrong;
		char why[ERROR_TEXT_MAX];
		error_text(-error, why);
		text_error_set(&wrong, 0, "%s: cannot be read: %s", source->text, why);
		sink->on_failure(sink->context, NULL, &wrong);
		return 0;
	}
	if (!error && source->kind == TARGET_SOURCE_FILE &&
		!members_find(members, number, source->text) &&
		!members_add(members, number, source->text))
		error = -ENOMEM;
	if (!error)
		error = add_new(members, number, &names);
	for (size_t i = 0; i < members->count && !error; i++)
		if (members->members[i].source == number)
			look_at(&looking, &members->members[i]);
	file_names_clear(&names);
	if (source->kind == TARGET_SOURCE_FILES)
		members_drop_empty(members, number);
	return error;
}

bool source_files_are_settled(const struct members *members, size_t number)
{
	for (size_t i = 0; i < members->count; i++)
		if (members->members[i].source == number &&
			!file_watch_is_settled(&members->members[i].watch))
			return false;
	return true;
}

/* Not where there may be several, nor where a backslash may stand for what follows it. */
static bool name_folder(const char *pattern, struct file_notices *notices)
{
	const char *end = strrchr(pattern, '/');
	char *folder = strdup(end ? pattern : ".");
	if (folder && end)
		folder[end - pattern + 1] = '\0';
	bool is_one = folder && !strpbrk(folder, "*?[\\");
	if (is_one)
		file_notices_add(notices, folder);
	free(folder);
	return is_one;
}

bool source_files_name(const struct target_source *source, size_t number,
	const struct members *members, struct file_notices *notices)
{
	if (source->kind == TARGET_SOURCE_FILE) {
		file_notices_add(notices, source->text);
		return true;
	}
	for (size_t i = 0; i < members->count; i++)
		if (members->members[i].source == number)
			file_notices_add(notices, members->members[i].name);
	return name_folder(source->text, notices);
}
