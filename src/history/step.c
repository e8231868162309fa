/* SPDX-License-Identifier: MIT */
#include "history/step.h"

#define LOW_PERCENT 10
#define MEDIAN_PERCENT 50
#define HIGH_PERCENT 90
#define HUNDREDTHS 10000
#define HALF_PERCENTS 200

struct history_counts history_counts_of(const struct target_values *values)
{
	return (struct history_counts){
		.received = values->received,
		.timeouts = values->timeouts,
		.unsent = values->unsent,
		.sent = values->sent,
		.missed_slots = values->missed_slots,
	};
}

/* Rounded up, so that a little does not read as none. */
static uint64_t share_of(uint64_t part, uint64_t all, uint64_t whole)
{
	return all > 0 ? (part * whole + all - 1) / all : 0;
}

/* The bucket of the value with this rank, from 1 for the shortest, plus 1. */
static uint8_t find_rank(const uint32_t round_trips[DISTRIBUTION_BUCKETS], uint64_t rank)
{
	uint64_t seen = 0;
	unsigned bucket = 0;
	while (bucket < DISTRIBUTION_BUCKETS && seen + round_trips[bucket] < rank)
		seen += round_trips[bucket++];
	return (uint8_t)(bucket + 1);
}

static void fill_round_trips(
	const uint32_t round_trips[DISTRIBUTION_BUCKETS], struct history_step *step)
{
	uint64_t count = 0;
	for (unsigned i = 0; i < DISTRIBUTION_BUCKETS; i++)
		count += round_trips[i];
	if (count == 0)
		return;
	step->least = find_rank(round_trips, 1);
	step->low = find_rank(round_trips, distribution_rank(LOW_PERCENT, count));
	step->median = find_rank(round_trips, distribution_rank(MEDIAN_PERCENT, count));
	step->high = find_rank(round_trips, distribution_rank(HIGH_PERCENT, count));
	step->greatest = find_rank(round_trips, count);
}

void history_step_make(const struct history_counts *before, const struct history_counts *now,
	const uint32_t round_trips[DISTRIBUTION_BUCKETS], struct history_step *step)
{
	uint64_t lost = now->timeouts - before->timeouts;
	uint64_t settled = now->received - before->received + lost;
	uint64_t sent = now->sent - before->sent;
	uint64_t missed = now->missed_slots - before->missed_slots;
	*step = (struct history_step){
		.is_known = settled > 0 || sent > 0 || missed > 0,
		.lost = (uint16_t)share_of(lost, settled, HUNDREDTHS),
		.unsent = (uint8_t)share_of(now->unsent - before->unsent, settled, HALF_PERCENTS),
		.missed = (uint8_t)share_of(missed, sent + missed, HALF_PERCENTS),
	};
	fill_round_trips(round_trips, step);
}
