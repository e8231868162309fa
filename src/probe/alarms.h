/* SPDX-License-Identifier: MIT */
/* Deadlines of many owners, soonest first: a binary heap. Pure: time is passed in. */
#ifndef PROBE_ALARMS_H
#define PROBE_ALARMS_H

#include <stddef.h>
#include <stdint.h>

/* No alarm at all; later than any time. */
#define ALARM_NEVER INT64_MAX

/* One owner's next deadline. Part of the owner, at a fixed address while it is set. */
struct alarm {
	int64_t due_ns;	 /* Monotonic, or ALARM_NEVER while not set. */
	size_t position; /* In the heap. */
};

void alarm_init(struct alarm *alarm);

/* All zero is an empty heap. Stored by the caller. */
struct alarms {
	struct alarm **heap; /* Owned; the alarms are borrowed. */
	size_t count;
	size_t capacity;
};

/* Makes room for that many alarms in all, so that setting one never allocates. Returns 0 or -ENOMEM. */
int alarms_reserve(struct alarms *alarms, size_t capacity);
void alarms_clear(struct alarms *alarms);

/* Sets or moves an alarm; due_ns ALARM_NEVER takes it out. */
void alarms_set(struct alarms *alarms, struct alarm *alarm, int64_t due_ns);

/* When the next one is due; ALARM_NEVER without any. */
int64_t alarms_next_ns(const struct alarms *alarms);

/*
 * For those that look further ahead, the alarm at a position of the heap, from 0; NULL behind the last.
 * Those at 2 * position + 1 and + 2 are not due before it.
 */
struct alarm *alarms_at(const struct alarms *alarms, size_t position);

/* Takes out an alarm that is due at now_ns or before; NULL if there is none. */
struct alarm *alarms_take(struct alarms *alarms, int64_t now_ns);

#endif
