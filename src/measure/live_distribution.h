/* SPDX-License-Identifier: MIT */
/* A distribution that is being counted: by one thread, within the steps of a sequence lock. */
#ifndef MEASURE_LIVE_DISTRIBUTION_H
#define MEASURE_LIVE_DISTRIBUTION_H

#include <stdatomic.h>
#include <stdint.h>

#include "measure/distribution.h"

/*
 * Counts of 40 bits, as every target has one of these: a prober that sends every millisecond needs 34
 * years to fill one. All zero at first. Stored by the caller.
 */
struct live_distribution {
	_Atomic uint32_t counts[DISTRIBUTION_BUCKETS];
	_Atomic uint8_t carries[DISTRIBUTION_BUCKETS];
	_Atomic uint64_t sum_us;
	_Atomic uint64_t square_sum_us2;
};

/* Of the thread that counts. value_ns: 0 or more. */
void live_distribution_record(struct live_distribution *live, int64_t value_ns);

/* Copies it. The caller reads again if it was counted in meanwhile. */
void live_distribution_read(const struct live_distribution *live, struct distribution *copy);

#endif
