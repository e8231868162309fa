/* SPDX-License-Identifier: MIT */
#include "history/track.h"

#include <errno.h>
#include <stdlib.h>

int track_new(uint64_t target_id, unsigned coarse_steps, struct track **track)
{
	size_t steps = HISTORY_FINE_STEPS + coarse_steps;
	struct track *made = calloc(1, sizeof(*made) + steps * sizeof(made->steps[0]));
	if (!made)
		return -ENOMEM;
	made->target_id = target_id;
	made->coarse_steps = (uint16_t)coarse_steps;
	*track = made;
	return 0;
}

void track_free(struct track *track)
{
	if (!track)
		return;
	for (int i = 0; i < HISTORY_SCALES; i++)
		bucket_counts_clear(&track->bases[i].buckets);
	free(track);
}

unsigned track_kept(const struct track *track, enum history_scale scale)
{
	return scale == HISTORY_FINE ? HISTORY_FINE_STEPS : track->coarse_steps;
}

static size_t place_of(const struct track *track, enum history_scale scale, uint64_t number)
{
	size_t place = (size_t)(number % track_kept(track, scale));
	return scale == HISTORY_FINE ? place : HISTORY_FINE_STEPS + place;
}

/* Ends the steps of a scale behind before, up to number. */
static void end_steps(struct track *track, enum history_scale scale, uint64_t before,
	uint64_t number, const struct target_values *values, const struct distribution *round_trips)
{
	struct track_base *base = &track->bases[scale];
	struct history_counts now = history_counts_of(values);
	uint32_t difference[DISTRIBUTION_BUCKETS];
	struct history_step step = {0};
	/* Without memory this step is unknown, and the next one has both. */
	if (bucket_counts_advance(&base->buckets, round_trips, difference) == 0) {
		history_step_make(&base->counts, &now, difference, &step);
		base->counts = now;
	}
	unsigned kept = track_kept(track, scale);
	if (number - before > kept)
		before = number - kept;
	while (before < number)
		track->steps[place_of(track, scale, ++before)] = step;
}

void track_advance(struct track *track, uint64_t before, uint64_t number,
	const struct target_values *values, const struct distribution *round_trips)
{
	uint64_t coarse_before = before / HISTORY_FINE_PER_COARSE;
	uint64_t coarse = number / HISTORY_FINE_PER_COARSE;
	end_steps(track, HISTORY_FINE, before, number, values, round_trips);
	if (coarse > coarse_before)
		end_steps(track, HISTORY_COARSE, coarse_before, coarse, values, round_trips);
}

void track_skip(struct track *track, uint64_t before, uint64_t number)
{
	while (before < number)
		track->steps[place_of(track, HISTORY_FINE, ++before)] = (struct history_step){0};
}

const struct history_step *track_step(
	const struct track *track, enum history_scale scale, uint64_t number)
{
	return &track->steps[place_of(track, scale, number)];
}

unsigned track_median(const struct track *track, enum history_scale scale, uint64_t first,
	uint64_t last, unsigned least)
{
	unsigned counts[DISTRIBUTION_BUCKETS + 1] = {0};
	unsigned count = 0;
	for (uint64_t number = first; number <= last; number++) {
		unsigned median = track_step(track, scale, number)->median;
		counts[median]++;
		count += median > 0;
	}
	if (count < least || count == 0)
		return 0;
	unsigned seen = 0;
	unsigned bucket = 0;
	while (seen < (count + 1) / 2)
		seen += counts[++bucket];
	return bucket;
}
