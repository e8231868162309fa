/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/timex.h>
#endif

/* On macOS CLOCK_MONOTONIC counts in microseconds. */
#ifdef __APPLE__
#define MONOTONIC CLOCK_MONOTONIC_RAW
#else
#define MONOTONIC CLOCK_MONOTONIC
#endif

/* How much the kernel may add to a sleep to merge wake-ups. */
#define TIMER_SLACK_NS 5000UL

static int64_t read_ns(clockid_t clock)
{
	/* Both clocks exist on every system that this builds on, so this cannot fail. */
	struct timespec time = {0};
	clock_gettime(clock, &time);
	return clock_from_timespec(&time);
}

int64_t clock_monotonic_ns(void)
{
	return read_ns(MONOTONIC);
}

struct wall_time clock_wall(void)
{
	return (struct wall_time){.unix_ns = read_ns(CLOCK_REALTIME)};
}

uint32_t clock_max_error_us(void)
{
#ifdef __linux__
	struct timex state = {0};
	if (adjtimex(&state) >= 0 && !(state.status & STA_UNSYNC) && state.maxerror >= 0)
		return (uint32_t)state.maxerror;
#endif
	return CLOCK_ERROR_UNKNOWN;
}

#ifdef TIMER_ABSTIME

void clock_sleep_until(int64_t deadline_ns)
{
	if (deadline_ns <= 0)
		return;
	const struct timespec deadline = clock_to_timespec(deadline_ns);
	clock_nanosleep(MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
}

#else

void clock_sleep_until(int64_t deadline_ns)
{
	int64_t rest_ns = deadline_ns - clock_monotonic_ns();
	if (rest_ns <= 0)
		return;
	const struct timespec rest = clock_to_timespec(rest_ns);
	nanosleep(&rest, NULL);
}

#endif

void clock_keep_deadlines(void)
{
#ifdef __linux__
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
#endif
}
