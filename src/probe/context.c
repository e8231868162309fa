/* SPDX-License-Identifier: MIT */
#include "probe/context.h"

static void add(_Atomic uint64_t *counter, uint64_t by)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, value + by, memory_order_relaxed);
}

void probe_context_record_lag(struct probe_context *context, int64_t lag_ns)
{
	add(&context->lag_counts[histogram_bucket(HISTOGRAM_LAG_FIRST_NS, lag_ns)], 1);
	add(&context->lag_sum_ns, (uint64_t)lag_ns);
}

void probe_context_add_lag(const struct probe_context *context, struct histogram *histogram)
{
	for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++)
		histogram->counts[k] +=
			atomic_load_explicit(&context->lag_counts[k], memory_order_relaxed);
	histogram->sum_ns += atomic_load_explicit(&context->lag_sum_ns, memory_order_relaxed);
}

uint32_t probe_context_random(struct probe_context *context)
{
	context->random ^= context->random << 13;
	context->random ^= context->random >> 17;
	context->random ^= context->random << 5;
	return context->random;
}
