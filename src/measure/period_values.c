/* SPDX-License-Identifier: MIT */
#include "measure/period_values.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

#define US_PER_S 1e6

static double clamp(double value, double least, double most)
{
	return fmin(fmax(value, least), most);
}

static double deviation(const struct distribution *distribution, uint64_t count)
{
	if (count < 2)
		return 0;
	double sum = (double)distribution->sum_us;
	double squares = (double)distribution->square_sum_us2;
	double n = (double)count;
	/* What rounding makes of 0 may be less than that. */
	double variance = fmax((n * squares - sum * sum) / (n * (n - 1)), 0);
	return sqrt(variance) / US_PER_S;
}

/* Middles of buckets are put right by what is known exactly, the mean. */
static void fill_round_trips(const struct distribution *distribution, uint64_t count,
	uint64_t sum_ns, struct period_values *values)
{
	double mean = (double)sum_ns / (double)count / (double)NS_PER_S;
	double min = fmin(distribution_ranked(distribution, 1), mean);
	double max = fmax(distribution_ranked(distribution, count), mean);
	if (count == 1)
		min = max = mean;
	values->rtt_mean = mean;
	values->rtt_min = min;
	values->rtt_max = max;
	values->rtt_median =
		clamp(distribution_ranked(distribution, distribution_rank(50, count)), min, max);
	values->rtt_p90 =
		clamp(distribution_ranked(distribution, distribution_rank(90, count)), min, max);
	values->rtt_p99 =
		clamp(distribution_ranked(distribution, distribution_rank(99, count)), min, max);
	values->rtt_deviation = deviation(distribution, count);
}

void period_values_make(const struct target_snapshot *before, const struct target_snapshot *now,
	struct period_values *values)
{
	static const struct distribution none;
	static const struct target_snapshot nothing = {.distribution = &none};
	/* The macro, because a computed NAN may print with a sign. */
	const double unknown = (double)NAN;
	before = before ? before : &nothing;
	*values = (struct period_values){
		false, unknown, unknown, unknown, unknown, unknown, unknown, unknown, unknown};
	uint64_t received = now->values.received - before->values.received;
	uint64_t lost = now->values.timeouts - before->values.timeouts;
	if (received + lost > 0) {
		values->is_first = before->values.received + before->values.timeouts == 0;
		values->loss_percent = 100.0 * (double)lost / (double)(received + lost);
	}
	if (received == 0 || !now->distribution || !before->distribution)
		return;
	struct distribution difference;
	distribution_subtract(now->distribution, before->distribution, &difference);
	fill_round_trips(
		&difference, received, now->values.rtt.sum_ns - before->values.rtt.sum_ns, values);
}

/* Where the targets of one snapshot are looked up in an earlier one. */
struct finder {
	const struct snapshot *snapshot;
	uint64_t last_id; /* The greatest there is: those above are new. */
	size_t next;	  /* Where the next one is, mostly. */
};

static struct finder finder_of(const struct snapshot *snapshot)
{
	struct finder finder = {.snapshot = snapshot};
	for (size_t i = 0; i < snapshot->target_count; i++)
		if (snapshot->targets[i].id > finder.last_id)
			finder.last_id = snapshot->targets[i].id;
	return finder;
}

/* The target of that id, or NULL. */
static const struct target_snapshot *find(struct finder *finder, uint64_t id)
{
	size_t count = finder->snapshot->target_count;
	for (size_t i = 0; id <= finder->last_id && i < count; i++) {
		size_t at = (finder->next + i) % count;
		if (finder->snapshot->targets[at].id == id) {
			finder->next = at + 1;
			return &finder->snapshot->targets[at];
		}
	}
	return NULL;
}

int period_values_make_all(
	const struct snapshot *before, const struct snapshot *now, struct period_values **values)
{
	struct period_values *made = calloc(now->target_count + 1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	struct finder finder = finder_of(before);
	for (size_t i = 0; i < now->target_count; i++) {
		const struct target_snapshot *target = &now->targets[i];
		period_values_make(find(&finder, target->id), target, &made[i]);
	}
	*values = made;
	return 0;
}
