/* SPDX-License-Identifier: MIT */
#include "page/target_state.h"

#include "base/clock.h"

#define HUNDREDTHS_PER_WHOLE 10000
#define LOSSY_HUNDREDTHS 100
/* A single one may be chance. */
#define LOSSY_PROBES 2
#define SLOW_FACTOR 2
#define SLOW_LEAST_NS NS_PER_MS

static bool was_dialled(const struct target_values *values)
{
	uint64_t attempts = values->connects;
	for (unsigned i = 0; i < CONNECT_FAILURES; i++)
		attempts += values->connect_failures[i];
	return attempts > 0;
}

unsigned target_state_loss(const struct target_values *values)
{
	uint64_t settled = values->window_settled;
	if (settled == 0)
		return 0;
	return (unsigned)((values->window_lost * (uint64_t)HUNDREDTHS_PER_WHOLE + settled - 1) /
			  settled);
}

enum target_state target_state_of(
	const struct target_values *values, int64_t median_ns, int64_t usual_ns)
{
	if (!values->connected)
		return was_dialled(values) ? TARGET_STATE_DOWN : TARGET_STATE_STARTING;
	if (values->window_lost >= LOSSY_PROBES && target_state_loss(values) >= LOSSY_HUNDREDTHS)
		return TARGET_STATE_LOSSY;
	bool is_known = median_ns >= 0 && usual_ns >= 0;
	if (is_known && median_ns > SLOW_FACTOR * usual_ns && median_ns - usual_ns > SLOW_LEAST_NS)
		return TARGET_STATE_SLOW;
	return TARGET_STATE_UP;
}

const char *target_state_name(enum target_state state)
{
	static const char *const names[TARGET_STATES] = {
		[TARGET_STATE_DOWN] = "down",
		[TARGET_STATE_LOSSY] = "lossy",
		[TARGET_STATE_SLOW] = "slow",
		[TARGET_STATE_STARTING] = "starting",
		[TARGET_STATE_UP] = "up",
	};
	return names[state];
}
