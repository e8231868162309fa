/* SPDX-License-Identifier: MIT */
#include "net/arrival_clock.h"

/* Two readings disagree by less than this while the clock does not step. */
#define STEP_MIN_NS (20 * NS_PER_US)

/* A reading that takes longer was interrupted, and a step can hide in it: it is repeated, up to
 * this many times. */
#define READINGS_MAX 3

static void begin_epoch(struct arrival_clock *clock, int64_t from_ns, int64_t offset_ns)
{
	clock->present = (struct arrival_epoch){
		.offset_ns = offset_ns, .from_ns = from_ns, .until_ns = INT64_MAX};
}

void arrival_clock_update(
	struct arrival_clock *clock, int64_t before_ns, struct wall_time wall, int64_t after_ns)
{
	int64_t width_ns = after_ns - before_ns;
	int64_t offset_ns = wall.unix_ns - (before_ns + width_ns / 2);
	int64_t moved_ns = offset_ns - clock->present.offset_ns;
	if (moved_ns < 0)
		moved_ns = -moved_ns;
	if (!clock->is_known) {
		begin_epoch(clock, before_ns, offset_ns);
		clock->past = clock->present;
		clock->past.until_ns = before_ns;
	} else if (moved_ns > width_ns / 2 + STEP_MIN_NS) {
		clock->past = clock->present;
		clock->past.until_ns = after_ns;
		begin_epoch(clock, clock->read_ns, offset_ns);
	} else if (width_ns < STEP_MIN_NS) {
		/* After a reading that was interrupted the old offset is the better one. */
		clock->present.offset_ns = offset_ns;
	}
	/* A step may have come right after the wall clock was read. */
	clock->read_ns = before_ns;
	clock->is_known = true;
}

int64_t arrival_clock_read(struct arrival_clock *clock)
{
	int64_t before_ns;
	struct wall_time wall;
	int64_t after_ns = clock_monotonic_ns();
	int readings = 0;
	do {
		before_ns = after_ns;
		wall = clock_wall();
		after_ns = clock_monotonic_ns();
	} while (after_ns - before_ns >= STEP_MIN_NS && ++readings < READINGS_MAX);
	arrival_clock_update(clock, before_ns, wall, after_ns);
	return after_ns;
}

struct wall_time arrival_clock_wall(const struct arrival_clock *clock, int64_t monotonic_ns)
{
	return (struct wall_time){.unix_ns = monotonic_ns + clock->present.offset_ns};
}

/* Returns false if the timestamp cannot be of that epoch. */
static bool convert(const struct arrival_epoch *epoch, struct wall_time timestamp,
	int64_t earliest_ns, int64_t now_ns, int64_t *arrival_ns)
{
	*arrival_ns = timestamp.unix_ns - epoch->offset_ns;
	return *arrival_ns >= earliest_ns && *arrival_ns >= epoch->from_ns &&
	       *arrival_ns <= now_ns && *arrival_ns <= epoch->until_ns;
}

int64_t arrival_clock_convert(const struct arrival_clock *clock, struct wall_time timestamp,
	int64_t earliest_ns, int64_t now_ns)
{
	if (!wall_time_is_known(timestamp))
		return now_ns;
	int64_t present_ns;
	int64_t past_ns;
	bool is_present = convert(&clock->present, timestamp, earliest_ns, now_ns, &present_ns);
	bool is_past = convert(&clock->past, timestamp, earliest_ns, now_ns, &past_ns);
	if (is_present && is_past)
		return present_ns > past_ns ? present_ns : past_ns;
	if (is_present)
		return present_ns;
	return is_past ? past_ns : now_ns;
}
