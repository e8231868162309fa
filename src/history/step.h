/* SPDX-License-Identifier: MIT */
/* What is kept of one step of a target's history. Pure. */
#ifndef HISTORY_STEP_H
#define HISTORY_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/distribution.h"
#include "measure/target_stats.h"

/* Ten bytes, as there are a hundred of these and more for each of thousands of targets. */
struct history_step {
	/* Round trips: the bucket of a distribution, plus 1; 0 where no reply came. */
	uint8_t least;
	uint8_t low; /* 10th percentile. */
	uint8_t median;
	uint8_t high; /* 90th percentile. */
	uint8_t greatest;
	uint8_t unsent; /* Of the settled probes, in half percents, rounded up; part of lost. */
	uint8_t missed; /* Of the slots, those that this process slept through; likewise. */
	bool is_known;	/* False: nothing was due, or the target was not there. */
	uint16_t lost;	/* Of the settled probes, in hundredths of a percent, rounded up. */
};

/* What a step counts, at one moment. All of it only grows. */
struct history_counts {
	uint64_t received;
	uint64_t timeouts;
	uint64_t unsent;
	uint64_t sent;
	uint64_t missed_slots;
};

struct history_counts history_counts_of(const struct target_values *values);

/*
 * Makes a step of what came between two moments. round_trips: how many came in each bucket meanwhile.
 */
void history_step_make(const struct history_counts *before, const struct history_counts *now,
	const uint32_t round_trips[DISTRIBUTION_BUCKETS], struct history_step *step);

#endif
