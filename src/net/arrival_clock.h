/* SPDX-License-Identifier: MIT */
/*
 * Where the two clocks meet: turns wall-clock timestamps of arrivals into monotonic time, whatever
 * steps the wall clock makes. Pure, except for arrival_clock_read().
 */
#ifndef NET_ARRIVAL_CLOCK_H
#define NET_ARRIVAL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* A span of monotonic time in which the wall clock did not step. */
struct arrival_epoch {
	int64_t offset_ns; /* How far the wall clock was ahead of the monotonic one. */
	int64_t from_ns;   /* It began after this, */
	int64_t until_ns;  /* and ended before this; INT64_MAX while it lasts. */
};

/* All zero before the first update. Stored by the caller. */
struct arrival_clock {
	struct arrival_epoch present;
	struct arrival_epoch past; /* Until the last step. */
	int64_t read_ns;	   /* The last update, monotonic. */
	bool is_known;		   /* There was one. */
};

/*
 * Takes a reading of the wall clock between two of the monotonic one. If it stepped since the last
 * reading, an epoch ends and another begins. Two steps between two readings look like one.
 */
void arrival_clock_update(
	struct arrival_clock *clock, int64_t before_ns, struct wall_time wall, int64_t after_ns);

/*
 * Reads the clocks and updates; returns the monotonic time at its end. Call it before receiving, at
 * least once a turn, and right after receiving: timestamps are of the clock that was in force when
 * the bytes arrived, and a step may come at any time.
 */
int64_t arrival_clock_read(struct arrival_clock *clock);

/* What the wall clock showed, or will show, at a monotonic time of the present epoch. */
struct wall_time arrival_clock_wall(const struct arrival_clock *clock, int64_t monotonic_ns);

/*
 * Monotonic arrival time of a timestamp: believed between earliest_ns and now_ns, and within an
 * epoch; now_ns if it is unknown or cannot be believed. Where both epochs allow it (a step that is
 * shorter than the time between the readings around it) the later time is taken, which cannot make
 * a round trip shorter than it was.
 */
int64_t arrival_clock_convert(const struct arrival_clock *clock, struct wall_time timestamp,
	int64_t earliest_ns, int64_t now_ns);

#endif
