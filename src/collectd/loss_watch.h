/* SPDX-License-Identifier: MIT */
/* Whose loss from one reading to the next is above a limit. Pure. */
#ifndef COLLECTD_LOSS_WATCH_H
#define COLLECTD_LOSS_WATCH_H

#include "collectd/standing.h"
#include "measure/period_values.h"

/* All of it is borrowed until the callback returns. */
struct loss_change {
	const char *target;
	const char *address; /* As configured; "" if it is no longer probed. */
	const char *peer;    /* The address in use; "" before the first. */
	bool is_lossy;
	double percent; /* NAN if it is no longer probed. */
	double limit;
	int64_t since_ns; /* When it became lossy, on the monotonic clock; 0 if it was not. */
};

/* Stored by the caller. */
struct loss_watch {
	double limit;	    /* In percent. */
	bool okay_at_start; /* Also report the first verdict on a target if it is a good one. */
	void (*on_change)(void *context, const struct loss_change *change);
	void *context;
	struct standing lossy; /* All zero at first; for standing_clear() at the end. */
};

/*
 * Judges each target by the loss since the reading before, if anything was settled, and reports what
 * has changed. begin_ns: when the reading before was taken, on the monotonic clock.
 */
void loss_watch_step(struct loss_watch *watch, const struct snapshot *now,
	const struct period_values *periods, int64_t begin_ns);

#endif
