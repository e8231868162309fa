/* SPDX-License-Identifier: MIT */
/* What happened to a target, and why: plain data. */
#ifndef MEASURE_TARGET_EVENT_H
#define MEASURE_TARGET_EVENT_H

#include <stdint.h>

#include "measure/reasons.h"

/* How many are remembered. */
#define TARGET_EVENTS_MAX 10

enum target_failure_kind {
	TARGET_FAILURE_NONE,
	TARGET_FAILURE_OF_CONNECT,    /* reason is an enum connect_failure, */
	TARGET_FAILURE_OF_CONNECTION, /* or an enum disconnect. */
};

/* Why a connection ended, or an attempt to make one did. */
struct target_failure {
	uint8_t kind;
	uint8_t reason;
};

struct target_failure target_failure_of_connect(enum connect_failure failure);
struct target_failure target_failure_of_disconnect(enum disconnect disconnect);

/* The word of the label "reason", or NULL where there was none. Static. */
const char *target_failure_name(const struct target_failure *failure);

enum target_event_kind {
	TARGET_EVENT_NONE,
	TARGET_EVENT_UP,
	TARGET_EVENT_DOWN,
	TARGET_EVENT_MOVED, /* The name has another address, which is connected to. */
	TARGET_EVENTS,
};

struct target_event {
	int64_t unix_ns; /* Since 1970-01-01 00:00 UTC; 0 of none. */
	enum target_event_kind kind;
	struct target_failure failure; /* Of TARGET_EVENT_DOWN. */
};

/* "up" and so on; "" of none. Not for the count, which comes last. Static. */
const char *target_event_name(enum target_event_kind kind);

#endif
