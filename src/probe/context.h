/* SPDX-License-Identifier: MIT */
/* What a prober's thread hands to its targets. Of this thread alone, except for its histograms. */
#ifndef PROBE_CONTEXT_H
#define PROBE_CONTEXT_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "config/option.h"
#include "measure/live_histogram.h"
#include "net/arrival_clock.h"
#include "net/resolver.h"
#include "probe/alarms.h"
#include "probe/lookout.h"
#include "probe/payload.h"
#include "probe/target_watcher.h"

/* Bytes read from a connection at once. */
#define PROBE_READ_SIZE 4096

/* The longest probe. */
#define PROBE_WRITE_SIZE PAYLOAD_SIZE_MAX(OPTION_SIZE_MAX)

/* What holds for one turn of the thread: wait, read, settle, send. */
struct turn {
	struct arrival_clock clock;
	bool is_clock_fresh; /* The clock was read since this turn's wait. */
	bool is_waiting;     /* For events, and for as long as there are none. */
	int64_t polled_ns;   /* All that had arrived by then has been read. */
};

struct probe_context {
	/* Wiring, the same from start to end. */
	const struct log *log;	      /* Borrowed. */
	struct resolver *resolver;    /* Borrowed. */
	struct event_base *base;      /* The prober's. */
	struct resolver_inbox *inbox; /* The prober's. */
	struct target_watcher watcher;

	/* What the targets share. */
	struct alarms alarms;
	struct turn turn;
	struct lookout lookout;
	struct live_histogram lag;
	struct live_histogram
		tx_delay;  /* From departure to device, of those that the kernel was asked about. */
	int spare_sockets; /* For more than one connection or handshake of a target at a time. */
	bool has_timestamps;	 /* The kernel reports arrival times, so wake-ups may be shared. */
	uint32_t clock_error_us; /* Of this machine's clock: see clock_max_error_us(). */
	int64_t clock_error_due_ns; /* When that is read again. */
	uint32_t random; /* Not 0. State of a small generator, for the jitter of retries. */
	unsigned char buffer[PROBE_READ_SIZE];
	unsigned char output[PROBE_WRITE_SIZE];
};

/* Evenly spread 32 bits: xorshift (G. Marsaglia, "Xorshift RNGs", 2003). */
uint32_t probe_context_random(struct probe_context *context);

/* Reads the clocks for arrival times, unless that was done since this turn's wait. */
static inline void turn_refresh_clock(struct turn *turn)
{
	if (turn->is_clock_fresh)
		return;
	arrival_clock_read(&turn->clock);
	turn->is_clock_fresh = true;
}

#endif
