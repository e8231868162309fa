/* SPDX-License-Identifier: MIT */
/*
 * When each target's probes are due, whatever their intervals: a ring of slots for each interval,
 * and the rings in the order of their next slot. Pure: time is passed in.
 */
#ifndef PROBE_SCHEDULE_H
#define PROBE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/alarms.h"
#include "probe/slots.h"

struct schedule_ring;

/* The place of an owner. All zero is nowhere. */
struct schedule_place {
	struct schedule_ring *ring; /* The schedule's. */
	uint32_t index;		    /* Of its phase; see slots_phase_ns(). */
};

/* Stored by the caller. */
struct schedule {
	int64_t start_ns;
	double shift;
	struct schedule_ring **rings; /* Owned. */
	size_t ring_count;
	size_t ring_capacity;
	struct alarms order;		/* Of the rings. */
	struct schedule_ring *draining; /* Its slots are being taken. */
};

/*
 * start_ns: where slots are counted from; those of intervals of a second or more from a second
 * later, so that the first of a long interval does not fall before the first connection. shift: by
 * which part of an interval (0 to 1) all phases are moved.
 */
void schedule_init(struct schedule *schedule, int64_t start_ns, double shift);
void schedule_clear(struct schedule *schedule);

/*
 * Gives an owner a phase of its own in an interval; its first slot is the first one after now_ns,
 * up to which everything due must have been taken. Returns 0 with *place, or -ENOMEM.
 */
int schedule_add(struct schedule *schedule, int64_t interval_ns, int64_t now_ns, void *owner,
	struct schedule_place *place);

/* Takes it out; nothing happens if its place is nowhere. */
void schedule_remove(struct schedule *schedule, struct schedule_place *place, const void *owner);

/* When the next slot is due; INT64_MAX without owners. */
int64_t schedule_next_ns(const struct schedule *schedule);

/*
 * When to wake for the next slots; INT64_MAX without owners. Those that follow soon share a wake-up, which
 * is when the last of them is due: three, or eight within a millisecond, or all within half of one. No slot
 * is used later than schedule_lateness_ns() of its interval for the sake of others, and one that has none
 * near it is used right on time.
 */
int64_t schedule_wake_ns(const struct schedule *schedule);

/*
 * How much later a slot may be used: by a 32nd of its interval, but by a millisecond at least and ten at
 * most, and never by more than half of the interval.
 */
int64_t schedule_lateness_ns(int64_t interval_ns);

/*
 * Takes a slot that is due at now_ns, those of one interval in the order of due_ns; returns false
 * when none is left. now_ns stays the same until then, and never falls.
 */
bool schedule_take(struct schedule *schedule, int64_t now_ns, struct due_slot *due);

#endif
