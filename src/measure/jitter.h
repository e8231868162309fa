/* SPDX-License-Identifier: MIT */
/* How much round-trip times vary: RFC 3550 section 6.4.1, applied to round trips. */
#ifndef MEASURE_JITTER_H
#define MEASURE_JITTER_H

#include <stdint.h>

/* Stored by the caller; jitter_init() fills it. */
struct jitter {
	int64_t last_rtt_ns; /* -1 before the first round trip. */
	int64_t scaled_ns;   /* 16 times the jitter, so that integers are precise enough. */
};

void jitter_init(struct jitter *jitter);

/* J += (|D| - J) / 16, where D is the difference from the round trip before. rtt_ns: 0 or more. */
void jitter_record(struct jitter *jitter, int64_t rtt_ns);

/* The jitter in nanoseconds; 0 before the second round trip. */
int64_t jitter_ns(const struct jitter *jitter);

#endif
