/* SPDX-License-Identifier: MIT */
#include "measure/histogram.h"

int64_t histogram_bound_ns(int64_t first_ns, unsigned k)
{
	return first_ns << k;
}

unsigned histogram_bucket(int64_t first_ns, int64_t value_ns)
{
	if (value_ns <= first_ns)
		return 0;
	/* The least k with value <= first * 2^k is the bit length of (value - 1) / first. */
	uint64_t ratio = (uint64_t)(value_ns - 1) / (uint64_t)first_ns;
	unsigned k = 64U - (unsigned)__builtin_clzll(ratio);
	return k < HISTOGRAM_BOUNDS ? k : HISTOGRAM_BOUNDS;
}

uint64_t histogram_count(const struct histogram *histogram)
{
	uint64_t count = 0;
	for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++)
		count += histogram->counts[k];
	return count;
}
