/* SPDX-License-Identifier: MIT */
/* The clocks: read in few places and handed down, so that all else can be tested at any time. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* Nanoseconds, 0 or more, as system calls take them, and back. What does not fit into 32 bits is as late as does. */
static inline struct timespec clock_to_timespec(int64_t time_ns)
{
	int64_t seconds = time_ns / NS_PER_S;
	if (sizeof(time_t) < sizeof(seconds) && seconds > INT32_MAX)
		seconds = INT32_MAX;
	return (struct timespec){
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)(time_ns % NS_PER_S),
	};
}

static inline int64_t clock_from_timespec(const struct timespec *time)
{
	return (int64_t)time->tv_sec * NS_PER_S + time->tv_nsec;
}

/*
 * Nanoseconds of the monotonic clock: never steps, starts anywhere, 0 or more. Everything is
 * measured by this one. Never fails.
 */
int64_t clock_monotonic_ns(void);

/*
 * Wall-clock time, which may step at any time, so it is only for people and peers. A type of its
 * own, so that it is never taken for monotonic time.
 */
struct wall_time {
	int64_t unix_ns; /* Since 1970-01-01 00:00 UTC. */
};

/* No time at all. */
#define WALL_TIME_UNKNOWN ((struct wall_time){.unix_ns = -1})

static inline bool wall_time_is_known(struct wall_time time)
{
	return time.unix_ns != WALL_TIME_UNKNOWN.unix_ns;
}

/* a - b, of times of which either may come from outside, and be any number: it wraps. */
static inline int64_t clock_difference_ns(int64_t a_ns, int64_t b_ns)
{
	return (int64_t)((uint64_t)a_ns - (uint64_t)b_ns);
}

/* Never fails. */
struct wall_time clock_wall(void);

/*
 * How far the wall clock may be off, as the system knows (adjtimex(2): maxerror), in microseconds;
 * CLOCK_ERROR_UNKNOWN if nothing keeps it synchronised, or the system does not say.
 */
#define CLOCK_ERROR_UNKNOWN UINT32_MAX
uint32_t clock_max_error_us(void);

/*
 * Sleeps until the monotonic clock shows deadline_ns. Returns at once when that has passed, and
 * early when a signal handler ran: the caller reads the clock again in any case.
 */
void clock_sleep_until(int64_t deadline_ns);

/*
 * Asks the system to end this thread's waits as close to their deadlines as it can; this may apply
 * to other threads too. Otherwise waits may end late to save power: by 50 us on Linux (5 us with
 * it; PR_SET_TIMERSLACK of prctl(2)), by a clock tick of 15.6 ms on Windows (1 ms with it).
 */
void clock_keep_deadlines(void);

#endif
