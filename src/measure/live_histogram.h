/* SPDX-License-Identifier: MIT */
/* A histogram of short times, such as how late probes left: one thread writes, any thread reads. */
#ifndef MEASURE_LIVE_HISTOGRAM_H
#define MEASURE_LIVE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

#include "measure/distribution.h"
#include "measure/histogram.h"

/* All zero at first. Stored by the caller. */
struct live_histogram {
	_Atomic uint64_t counts[HISTOGRAM_BUCKETS];
	_Atomic uint64_t sum_ns;
	_Atomic uint64_t fine[DISTRIBUTION_BUCKETS];
};

/* time_ns: 0 or more. */
void live_histogram_record(struct live_histogram *live, int64_t time_ns);

/* Add what was recorded so far to a histogram of first bound HISTOGRAM_LAG_FIRST_NS, or to the counts of
 * a distribution. Any thread. */
void live_histogram_add_to(const struct live_histogram *live, struct histogram *histogram);
void live_histogram_add_fine_to(
	const struct live_histogram *live, struct distribution *distribution);

#endif
