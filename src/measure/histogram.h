/* SPDX-License-Identifier: MIT */
/* A histogram whose upper bounds double from each to the next. */
#ifndef MEASURE_HISTOGRAM_H
#define MEASURE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BOUNDS 15
/* One more than the bounds: the last counts what is above them all (+Inf). */
#define HISTOGRAM_BUCKETS (HISTOGRAM_BOUNDS + 1)

/* First bounds, in nanoseconds: 100 us for round trips, 10 us for the lag of sends. */
#define HISTOGRAM_RTT_FIRST_NS INT64_C(100000)
#define HISTOGRAM_LAG_FIRST_NS INT64_C(10000)

/* A copy for readers. Each count is of its own bucket: they are not cumulative. */
struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS];
	uint64_t sum_ns;
};

/*
 * The k-th upper bound in nanoseconds, inclusive as Prometheus's "le": first_ns * 2^k.
 * k: 0 to HISTOGRAM_BOUNDS - 1.
 */
int64_t histogram_bound_ns(int64_t first_ns, unsigned k);

/* The bucket of a value, 0 to HISTOGRAM_BOUNDS. first_ns: 1 or more. value_ns: 0 or more. */
unsigned histogram_bucket(int64_t first_ns, int64_t value_ns);

/* How many values were counted altogether. */
uint64_t histogram_count(const struct histogram *histogram);

#endif
