/* SPDX-License-Identifier: MIT */
/* Statistics of one target. One thread writes, any thread reads a consistent copy, none waits. */
#ifndef MEASURE_TARGET_STATS_H
#define MEASURE_TARGET_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/clock.h"
#include "measure/direction.h"
#include "measure/distribution.h"
#include "measure/histogram.h"
#include "measure/jitter.h"
#include "measure/loss_window.h"
#include "measure/reasons.h"
#include "measure/target_event.h"

/*
 * A consistent copy for readers. The law of accounting holds in every copy: sent = received +
 * timeouts + in flight; received = the histogram's count; late and unsent are at most timeouts.
 */
struct target_values {
	uint64_t sent;
	uint64_t received;
	uint64_t timeouts;
	uint64_t late;	     /* Part of timeouts. */
	uint64_t unsent;     /* Part of timeouts (and of sent). */
	uint64_t duplicates; /* Further replies to an answered probe. */
	uint64_t missed_slots;
	uint64_t connects;
	uint64_t moves;
	uint64_t connect_failures[CONNECT_FAILURES];
	uint64_t disconnects[DISCONNECTS];
	uint64_t tcp_retransmits;
	struct histogram rtt; /* First bound HISTOGRAM_RTT_FIRST_NS. */
	int64_t last_rtt_ns;  /* -1 before the first reply. */
	int64_t timeout_ns;   /* As estimated; 0 where it is fixed. */
	int64_t jitter_ns; /* Since connecting; 0 before the second reply, -1 before the first. */
	int64_t last_connect_ns; /* How long the last TCP handshake took; -1 before the first. */
	int64_t tcp_rtt_ns;	 /* The kernel's smoothed RTT; -1 if unknown. */
	int64_t tcp_min_rtt_ns;	 /* The kernel's minimum RTT; -1 if unknown. */
	uint32_t window_settled; /* Probes in the loss window. */
	uint32_t window_lost;	 /* Those of them that timed out. */
	bool connected;		 /* And the target answers: see target_stats_connected(). */
	struct target_failure failure; /* Why its last connection or attempt ended, if one did. */
	struct target_event latest;    /* The newest that it went up or down. */
	/* What the peer's stamps tell. */
	int64_t stamped; /* 1 while it stamps, 0 if it did before, -1 if it never did. */
	uint64_t stamps_rejected;
	uint64_t peer_ns;		/* How long the peer kept what was received: a sum. */
	uint64_t excess_ns[DIRECTIONS]; /* What each direction took above its least: sums. */
	uint64_t slow[SLOW_WHERES];	/* Parts of received. */
	uint64_t peer_tcp_retransmits;
	int64_t one_way_ns[DIRECTIONS]; /* Of the last; -1 unless both clocks are synchronised. */
	int64_t one_way_error_ns;	/* The most that they may be wrong by; likewise. */
	int64_t seen_ttl; /* Of the connection's SYN at the peer, as are the next two; -1 if unknown. */
	int64_t seen_dscp;
	int64_t seen_mss_bytes;
	/* The address in use or last in use, e.g. "192.0.2.1:4000"; "" at first. */
	char peer[ADDRESS_TEXT_MAX];
};

/* sent - received - timeouts. */
uint64_t target_values_in_flight(const struct target_values *values);

/* The share of lost probes in the window, 0 to whole, which is 100 for percent; 0 if it is empty. */
double target_values_loss(const struct target_values *values, double whole);

/* Written by one thread; aligned so that two targets share no cache line. */
struct target_stats;

/*
 * window: the loss window in probes, 1 to LOSS_WINDOW_MAX. Returns 0 with *stats owned by the
 * caller, or -ENOMEM.
 */
int target_stats_new(uint32_t window, struct target_stats **stats);

/*
 * Has it keep the distributions of what each direction took above its least, too, in 2 KiB more. Before
 * anything is counted, and before another thread knows it. Returns 0 or -ENOMEM.
 */
int target_stats_keep_excess(struct target_stats *stats);

/* Whether it does. Any thread. */
bool target_stats_keeps_excess(const struct target_stats *stats);

/* No thread may use it any more. NULL is accepted. */
void target_stats_free(struct target_stats *stats);

/* From here on: for the writing thread alone. None of these fails. */

