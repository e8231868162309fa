/* SPDX-License-Identifier: MIT */
#include "collectd/readings.h"

#include <stdlib.h>

#include "base/clock.h"

int readings_take(struct readings *readings, struct engine *engine)
{
	int64_t now_ns = clock_monotonic_ns();
	struct snapshot snapshot;
	struct period_values *periods = NULL;
	int error = engine_snapshot(engine, readings->has_round_trips, &snapshot);
	if (error)
		return error;
	error = period_values_make_all(&readings->latest, &snapshot, &periods);
	if (error) {
		snapshot_clear(&snapshot);
		return error;
	}
	if (readings->loss_watch)
		loss_watch_step(readings->loss_watch, &snapshot, periods, readings->time_ns);
	readings_clear(readings);
	readings->time_ns = now_ns;
	readings->latest = snapshot;
	readings->periods = periods;
	return 0;
}

void readings_clear(struct readings *readings)
{
	snapshot_clear(&readings->latest);
	free(readings->periods);
	readings->periods = NULL;
}
