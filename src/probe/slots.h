/* SPDX-License-Identifier: MIT */
/*
 * When each target's probes are due: a ring of targets of one interval, sorted by phase, so that
 * the next due is always the next in the ring. Slots are absolute (start + phase + k * interval),
 * so nothing drifts. Pure.
 */
#ifndef PROBE_SLOTS_H
#define PROBE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One target's place. */
struct slot {
	int64_t phase_ns; /* 0 to interval - 1. */
	int64_t due_ns;	  /* The next one, monotonic. */
	void *owner;	  /* Borrowed. */
};

/* Stored by the caller. */
struct slots {
	int64_t start_ns;
	int64_t interval_ns;
	int64_t horizon_ns; /* What was due up to here has been taken. */
	struct slot *ring;  /* Owned; sorted by phase. */
	size_t count;
	size_t capacity;
	size_t next; /* Whose slot comes next. */
};

void slots_init(struct slots *slots, int64_t start_ns, int64_t interval_ns);
void slots_clear(struct slots *slots);

/*
 * The phase of the index-th target (from 0) of an interval: index's binary digits mirrored behind
 * the point (van der Corput's sequence), so that targets are spread evenly however many there are,
 * and none has to move when others come or go. Returns 0 to interval_ns - 1.
 */
int64_t slots_phase_ns(uint32_t index, int64_t interval_ns);

/*
 * Puts a target in; its first slot is the first one after now_ns, up to which everything due must
 * have been taken. Returns 0 or -ENOMEM.
 */
int slots_add(struct slots *slots, int64_t phase_ns, int64_t now_ns, void *owner);

/* Takes the target of that phase out; nothing happens if it is not there. */
void slots_remove(struct slots *slots, int64_t phase_ns, const void *owner);

/* When the next slot is due; INT64_MAX without targets. */
int64_t slots_next_ns(const struct slots *slots);

/* When the nth of the next slots (from 0) is due; INT64_MAX beyond one of each target. */
int64_t slots_ahead_ns(const struct slots *slots, size_t nth);

/* A slot that is due now. */
struct due_slot {
	void *owner;
	int64_t due_ns;	 /* The last one of this owner at now_ns or before. */
	uint64_t missed; /* How many of its slots before that one nobody took: they are not made up
			    for. */
};

/*
 * Takes the next slot that is due at now_ns, in the order of due_ns; returns false when none is
 * left. now_ns stays the same until then, and never falls.
 */
bool slots_take(struct slots *slots, int64_t now_ns, struct due_slot *due);

#endif
