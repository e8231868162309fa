/* SPDX-License-Identifier: MIT */
#include "history/track_set.h"

#include <stdlib.h>

#define PLACES_LEAST 16

/* Ids are counted up, so their low bits spread them well. */
static struct track **place_of(struct track **places, size_t count, uint64_t target_id)
{
	return &places[target_id & (count - 1)];
}

/* Without memory the lists just get longer, unless there is no place at all yet. */
static void grow(struct track_set *set)
{
	size_t count = set->place_count > 0 ? 2 * set->place_count : PLACES_LEAST;
	struct track **places = calloc(count, sizeof(struct track *));
	if (!places)
		return;
	for (size_t i = 0; i < set->place_count; i++) {
		struct track *track = set->places[i];
		while (track) {
			struct track *next = track->next;
			struct track **place = place_of(places, count, track->target_id);
			track->next = *place;
			*place = track;
			track = next;
		}
	}
	free(set->places);
	set->places = places;
	set->place_count = count;
}

struct track *track_set_find(const struct track_set *set, uint64_t target_id)
{
	if (set->place_count == 0)
		return NULL;
	struct track *track = *place_of(set->places, set->place_count, target_id);
	while (track && track->target_id != target_id)
		track = track->next;
	return track;
}

struct track *track_set_visit(struct track_set *set, uint64_t target_id, unsigned coarse_steps)
{
	struct track *track = track_set_find(set, target_id);
	if (!track) {
		if (set->count >= set->place_count)
			grow(set);
		if (set->place_count == 0 || track_new(target_id, coarse_steps, &track) != 0)
			return NULL;
		struct track **place = place_of(set->places, set->place_count, target_id);
		track->next = *place;
		*place = track;
		set->count++;
	}
	track->is_visited = true;
	return track;
}

void track_set_skip(struct track_set *set, uint64_t before, uint64_t number)
{
	for (size_t i = 0; i < set->place_count; i++)
		for (struct track *track = set->places[i]; track; track = track->next)
			track_skip(track, before, number);
}

void track_set_sweep(struct track_set *set)
{
	for (size_t i = 0; i < set->place_count; i++) {
		struct track **place = &set->places[i];
		while (*place) {
			struct track *track = *place;
			if (track->is_visited) {
				track->is_visited = false;
				place = &track->next;
				continue;
			}
			*place = track->next;
			track_free(track);
			set->count--;
		}
	}
}

void track_set_clear(struct track_set *set)
{
	for (size_t i = 0; i < set->place_count; i++) {
		while (set->places[i]) {
			struct track *track = set->places[i];
			set->places[i] = track->next;
			track_free(track);
		}
	}
	free(set->places);
	*set = (struct track_set){0};
}
