/* SPDX-License-Identifier: MIT */
/* The history of one target: a ring of steps for each scale. Pure. */
#ifndef HISTORY_TRACK_H
#define HISTORY_TRACK_H

#include "history/bucket_counts.h"
#include "history/step.h"

enum history_scale {
	HISTORY_FINE,	/* Steps of 5 s, the last 5 minutes. */
	HISTORY_COARSE, /* Steps of 60 s. */
	HISTORY_SCALES,
};

#define HISTORY_FINE_STEPS 60
/* A coarse step is so many fine ones. */
#define HISTORY_FINE_PER_COARSE 12

/* What a scale's next step begins with. */
struct track_base {
	struct history_counts counts;
	struct bucket_counts buckets;
};

struct track {
	uint64_t target_id;
	struct track *next; /* For the set that it is in. */
	bool is_visited;    /* Likewise. */
	uint16_t coarse_steps;
	struct track_base bases[HISTORY_SCALES];
	struct history_step steps[]; /* The fine ring, then the coarse one. */
};

/* coarse_steps: how many are kept, 1 to 1440. Returns 0 with *track owned by the caller, or -ENOMEM. */
int track_new(uint64_t target_id, unsigned coarse_steps, struct track **track);

/* NULL is accepted. */
void track_free(struct track *track);

/*
 * Ends steps at a moment that these values and round trips are of. before, number: of the fine step that ended
 * last, and of the newest that has ended now, which is later; steps are numbered from 1. Where several have
 * ended at once, as this process slept, each gets what all of them came to.
 */
void track_advance(struct track *track, uint64_t before, uint64_t number,
	const struct target_values *values, const struct distribution *round_trips);

/* Makes the fine steps behind before, up to number, ones in which nothing happened. */
void track_skip(struct track *track, uint64_t before, uint64_t number);

/* How many steps a scale keeps. */
unsigned track_kept(const struct track *track, enum history_scale scale);

/* A step that is kept. number: of that scale. */
const struct history_step *track_step(
	const struct track *track, enum history_scale scale, uint64_t number);

/*
 * The median of the medians of the steps from first to last, which are kept; the bucket plus 1, or 0 if fewer
 * than least of them have one.
 */
unsigned track_median(const struct track *track, enum history_scale scale, uint64_t first,
	uint64_t last, unsigned least);

#endif
