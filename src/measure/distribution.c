/* SPDX-License-Identifier: MIT */
#include "measure/distribution.h"

#include <math.h>

#include "base/clock.h"

#define OCTAVE 8

/* 2^(k / 8 - 1): where an octave of fractions, as frexp() has them, is divided. */
static const double fractions[OCTAVE] = {
	0.5,
	0.5452538663326288,
	0.5946035575013605,
	0.6484197773255048,
	0.7071067811865476,
	0.7711054127039704,
	0.8408964152537146,
	0.9170040432046712,
};

unsigned distribution_bucket(int64_t value_ns)
{
	int exponent = 0;
	double fraction = frexp((double)value_ns / (double)NS_PER_S, &exponent);
	int k = 0;
	while (k < OCTAVE && fraction > fractions[k])
		k++;
	int bucket = (exponent - 1) * OCTAVE + k - DISTRIBUTION_FIRST_INDEX;
	if (bucket < 0 || value_ns <= 0)
		return 0;
	return bucket < DISTRIBUTION_BUCKETS ? (unsigned)bucket : DISTRIBUTION_BUCKETS - 1;
}

uint64_t distribution_count(const struct distribution *distribution)
{
	uint64_t count = 0;
	for (unsigned k = 0; k < DISTRIBUTION_BUCKETS; k++)
		count += distribution->counts[k];
	return count;
}

uint64_t distribution_rank(unsigned percent, uint64_t count)
{
	return (count * percent + 99) / 100;
}

double distribution_bound(unsigned bucket)
{
	return exp2(((double)bucket + DISTRIBUTION_FIRST_INDEX) / OCTAVE);
}

double distribution_middle(unsigned bucket)
{
	return exp2(((double)bucket + DISTRIBUTION_FIRST_INDEX - 0.5) / OCTAVE);
}

double distribution_ranked(const struct distribution *distribution, uint64_t rank)
{
	uint64_t below = 0;
	unsigned bucket = 0;
	while (bucket < DISTRIBUTION_BUCKETS - 1) {
		below += distribution->counts[bucket];
		if (below >= rank)
			break;
		bucket++;
	}
	return distribution_middle(bucket);
}

void distribution_subtract(const struct distribution *now, const struct distribution *before,
	struct distribution *difference)
{
	for (unsigned k = 0; k < DISTRIBUTION_BUCKETS; k++)
		difference->counts[k] = now->counts[k] - before->counts[k];
	difference->sum_us = now->sum_us - before->sum_us;
	difference->square_sum_us2 = now->square_sum_us2 - before->square_sum_us2;
}
