/* SPDX-License-Identifier: MIT */
/* How a target fares, in one word. Pure. */
#ifndef PAGE_TARGET_STATE_H
#define PAGE_TARGET_STATE_H

#include "measure/target_stats.h"

/* The worst first. */
enum target_state {
	TARGET_STATE_DOWN,     /* There is no connection, or nothing comes back over it. */
	TARGET_STATE_LOSSY,    /* 1 % or more of the loss window is lost, and two probes or more. */
	TARGET_STATE_SLOW,     /* Its round trips are twice as long as usual, and 1 ms longer. */
	TARGET_STATE_STARTING, /* It was never connected, and no attempt has failed yet. */
	TARGET_STATE_UP,
	TARGET_STATES,
};

/*
 * median_ns, usual_ns: of the last minute, and of the time before that; -1 if unknown.
 */
enum target_state target_state_of(
	const struct target_values *values, int64_t median_ns, int64_t usual_ns);

/* "down" and so on. Not for the count, which comes last. Static. */
const char *target_state_name(enum target_state state);

/* The share of lost probes in the window in hundredths of a percent, rounded up: no loss reads as none. */
unsigned target_state_loss(const struct target_values *values);

#endif
