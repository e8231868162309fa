/* SPDX-License-Identifier: MIT */
/* How long a reply may take, by what they took so far: TCP's retransmission timeout, RFC 6298. Pure. */
#ifndef MEASURE_TIMEOUT_ESTIMATE_H
#define MEASURE_TIMEOUT_ESTIMATE_H

#include <stdint.h>

#include "base/clock.h"

#define TIMEOUT_ESTIMATE_LEAST_NS (100 * NS_PER_MS)
#define TIMEOUT_ESTIMATE_MOST_NS (3 * NS_PER_S)
/* Before the first round trip (section 2.1). */
#define TIMEOUT_ESTIMATE_FIRST_NS NS_PER_S
/* G, below which no variance is believed (section 2.3). */
#define TIMEOUT_ESTIMATE_GRAIN_NS (10 * NS_PER_MS)

/* Stored by the caller; timeout_estimate_init() fills it. */
struct timeout_estimate {
	int64_t smoothed_ns; /* SRTT; -1 before the first round trip. */
	int64_t variance_ns; /* RTTVAR. */
	int64_t timeout_ns;  /* RTO, TIMEOUT_ESTIMATE_LEAST_NS to TIMEOUT_ESTIMATE_MOST_NS. */
	int64_t expired_ns;  /* When it was doubled last, monotonic; INT64_MIN before. */
};

void timeout_estimate_init(struct timeout_estimate *estimate);

/* A reply came in time: RTO = SRTT + max(G, 4 RTTVAR), whatever it was doubled to. rtt_ns: 0 or more. */
void timeout_estimate_record(struct timeout_estimate *estimate, int64_t rtt_ns);

/* No reply came in time: doubles it, but for all probes that time out within one timeout together, as
 * TCP's single timer does. */
void timeout_estimate_expire(struct timeout_estimate *estimate, int64_t now_ns);

#endif