/* A probe was sent. It is in flight until one of the next two settles it. */
void target_stats_sent(struct target_stats *stats);

/* A probe in flight was answered in time. rtt_ns: 0 or more. */
void target_stats_received(struct target_stats *stats, int64_t rtt_ns);

/* Settles count of the probes in flight as lost. */
void target_stats_timed_out(struct target_stats *stats, uint64_t count);

/* A slot without a connection: sent and timed out at once. */
void target_stats_unsent(struct target_stats *stats);

/* A reply to a probe that had timed out. */
void target_stats_late(struct target_stats *stats);

/* A reply to a probe that had been answered. */
void target_stats_duplicate(struct target_stats *stats);

/* Slots that this process slept through. */
void target_stats_missed(struct target_stats *stats, uint64_t slots);

/*
 * peer: as address_format() writes it; anything longer is cut to ADDRESS_TEXT_MAX with the NUL.
 * handshake_ns: how long connecting took, 0 or more. After a connection that ended without a single
 * reply, the target only counts as connected once it replies: hosts whose program hangs accept, too.
 */
void target_stats_connected(struct target_stats *stats, const char *peer, int64_t handshake_ns);

/*
 * The target is up again, or for the first time; or down, for the reason of the latest failure; or its name
 * has another address, which is connected to. These are remembered as events.
 */
void target_stats_up(struct target_stats *stats, struct wall_time now);
void target_stats_down(struct target_stats *stats, struct wall_time now);
void target_stats_moved(struct target_stats *stats, struct wall_time now);

/* An attempt to connect failed; whether the target is connected stays as it is. */
void target_stats_connect_failed(struct target_stats *stats, enum connect_failure failure);

/* The connection was lost: nothing is known of the path any more. */
void target_stats_disconnected(struct target_stats *stats, enum disconnect disconnect);

/* A connect probe failed: as target_stats_connect_failed(), and the target is not connected. */
void target_stats_unreached(struct target_stats *stats, enum connect_failure failure);

/* retransmits: segments retransmitted since the last call. */
void target_stats_retransmitted(struct target_stats *stats, uint64_t retransmits);

/* retransmits: as above. RTTs: as struct tcp_facts has them, in ns, -1 if unknown. */
void target_stats_tcp(
	struct target_stats *stats, uint64_t retransmits, int64_t rtt_ns, int64_t min_rtt_ns);

/* The peer stamps, over the present connection. */
void target_stats_stamping(struct target_stats *stats);

/* The SYN of the present connection as the peer saw it. mss_bytes: 0 if it told none. */
void target_stats_seen(struct target_stats *stats, unsigned ttl, unsigned dscp, unsigned mss_bytes);

/* What the stamp of a received probe says. */
struct target_stamp {
	int64_t residence_ns; /* 0 to its round trip. */
	bool is_known;	      /* What the next is. */
	int64_t excess_ns[DIRECTIONS];
	bool is_slow;
	enum slow_where where;		/* If it is slow. */
	int64_t one_way_ns[DIRECTIONS]; /* As in struct target_values. */
	int64_t one_way_error_ns;
	uint64_t retransmits; /* Segments that the peer's kernel sent again since the last stamp. */
};

/* After target_stats_received(). */
void target_stats_stamped(struct target_stats *stats, const struct target_stamp *stamp);

/* The stamp of a received probe cannot be believed. */
void target_stats_stamp_rejected(struct target_stats *stats);

/* How long a reply may take from now on, where that is estimated. */
void target_stats_timeout(struct target_stats *stats, int64_t timeout_ns);

/* From any thread: copies the state between two of the writer's steps. */
void target_stats_read(const struct target_stats *stats, struct target_values *values);

/*
 * From any thread: copies what happened last, the newest first. Returns how many events there are.
 */
unsigned target_stats_read_events(
	const struct target_stats *stats, struct target_event events[TARGET_EVENTS_MAX]);

/* What target_stats_read_all() copies beside the values. NULL where it is not wanted. */
struct target_distributions {
	struct distribution *rtt;
	struct distribution *excess[DIRECTIONS]; /* Left alone where none are kept. */
};

/* The same with distributions of the same moment. */
void target_stats_read_all(const struct target_stats *stats, struct target_values *values,
	const struct target_distributions *distributions);

#endif
