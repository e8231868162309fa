/* SPDX-License-Identifier: MIT */
/* What happened to a target between two snapshots. Pure. */
#ifndef MEASURE_PERIOD_VALUES_H
#define MEASURE_PERIOD_VALUES_H

#include "measure/snapshot.h"

/* A number is NAN where nothing says it: no probe was settled, or none was answered. */
struct period_values {
	bool is_first;	     /* The first in which a probe was settled. */
	double loss_percent; /* Of the probes that were settled, 0 to 100. */
	/* Round trips, in seconds. Mean and deviation are exact, all else within 5 %. */
	double rtt_mean;
	double rtt_min;
	double rtt_median;
	double rtt_p90;
	double rtt_p99;
	double rtt_max;
	double rtt_deviation; /* Standard deviation of the sample; 0 for a single one. */
};

/*
 * before: an earlier snapshot of the same target (with the same id), or NULL: since it is probed. The
 * round trips are all NAN if the snapshots have no distributions.
 */
void period_values_make(const struct target_snapshot *before, const struct target_snapshot *now,
	struct period_values *values);

/*
 * The same for all targets of a snapshot, in its order. before: an earlier one; all zero for none.
 * Returns 0 with *values owned by the caller, or -ENOMEM.
 */
int period_values_make_all(
	const struct snapshot *before, const struct snapshot *now, struct period_values **values);

#endif
