/* SPDX-License-Identifier: MIT */
#include "metrics/process_values.h"

#include "base/clock.h"

/* The clock is slewed all the time, and start times are not precise: this much is no step. */
#define CLOCK_NOISE_NS NS_PER_S

int64_t process_start_time_ns(int64_t known_ns, int64_t found_ns)
{
	if (found_ns < 0)
		return known_ns;
	int64_t moved_ns = found_ns > known_ns ? found_ns - known_ns : known_ns - found_ns;
	return known_ns < 0 || moved_ns > CLOCK_NOISE_NS ? found_ns : known_ns;
}
