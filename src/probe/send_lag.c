/* SPDX-License-Identifier: MIT */
#include "probe/send_lag.h"

static void add(_Atomic uint64_t *counter, uint64_t by)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, value + by, memory_order_relaxed);
}

void send_lag_record(struct send_lag *lag, int64_t lag_ns)
{
	add(&lag->counts[histogram_bucket(HISTOGRAM_LAG_FIRST_NS, lag_ns)], 1);
	add(&lag->sum_ns, (uint64_t)lag_ns);
}

void send_lag_add_to(const struct send_lag *lag, struct histogram *histogram)
{
	for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++)
		histogram->counts[k] += atomic_load_explicit(&lag->counts[k], memory_order_relaxed);
	histogram->sum_ns += atomic_load_explicit(&lag->sum_ns, memory_order_relaxed);
}
