/* SPDX-License-Identifier: MIT */
/*
 * The probes of a target that may still be answered, and what a reply means. Pure: time is passed
 * in.
 *
 * A probe is in flight until it is settled: received, or timed out. A timed-out one is remembered,
 * because its reply may come late; so is an answered one, for as long as its record is not needed,
 * because replies may be doubled.
 */
#ifndef PROBE_FLIGHT_H
#define PROBE_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "echo/frame.h"

struct flight_record;

/* Stored by the caller. Sequence numbers go on rising over connections. */
struct flight {
	struct flight_record *records; /* Owned; a ring, by sequence number. */
	uint32_t mask;		       /* Ring size, a power of two, less one. */
	uint64_t first_seq;	       /* The first since a connection was lost. */
	uint64_t next_seq;	       /* The next to be sent. */
	uint64_t settled_seq;	       /* All before this one are settled. */
	uint64_t duplicates;	       /* Since first_seq. */
	uint64_t heard_seq;	       /* None from this one on is answered. */
};

/* capacity: how many unanswered probes there can be. Returns 0 or -ENOMEM; release with
 * flight_clear(). */
int flight_init(struct flight *flight, uint32_t capacity);
void flight_clear(struct flight *flight);

/* Whether the next probe would overwrite one that is in flight, or that the peer has not got past:
 * it may be stalled. */
bool flight_is_full(const struct flight *flight);

/* Records that the probe next_seq departed. unix_time_ns: what its frame says. Not when full. */
void flight_depart(struct flight *flight, int64_t departure_ns, int64_t unix_time_ns);

enum flight_reply {
	FLIGHT_RECEIVED,  /* Settles its probe: received, with *rtt_ns. */
	FLIGHT_OVERDUE,	  /* Settles its probe: timed out, since the reply came too late. Counts as
			     late as well. */
	FLIGHT_LATE,	  /* Its probe had timed out before. */
	FLIGHT_DUPLICATE, /* Its probe had been answered before. */
	FLIGHT_INVALID,	  /* There were more duplicates than probes: not an echo server. */
};

enum flight_match {
	FLIGHT_MATCHED,
	FLIGHT_FORGOTTEN, /* Its probe was settled so long ago that nothing else is known of it. */
	FLIGHT_UNKNOWN,	  /* No such probe: the frame is not an echo. */
};

/*
 * Finds the probe that a frame is the reply to, among those of a connection: from first_seq on, before
 * end_seq. *record: with FLIGHT_MATCHED, good until the next flight_depart().
 */
enum flight_match flight_find(struct flight *flight, const struct frame *frame, uint64_t first_seq,
	uint64_t end_seq, struct flight_record **record);

/* A reply to an answered or forgotten probe came. Returns whether an echo server may have sent it: not
 * if there were more such replies than probes. */
bool flight_note_duplicate(struct flight *flight);

/* When the probe departed. */
int64_t flight_departure_ns(const struct flight_record *record);

/* Takes the reply to a probe. It is in time if arrival - departure < timeout_ns. *rtt_ns is set with
 * FLIGHT_RECEIVED. */
enum flight_reply flight_answer(struct flight *flight, struct flight_record *record,
	int64_t arrival_ns, int64_t timeout_ns, int64_t *rtt_ns);

/* Settles the probes in flight that departed at or before departed_by_ns as timed out; returns how
 * many. */
uint64_t flight_time_out(struct flight *flight, int64_t departed_by_ns);

/* When the oldest probe in flight departed; INT64_MAX if there is none. */
int64_t flight_oldest_in_flight_ns(struct flight *flight);

/*
 * When the probe departed whose reply is next, timed out or not; INT64_MAX if there is none. A peer
 * answers in order: what is before one that it answered was swallowed, and will not be answered. Only
 * probes from first_seq on count.
 */
int64_t flight_awaited_ns(const struct flight *flight, uint64_t first_seq);

/* Whether all probes before end_seq are settled. */
bool flight_is_settled(struct flight *flight, uint64_t end_seq);

/* The connection is lost: settles all that is in flight as timed out; returns how many. Numbers go
 * on rising. */
uint64_t flight_abandon(struct flight *flight);

#endif
