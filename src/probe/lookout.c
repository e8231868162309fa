/* SPDX-License-Identifier: MIT */
#include "probe/lookout.h"

#include "base/clock.h"

#define PAUSE_MIN_NS (100 * NS_PER_US)
#define PAUSE_MAX_NS (10 * NS_PER_MS)

int64_t lookout_due_ns(const struct lookout *lookout, int64_t now_ns)
{
	if (lookout->open == 0)
		return INT64_MAX;
	int64_t pause_ns = (now_ns - lookout->latest_ns) / 8;
	if (pause_ns < PAUSE_MIN_NS)
		pause_ns = PAUSE_MIN_NS;
	return now_ns + (pause_ns < PAUSE_MAX_NS ? pause_ns : PAUSE_MAX_NS);
}
