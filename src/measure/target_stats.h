/* SPDX-License-Identifier: MIT */
/* What is known of one target: one thread writes, any thread reads a consistent copy, nobody waits.
 */
#ifndef MEASURE_TARGET_STATS_H
#define MEASURE_TARGET_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "measure/histogram.h"
#include "measure/jitter.h"
#include "measure/loss_window.h"
#include "measure/reasons.h"

/*
 * A consistent copy for readers. The law of accounting holds in every copy:
 * sent = received + timeouts + in flight, received = the histogram's count, late and unsent <=
 * timeouts.
 */
struct target_values {
	uint64_t sent;
	uint64_t received;
	uint64_t timeouts;
	uint64_t late;	     /* Part of timeouts. */
	uint64_t unsent;     /* Part of timeouts (and of sent). */
	uint64_t duplicates; /* Replies to a probe that had been answered before. */
	uint64_t missed_slots;
	uint64_t connects;
	uint64_t connect_failures[CONNECT_FAILURES];
	uint64_t disconnects[DISCONNECTS];
	uint64_t tcp_retransmits;
	struct histogram rtt; /* First bound HISTOGRAM_RTT_FIRST_NS. */
	int64_t last_rtt_ns;  /* -1 before the first reply. */
	int64_t jitter_ns;
	int64_t last_connect_ns; /* Duration of the last TCP handshake; -1 before the first. */
	int64_t tcp_rtt_ns;	 /* The kernel's smoothed RTT; -1 where it is not known. */
	int64_t tcp_min_rtt_ns;	 /* The kernel's minimum RTT; -1 where it is not known. */
	uint32_t window_settled; /* Probes in the loss window. */
	uint32_t window_lost;	 /* Those of them that timed out. */
	bool connected;
	/* The address in use or last in use, e.g. "192.0.2.1:4000"; "" at first. */
	char peer[ADDRESS_TEXT_MAX];
};

/* sent - received - timeouts. */
uint64_t target_values_in_flight(const struct target_values *values);

/* Lost share of the window, 0 to 100; 0 for an empty window. */
double target_values_loss_percent(const struct target_values *values);

/* The writer's side. Opaque: made and read only through what follows. */
struct target_stats;

/* window: the loss window in probes, 1 to LOSS_WINDOW_MAX. Returns 0 or -ENOMEM. */
int target_stats_new(uint32_t window, struct target_stats **stats);
void target_stats_free(struct target_stats *stats);

/* For the writing thread alone. */
void target_stats_sent(struct target_stats *stats);
void target_stats_received(struct target_stats *stats, int64_t rtt_ns);
/* Settles count of the probes in flight as lost. */
void target_stats_timed_out(struct target_stats *stats, uint64_t count);
void target_stats_unsent(struct target_stats *stats); /* Counts sent and timed out at once. */
void target_stats_late(struct target_stats *stats);
void target_stats_duplicate(struct target_stats *stats);
void target_stats_missed(struct target_stats *stats, uint64_t slots);
/* peer: text of at most ADDRESS_TEXT_MAX bytes with its NUL. */
void target_stats_connected(struct target_stats *stats, const char *peer, int64_t handshake_ns);
void target_stats_connect_failed(struct target_stats *stats, enum connect_failure failure);
void target_stats_disconnected(struct target_stats *stats, enum disconnect disconnect);
/* Dialled without success, by a target that has no lasting connection. */
void target_stats_unreached(struct target_stats *stats, enum connect_failure failure);
void target_stats_retransmitted(struct target_stats *stats, uint64_t retransmits);
/* retransmits: new ones since the last call. RTTs in ns; -1 where not known. */
void target_stats_tcp(
	struct target_stats *stats, uint64_t retransmits, int64_t rtt_ns, int64_t min_rtt_ns);

/* For any thread: copies a state that held at one moment between two of the writer's steps. */
void target_stats_read(const struct target_stats *stats, struct target_values *values);

#endif
