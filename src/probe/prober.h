/* SPDX-License-Identifier: MIT */
/* A thread that probes its share of the targets. */
#ifndef PROBE_PROBER_H
#define PROBE_PROBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "measure/live_histogram.h"
#include "net/resolver.h"
#include "probe/probed_target.h"
#include "probe/target_watcher.h"

struct prober;

/*
 * Starts the thread. start_ns: where slots are counted from (monotonic). shift: see
 * schedule_init(). log and resolver are borrowed until prober_stop() returns; watcher is copied,
 * and may be NULL. Returns 0 or a negative errno.
 */
int prober_start(int64_t start_ns, double shift, struct resolver *resolver, const struct log *log,
	const struct target_watcher *watcher, struct prober **prober);

/* Hands a target over: the prober owns it. What never changes of it, and its stats, may be read
 * until it is removed. */
void prober_add(struct prober *prober, struct probed_target *target);

/* Takes a target away: it is freed at once or soon, so nobody may look at it any more. */
void prober_remove(struct prober *prober, struct probed_target *target);

/* How many sockets its targets may have beyond one each (those that connect with each probe: beyond
 * their handshakes), to dial several addresses at a time and to follow names; 0 at first. */
void prober_set_spare_sockets(struct prober *prober, unsigned count);

/* The lags of its sends. Any thread may read them. */
const struct live_histogram *prober_lag(const struct prober *prober);

/* Likewise how long probes took to the network device, of those that the kernel was asked about. */
const struct live_histogram *prober_tx_delay(const struct prober *prober);

/* Until when its thread sleeps unless it is woken: INT64_MAX is for good, 0 that it is awake. Any thread. */
int64_t prober_rests_until_ns(struct prober *prober);

/* Whether its thread comes round, or sleeps until a time that has not come: see heartbeat_ask(). Any thread. */
bool prober_is_alive(struct prober *prober, int64_t now_ns);

/* Ends the thread and frees every target it owns. NULL is accepted. */
void prober_stop(struct prober *prober);

#endif
