/* SPDX-License-Identifier: MIT */
/* How late sends were against their slots: one thread writes, any thread reads. */
#ifndef PROBE_SEND_LAG_H
#define PROBE_SEND_LAG_H

#include <stdatomic.h>
#include <stdint.h>

#include "measure/histogram.h"

/* All zero at first. Stored by the caller. */
struct send_lag {
	_Atomic uint64_t counts[HISTOGRAM_BUCKETS];
	_Atomic uint64_t sum_ns;
};

/* lag_ns: 0 or more. */
void send_lag_record(struct send_lag *lag, int64_t lag_ns);

/* Adds the lags recorded so far to a histogram of first bound HISTOGRAM_LAG_FIRST_NS. Any thread. */
void send_lag_add_to(const struct send_lag *lag, struct histogram *histogram);

#endif
