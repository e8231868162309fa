/* SPDX-License-Identifier: MIT */
/*
 * What the sources have given: a list of targets for each file and each source in the network, and what all of them
 * come to. Pure.
 */
#ifndef DISCOVER_MEMBERS_H
#define DISCOVER_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text_error.h"
#include "config/target_list.h"
#include "discover/file_watch.h"

struct member {
	char *name;    /* A path, or a source as it was written. Owned. */
	size_t source; /* The number of its source. */
	struct file_watch watch;
	struct target_list used;  /* In use. */
	struct target_list fresh; /* What is to take its place, */
	bool has_fresh;		  /* if there is anything; */
	bool is_refused;	  /* not now, as a name of it is another's, */
	bool is_held;		  /* or as they could not be taken over; */
	bool was_held;		  /* before, too. */
	bool is_gone;		  /* It goes with its targets. */
	bool is_told;		  /* Of which somebody was told. */
	bool has_failed;	  /* It could not be read last time, was refused or is held. */
	char *failure; /* Why it could not be read, as it was told. Owned; NULL: it could. */
};

/* In the order of the sources, and of their names. All zero is none. */
struct members {
	struct member *members; /* Owned. */
	size_t count;
};

/* The member of that name, or NULL. */
struct member *members_find(struct members *members, size_t source, const char *name);

/* Adds one where it belongs; pointers to others are void. Returns NULL without memory. */
struct member *members_add(struct members *members, size_t source, const char *name);

/* Gives a member targets that are to be used. They are taken over. */
void member_offer(struct member *member, struct target_list *targets);

/* Who is told that a member's fresh targets are refused. */
struct members_refusal {
	void (*on_refused)(void *context, struct member *member, const struct text_error *error);
	void *context;
};

/*
 * Puts together what is to be probed: fixed targets, and those of each member, the fresh ones if it has some. Where a
 * name stands twice the member whose targets are fresh is refused, and keeps those in use. where: what the fixed ones
 * are, "a <Target> block". Returns 0 with *merged overwritten, or -ENOMEM.
 */
int members_merge(struct members *members, const struct target_list *fixed, const char *where,
	const struct members_refusal *refusal, struct target_list *merged);

/* What was held back is tried again. To be called before a merge for which nothing was held. */
void members_retry(struct members *members);

/*
 * What was merged cannot be taken over: leaves out what could not be before, either, or else all that is fresh. Returns
 * whether there is another merge to try. *held: one that was not held before, or NULL.
 */
bool members_hold(struct members *members, struct member **held);

/* Removes those of a source that have nothing, and of which nothing is known any more; pointers to others are void. */
void members_drop_empty(struct members *members, size_t source);

/* How many were merged with fresh targets; *last: one of them, if there is any. */
size_t members_count_fresh(const struct members *members, const struct member **last);

/* What was merged is in use. Members that are gone are removed. */
void members_accept(struct members *members);

void members_clear(struct members *members);

#endif
