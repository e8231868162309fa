/* SPDX-License-Identifier: MIT */
/* The clocks: read in few places and handed down, so that all else can be tested at any time. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* Nanoseconds of the monotonic clock: never steps, starts anywhere. All measuring uses this one. */
int64_t clock_monotonic_ns(void);

/* Nanoseconds since 1970-01-01 00:00 UTC: may step at any time, so only for people and peers. */
int64_t clock_realtime_ns(void);

/*
 * Sleeps until the monotonic clock shows deadline_ns. Returns at once when that has passed, and
 * early when a signal handler ran: the caller reads the clock again in any case.
 */
void clock_sleep_until(int64_t deadline_ns);

/*
 * Asks the system to end this thread's waits as near to their deadlines as it can; it may keep
 * other threads to that too. Without it they may be late by what saves power: 50 us on Linux, a
 * clock tick of 15.6 ms on Windows, which becomes 1 ms.
 */
void clock_keep_deadlines(void);

#endif
