/* SPDX-License-Identifier: MIT */
#include "measure/live_histogram.h"

static void add(_Atomic uint64_t *counter, uint64_t by)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, value + by, memory_order_relaxed);
}

void live_histogram_record(struct live_histogram *live, int64_t time_ns)
{
	add(&live->counts[histogram_bucket(HISTOGRAM_LAG_FIRST_NS, time_ns)], 1);
	add(&live->sum_ns, (uint64_t)time_ns);
	add(&live->fine[distribution_bucket(time_ns)], 1);
}

void live_histogram_add_to(const struct live_histogram *live, struct histogram *histogram)
{
	for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++)
		histogram->counts[k] +=
			atomic_load_explicit(&live->counts[k], memory_order_relaxed);
	histogram->sum_ns += atomic_load_explicit(&live->sum_ns, memory_order_relaxed);
}

void live_histogram_add_fine_to(
	const struct live_histogram *live, struct distribution *distribution)
{
	for (unsigned k = 0; k < DISTRIBUTION_BUCKETS; k++)
		distribution->counts[k] +=
			atomic_load_explicit(&live->fine[k], memory_order_relaxed);
}
