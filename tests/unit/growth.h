/* SPDX-License-Identifier: MIT */
/* How the work that something takes grows with its size, on machines of any speed. */
#ifndef UNIT_GROWTH_H
#define UNIT_GROWTH_H

#include <stddef.h>
#include <time.h>

#include "base/clock.h"

#define GROWTH_FACTOR 32

static inline int64_t growth_cpu_ns(void)
{
	struct timespec time = {0};
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return clock_from_timespec(&time);
}

static inline int64_t growth_least_ns(void (*work)(size_t size), size_t size)
{
	int64_t least_ns = INT64_MAX;
	for (int i = 0; i < 3; i++) {
		int64_t before_ns = growth_cpu_ns();
		work(size);
		int64_t took_ns = growth_cpu_ns() - before_ns;
		if (took_ns < least_ns)
			least_ns = took_ns;
	}
	return least_ns;
}

/*
 * Whether that many times the size takes no more than eight times as much work as is due: caches, and what is paid once,
 * make a linear one differ by less; one that grows with the square takes GROWTH_FACTOR times as much.
 */
static inline bool growth_is_linear(void (*work)(size_t size), size_t size)
{
	return growth_least_ns(work, GROWTH_FACTOR * size) <=
	       8 * GROWTH_FACTOR * growth_least_ns(work, size);
}

#endif
