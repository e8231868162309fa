/* SPDX-License-Identifier: MIT */
#include "measure/jitter.h"

void jitter_init(struct jitter *jitter)
{
	*jitter = (struct jitter){.last_rtt_ns = -1};
}

void jitter_record(struct jitter *jitter, int64_t rtt_ns)
{
	if (jitter->last_rtt_ns >= 0) {
		int64_t difference = rtt_ns - jitter->last_rtt_ns;
		int64_t distance = difference < 0 ? -difference : difference;
		/* RFC 3550 appendix A.8: s->jitter += d - ((s->jitter + 8) >> 4). */
		jitter->scaled_ns += distance - ((jitter->scaled_ns + 8) >> 4);
	}
	jitter->last_rtt_ns = rtt_ns;
}

int64_t jitter_ns(const struct jitter *jitter)
{
	return jitter->scaled_ns >> 4;
}
