/* SPDX-License-Identifier: MIT */
/*
 * How long a prober may look away while handshakes are under way. The kernel does not tell when a
 * refusal came, so the moment at which it is seen has to do: nobody looks away for more than an eighth of
 * the time that the youngest handshake has taken so far, within bounds. Pure.
 */
#ifndef PROBE_LOOKOUT_H
#define PROBE_LOOKOUT_H

#include <stdint.h>

/* Of all targets of a prober that are probed by handshakes. All zero at first. */
struct lookout {
	unsigned open;	   /* Handshakes under way. */
	int64_t latest_ns; /* When the youngest began, monotonic. */
};

/* When to look again, at the latest; INT64_MAX while no handshake is under way. */
int64_t lookout_due_ns(const struct lookout *lookout, int64_t now_ns);

#endif
