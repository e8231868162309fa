/* SPDX-License-Identifier: MIT */
/* What is logged about a target: each change of its state, and a long outage ever more rarely. */
#ifndef PROBE_REPORT_H
#define PROBE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

enum report_state {
	REPORT_UNKNOWN, /* Nothing was reported yet. */
	REPORT_UP,
	REPORT_DOWN,
};

/* All zero for a new target. Stored by the caller. */
struct report {
	enum report_state state;
	bool is_one_of_many; /* It began together with so many others that its first "up" is no news. */
	unsigned attempts; /* Failed ones of this outage. */
	int64_t outage_ns; /* Of the last outage that ended; 0 before. */
	int64_t down_ns;   /* When it began. */
	int64_t remind_ns; /* When the outage may be mentioned again. */
	int64_t remind_after_ns;
	int64_t lines_until_ns; /* The time that the lines on changes so far have used up. */
};

/* The first reply of a connection came. Returns whether that is a change. */
bool report_up(struct report *report, const struct log *log, const char *target, const char *peer,
	int64_t now_ns);

/*
 * A connection was lost or could not be made; why: e.g. "connection refused by 192.0.2.1:4000".
 * Returns whether that is a change.
 */
bool report_down(struct report *report, const struct log *log, const char *target, const char *why,
	int64_t now_ns);

#endif
