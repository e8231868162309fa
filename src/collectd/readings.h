/* SPDX-License-Identifier: MIT */
/* One reading of the engine after another, and what happened in between. */
#ifndef COLLECTD_READINGS_H
#define COLLECTD_READINGS_H

#include "collectd/loss_watch.h"
#include "engine/engine.h"
#include "measure/period_values.h"

/* Stored by the caller. */
struct readings {
	struct loss_watch *loss_watch; /* Borrowed; NULL to watch none. */
	bool has_round_trips;	       /* Of each period, not only its loss. */
	int64_t time_ns;	       /* Monotonic: of the latest, or of the start. */
	struct snapshot latest;	       /* Owned. All zero at first. */
	struct period_values *periods; /* Owned. One for each of its targets; NULL at first. */
};

/* Takes the next one. Returns 0, or -ENOMEM with the one before kept. */
int readings_take(struct readings *readings, struct engine *engine);

/* Frees what it holds. */
void readings_clear(struct readings *readings);

#endif
