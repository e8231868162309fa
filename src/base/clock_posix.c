/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* The kernel may add so much to a sleep in order to share its own wake-ups. */
#define TIMER_SLACK_NS 5000UL

static int64_t read_ns(clockid_t clock)
{
	/* Both clocks exist on every system that this builds on: there is no failure to handle. */
	struct timespec time = {0};
	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

int64_t clock_monotonic_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_realtime_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

void clock_sleep_until(int64_t deadline_ns)
{
	if (deadline_ns <= 0)
		return;
	const struct timespec deadline = {
		.tv_sec = (time_t)(deadline_ns / NS_PER_S),
		.tv_nsec = (long)(deadline_ns % NS_PER_S),
	};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
}

void clock_keep_deadlines(void)
{
#ifdef __linux__
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
#endif
}
