/* SPDX-License-Identifier: MIT */
/* What a prober's thread hands to its targets. Of this thread alone, but for the lag. */
#ifndef PROBE_CONTEXT_H
#define PROBE_CONTEXT_H

#include <event2/event.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "measure/histogram.h"
#include "measure/target_watcher.h"
#include "net/arrival.h"
#include "net/resolver.h"
#include "probe/alarms.h"

/* Bytes read from a connection at once. */
#define PROBE_READ_SIZE 4096

struct probe_context {
	const struct log *log;
	struct target_watcher watcher;
	struct event_base *base;
	struct resolver *resolver;
	struct resolver_inbox *inbox;
	struct alarms alarms;
	event_callback_fn on_readable; /* Of every target's connection; context: the target. */
	bool has_timestamps; /* The kernel tells arrival times, so wake-ups may be shared. */
	struct arrival_clock arrival_clock;
	bool is_waiting;	   /* For events, and for as long as there are none. */
	bool is_clock_fresh;	   /* arrival_clock was read since this turn's wait. */
	int64_t polled_ns;	   /* What had arrived by then has been read. */
	unsigned open_handshakes;  /* Of all targets that are probed by them. */
	int64_t last_handshake_ns; /* When the youngest began. */
	uint32_t random;	   /* State of a small generator, for the jitter of retries. */
	/* Written by the prober's thread, read by any. */
	_Atomic uint64_t lag_counts[HISTOGRAM_BUCKETS];
	_Atomic uint64_t lag_sum_ns;
	unsigned char buffer[PROBE_READ_SIZE];
};

/* How late a send was against its slot; nanoseconds, 0 or more. */
void probe_context_record_lag(struct probe_context *context, int64_t lag_ns);

/* Adds the lags recorded so far to a histogram of first bound HISTOGRAM_LAG_FIRST_NS. Any thread.
 */
void probe_context_add_lag(const struct probe_context *context, struct histogram *histogram);

/* Evenly spread 32 bits: xorshift (G. Marsaglia, "Xorshift RNGs", 2003). */
uint32_t probe_context_random(struct probe_context *context);

/* Reads the clocks for arrival times, unless that was done since this turn's wait. */
static inline void probe_context_refresh_clock(struct probe_context *context)
{
	if (context->is_clock_fresh)
		return;
	arrival_clock_read(&context->arrival_clock);
	context->is_clock_fresh = true;
}

#endif
