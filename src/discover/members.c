/* SPDX-License-Identifier: MIT */
#include "discover/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Whose targets are the fixed ones. */
#define FIXED SIZE_MAX

/* Where a member is, or belongs. */
static size_t find_place(const struct members *members, size_t source, const char *name)
{
	size_t low = 0;
	size_t high = members->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct member *member = &members->members[middle];
		if (member->source < source ||
			(member->source == source && strcmp(member->name, name) < 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct member *members_find(struct members *members, size_t source, const char *name)
{
	size_t place = find_place(members, source, name);
	struct member *member = &members->members[place];
	bool is_it = place < members->count && member->source == source &&
		     strcmp(member->name, name) == 0;
	return is_it ? member : NULL;
}

struct member *members_add(struct members *members, size_t source, const char *name)
{
	char *copy = strdup(name);
	struct member *more =
		realloc(members->members, (members->count + 1) * sizeof(*members->members));
	if (more)
		members->members = more;
	if (!copy || !more) {
		free(copy);
		return NULL;
	}
	size_t place = find_place(members, source, name);
	memmove(&more[place + 1], &more[place], (members->count - place) * sizeof(*more));
	more[place] = (struct member){.name = copy, .source = source};
	members->count++;
	return &more[place];
}

void member_offer(struct member *member, struct target_list *targets)
{
	target_list_clear(&member->fresh);
	member->fresh = *targets;
	*targets = (struct target_list){0};
	member->has_fresh = true;
	member->is_told = false;
	member->is_held = false;
	member->was_held = false;
}

/* What is put together, and whose each target is. */
struct merging {
	struct target_list list;
	size_t *owners; /* As many as list has room for. */
	size_t room;
};

static bool is_used_afresh(const struct member *member)
{
	return member->has_fresh && !member->is_refused && !member->is_held;
}

static const struct target_list *targets_of(const struct member *member)
{
	return is_used_afresh(member) ? &member->fresh : &member->used;
}

/* Appends what one owner has. Returns 0; -ENOMEM; or -EEXIST with the number of the target that stood there already. */
static int append(
	struct merging *merging, size_t owner, const struct target_list *targets, size_t *twice)
{
	for (size_t i = 0; i < targets->count; i++) {
		*twice = target_list_find(&merging->list, targets->targets[i].name);
		if (*twice < merging->list.count)
			return -EEXIST;
		struct text_error unused;
		if (merging->list.count == merging->room ||
			target_list_append(&merging->list, &targets->targets[i], &unused) != 0)
			return -ENOMEM;
		merging->owners[merging->list.count - 1] = owner;
	}
	return 0;
}

/* Refuses one of two that have the same name. merging->list.targets[twice] is the first of them. */
static void refuse(struct members *members, const struct merging *merging, size_t twice,
	size_t owner, const char *where, const struct members_refusal *refusal)
{
	size_t first = merging->owners[twice];
	const struct member *second = &members->members[owner];
	/* What is in use has no name twice, so one of the two is fresh; of two that are, one may have been refused before. */
	bool was_first = first != FIXED && is_used_afresh(&members->members[first]) &&
			 members->members[first].is_told && !second->is_told;
	bool is_second = is_used_afresh(second) && !was_first;
	struct member *refused = &members->members[is_second ? owner : first];
	const char *other =
		first == FIXED ? where : members->members[is_second ? first : owner].name;
	struct text_error error;
	text_error_set(&error, 0, "%s: target \"%s\": name is used twice, here and in %s",
		refused->name, merging->list.targets[twice].name, other);
	refused->is_refused = true;
	refused->has_failed = true;
	if (refused->is_told)
		return;
	refused->is_told = true;
	refusal->on_refused(refusal->context, refused, &error);
}

/* Returns 0, -ENOMEM, or -EEXIST after a refusal, and then it has to be done again. */
static int merge_once(struct members *members, const struct target_list *fixed, const char *where,
	const struct members_refusal *refusal, struct merging *merging)
{
	size_t twice;
	size_t owner = 0;
	int result = fixed ? append(merging, FIXED, fixed, &twice) : 0;
	for (; owner < members->count && result == 0; owner++)
		result = append(merging, owner, targets_of(&members->members[owner]), &twice);
	if (result == -EEXIST)
		refuse(members, merging, twice, owner - 1, where, refusal);
	return result;
}

static size_t count_most(const struct members *members, const struct target_list *fixed)
{
	size_t count = fixed ? fixed->count : 0;
	for (size_t i = 0; i < members->count; i++)
		count += members->members[i].used.count + members->members[i].fresh.count;
	return count;
}

int members_merge(struct members *members, const struct target_list *fixed, const char *where,
	const struct members_refusal *refusal, struct target_list *merged)
{
	struct merging merging = {.room = count_most(members, fixed)};
	merging.owners = calloc(merging.room + 1, sizeof(*merging.owners));
	int result = merging.owners ? -EEXIST : -ENOMEM;
	for (size_t i = 0; i < members->count; i++)
		members->members[i].is_refused = false;
	while (result == -EEXIST) {
		target_list_clear(&merging.list);
		result = merge_once(members, fixed, where, refusal, &merging);
	}
	free(merging.owners);
	if (result == 0)
		*merged = merging.list;
	else
		target_list_clear(&merging.list);
	return result;
}

static void member_clear(struct member *member)
{
	free(member->name);
	free(member->failure);
	target_list_clear(&member->used);
	target_list_clear(&member->fresh);
}

void members_retry(struct members *members)
{
	for (size_t i = 0; i < members->count; i++) {
		members->members[i].was_held = members->members[i].is_held;
		members->members[i].is_held = false;
	}
}

bool members_hold(struct members *members, struct member **held)
{
	bool has_old = false;
	bool has_any = false;
	for (size_t i = 0; i < members->count; i++)
		has_old |= is_used_afresh(&members->members[i]) && members->members[i].was_held;
	*held = NULL;
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->members[i];
		if (!is_used_afresh(member) || (has_old && !member->was_held))
			continue;
		if (!member->was_held)
			*held = member;
		member->is_held = true;
		member->has_failed = true;
		has_any = true;
	}
	return has_any;
}

void members_drop_empty(struct members *members, size_t source)
{
	size_t kept = 0;
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->members[i];
		bool is_empty = !member->has_fresh && member->used.count == 0 &&
				!member->watch.known.exists && !member->watch.seen.exists;
		if (member->source == source && is_empty)
			member_clear(member);
		else
			members->members[kept++] = *member;
	}
	members->count = kept;
}

size_t members_count_fresh(const struct members *members, const struct member **last)
{
	size_t count = 0;
	for (size_t i = 0; i < members->count; i++) {
		if (!is_used_afresh(&members->members[i]))
			continue;
		*last = &members->members[i];
		count++;
	}
	return count;
}

void members_accept(struct members *members)
{
	size_t kept = 0;
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->members[i];
		if (is_used_afresh(member)) {
			target_list_clear(&member->used);
			member->used = member->fresh;
			member->fresh = (struct target_list){0};
			member->has_fresh = false;
			member->has_failed = false;
		}
		if (member->is_gone && !member->has_fresh)
			member_clear(member);
		else
			members->members[kept++] = *member;
	}
	members->count = kept;
}

void members_clear(struct members *members)
{
	for (size_t i = 0; i < members->count; i++)
		member_clear(&members->members[i]);
	free(members->members);
	*members = (struct members){0};
}
