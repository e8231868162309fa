/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* That of macOS by the plain name counts microseconds. */
#ifdef __APPLE__
#define MONOTONIC CLOCK_MONOTONIC_RAW
#else
#define MONOTONIC CLOCK_MONOTONIC
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
	return read_ns(MONOTONIC);
}

struct wall_time clock_wall(void)
{
	return (struct wall_time){.unix_ns = read_ns(CLOCK_REALTIME)};
}

static struct timespec timespec_of(int64_t time_ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(time_ns / NS_PER_S),
		.tv_nsec = (long)(time_ns % NS_PER_S),
	};
}

#ifdef TIMER_ABSTIME

void clock_sleep_until(int64_t deadline_ns)
{
	if (deadline_ns <= 0)
		return;
	const struct timespec deadline = timespec_of(deadline_ns);
	clock_nanosleep(MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
}

#else

void clock_sleep_until(int64_t deadline_ns)
{
	int64_t rest_ns = deadline_ns - clock_monotonic_ns();
	if (rest_ns <= 0)
		return;
	const struct timespec rest = timespec_of(rest_ns);
	nanosleep(&rest, NULL);
}

#endif

void clock_keep_deadlines(void)
{
#ifdef __linux__
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
#endif
}
