/* SPDX-License-Identifier: MIT */
/* Round trips in buckets fine enough for quantiles: eight an octave, so that each is known to 5 %. */
#ifndef MEASURE_DISTRIBUTION_H
#define MEASURE_DISTRIBUTION_H

#include <stdint.h>

/*
 * Those of Prometheus's native histograms of schema 3 from 10 us to 64 s: the bucket of index i holds
 * what is in (2^((i - 1) / 8), 2^(i / 8)] seconds. The first also holds what is shorter, the last
 * what is longer. https://prometheus.io/docs/specs/native_histograms/
 */
#define DISTRIBUTION_FIRST_INDEX (-132)
#define DISTRIBUTION_BUCKETS 181

/* A copy for readers. All of it only grows, and wraps around: the difference of two is always right. */
struct distribution {
	uint64_t counts[DISTRIBUTION_BUCKETS];
	/* In whole microseconds, rounded alike, as the variance is the difference of the two. */
	uint64_t sum_us;
	uint64_t square_sum_us2;
};

/* The bucket of a round trip, 0 to DISTRIBUTION_BUCKETS - 1. value_ns: 0 or more. */
unsigned distribution_bucket(int64_t value_ns);

/* How many values were counted altogether. */
uint64_t distribution_count(const struct distribution *distribution);

/* The rank of a quantile among count values: the least that has that share at or below it. */
uint64_t distribution_rank(unsigned percent, uint64_t count);

/* The upper bound of a bucket in seconds, inclusive. */
double distribution_bound(unsigned bucket);

/* The middle of a bucket in seconds, less than 4.5 % from all that is in it. */
double distribution_middle(unsigned bucket);

/*
 * Where the round trip of that rank lies, from 1 for the shortest: the middle of its bucket in seconds.
 * rank: at most what the counts add up to.
 */
double distribution_ranked(const struct distribution *distribution, uint64_t rank);

/* What came between two copies. */
void distribution_subtract(const struct distribution *now, const struct distribution *before,
	struct distribution *difference);

#endif
