/* SPDX-License-Identifier: MIT */
#include "measure/live_distribution.h"

#include "base/clock.h"

static void increase(_Atomic uint64_t *word, uint64_t by)
{
	atomic_store_explicit(
		word, atomic_load_explicit(word, memory_order_relaxed) + by, memory_order_release);
}

void live_distribution_record(struct live_distribution *live, int64_t value_ns)
{
	uint64_t us = ((uint64_t)value_ns + NS_PER_US / 2) / NS_PER_US;
	unsigned bucket = distribution_bucket(value_ns);
	uint32_t count = atomic_load_explicit(&live->counts[bucket], memory_order_relaxed) + 1;
	atomic_store_explicit(&live->counts[bucket], count, memory_order_release);
	if (count == 0) {
		_Atomic uint8_t *carry = &live->carries[bucket];
		unsigned carried = atomic_load_explicit(carry, memory_order_relaxed) + 1U;
		atomic_store_explicit(carry, (uint8_t)carried, memory_order_release);
	}
	increase(&live->sum_us, us);
	increase(&live->square_sum_us2, us * us);
}

void live_distribution_read(const struct live_distribution *live, struct distribution *copy)
{
	for (unsigned k = 0; k < DISTRIBUTION_BUCKETS; k++) {
		uint64_t carry = atomic_load_explicit(&live->carries[k], memory_order_acquire);
		copy->counts[k] =
			carry << 32 | atomic_load_explicit(&live->counts[k], memory_order_acquire);
	}
	copy->sum_us = atomic_load_explicit(&live->sum_us, memory_order_acquire);
	copy->square_sum_us2 = atomic_load_explicit(&live->square_sum_us2, memory_order_acquire);
}
