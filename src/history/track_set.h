/* SPDX-License-Identifier: MIT */
/* The histories of all targets, by the targets' ids. Pure. */
#ifndef HISTORY_TRACK_SET_H
#define HISTORY_TRACK_SET_H

#include <stddef.h>

#include "history/track.h"

/* All zero is an empty one. Stored by the caller. */
struct track_set {
	struct track **places; /* Owned: a hash table, each place a list. NULL while empty. */
	size_t place_count;    /* A power of two. */
	size_t count;
};

/* Returns NULL if there is none. */
struct track *track_set_find(const struct track_set *set, uint64_t target_id);

/*
 * Finds one, or makes it, and marks it as visited. coarse_steps: as for track_new(). Returns NULL without memory.
 */
struct track *track_set_visit(struct track_set *set, uint64_t target_id, unsigned coarse_steps);

/* track_skip() for all. */
void track_set_skip(struct track_set *set, uint64_t before, uint64_t number);

/* Frees those that were not visited since the last sweep. */
void track_set_sweep(struct track_set *set);

/* Frees all; empty afterwards. */
void track_set_clear(struct track_set *set);

#endif
