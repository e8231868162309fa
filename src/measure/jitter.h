/* SPDX-License-Identifier: MIT */
/* How much round trips vary: RFC 3550 section 6.4.1, applied to round trips. */
#ifndef MEASURE_JITTER_H
#define MEASURE_JITTER_H

#include <stdint.h>

/* All zero but last_rtt_ns, which is negative before the first round trip. Stored by the caller. */
struct jitter {
	int64_t last_rtt_ns;
	int64_t scaled_ns; /* 16 times the jitter, so that whole numbers lose nothing. */
};

void jitter_init(struct jitter *jitter);

/* J += (|D| - J) / 16, D being the difference of two round trips in a row. rtt_ns: 0 or more. */
void jitter_record(struct jitter *jitter, int64_t rtt_ns);

/* The present jitter in nanoseconds; 0 before the second round trip. */
int64_t jitter_ns(const struct jitter *jitter);

#endif
