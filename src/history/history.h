/* SPDX-License-Identifier: MIT */
/*
 * What happened to each target lately, step by step. A thread of its own looks at the targets' statistics at the end of
 * each step; probers take no part in it.
 */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "engine/engine.h"
#include "history/track.h"

struct history;

/* Which steps there are. */
struct history_range {
	int64_t step_ns;
	unsigned kept;	 /* How many at most. */
	uint64_t newest; /* The number of the newest whole step, from 1; 0: there is none yet. */
	int64_t newest_end_ns; /* When it ended, or the history began: monotonic. */
};

/*
 * Starts to keep the history of the targets of engine, which probes. kept_ns: how far it reaches back by coarse
 * steps, more than 0, at most 24 hours. engine and log are borrowed until history_stop() returns. Returns
 * 0; -ENOMEM, or -EAGAIN for want of a thread.
 */
int history_start(
	struct engine *engine, int64_t kept_ns, const struct log *log, struct history **history);

/* Ends the thread, at once, and frees all. NULL is accepted. */
void history_stop(struct history *history);

/*
 * Between these two nothing changes. For any thread but those that measure; they may wait for a step to
 * end: some ten milliseconds with 10,000 targets. The engine must not be called in between.
 */
void history_lock(struct history *history);
void history_unlock(struct history *history);

/* From here on: with the lock held. */

struct history_range history_range(const struct history *history, enum history_scale scale);

/*
 * Copies the steps of a target after since, a number, up to the newest, the oldest first; all that are kept for
 * 0. steps: room for as many as are kept. Returns how many there are, 0 for a target that is unknown. *first:
 * the number of the first.
 */
size_t history_read(const struct history *history, uint64_t target_id, enum history_scale scale,
	uint64_t since, struct history_step *steps, uint64_t *first);

/*
 * The median of the medians of the last minute's fine steps, and of all coarse ones: a distribution's bucket
 * plus 1; 0 if it is unknown.
 */
unsigned history_recent_median(const struct history *history, uint64_t target_id);
unsigned history_usual_median(const struct history *history, uint64_t target_id);

#endif
