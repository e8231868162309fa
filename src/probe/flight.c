/* SPDX-License-Identifier: MIT */
#include "probe/flight.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum record_state {
	RECORD_IN_FLIGHT,
	RECORD_TIMED_OUT,
	RECORD_ANSWERED,
};

struct flight_record {
	int64_t departure_ns;
	int64_t unix_time_ns;
	enum record_state state;
};

int flight_init(struct flight *flight, uint32_t capacity)
{
	uint32_t size = 1;
	while (size < capacity)
		size *= 2;
	struct flight_record *records = calloc(size, sizeof(*records));
	if (!records)
		return -ENOMEM;
	*flight = (struct flight){
		.records = records,
		.mask = size - 1,
		.first_seq = 1,
		.next_seq = 1,
		.settled_seq = 1,
		.heard_seq = 1,
	};
	return 0;
}

void flight_clear(struct flight *flight)
{
	free(flight->records);
	*flight = (struct flight){0};
}

static struct flight_record *record_of(const struct flight *flight, uint64_t seq)
{
	return &flight->records[seq & flight->mask];
}

bool flight_is_full(const struct flight *flight)
{
	uint64_t kept_seq =
		flight->settled_seq < flight->heard_seq ? flight->settled_seq : flight->heard_seq;
	return flight->next_seq - kept_seq > flight->mask;
}

void flight_depart(struct flight *flight, int64_t departure_ns, int64_t unix_time_ns)
{
	assert(!flight_is_full(flight));
	*record_of(flight, flight->next_seq) = (struct flight_record){
		.departure_ns = departure_ns,
		.unix_time_ns = unix_time_ns,
		.state = RECORD_IN_FLIGHT,
	};
	flight->next_seq++;
}

enum flight_match flight_find(struct flight *flight, const struct frame *frame, uint64_t first_seq,
	uint64_t end_seq, struct flight_record **record)
{
	if (frame->seq < first_seq || frame->seq >= end_seq || frame->seq >= flight->next_seq)
		return FLIGHT_UNKNOWN;
	if (flight->next_seq - frame->seq > (uint64_t)flight->mask + 1)
		return FLIGHT_FORGOTTEN;
	struct flight_record *found = record_of(flight, frame->seq);
	if (found->unix_time_ns != frame->unix_time_ns)
		return FLIGHT_UNKNOWN;
	*record = found;
	return FLIGHT_MATCHED;
}

bool flight_note_duplicate(struct flight *flight)
{
	flight->duplicates++;
	return flight->duplicates <= flight->next_seq - flight->first_seq;
}

int64_t flight_departure_ns(const struct flight_record *record)
{
	return record->departure_ns;
}

/* A record's sequence number. */
static uint64_t seq_of(const struct flight *flight, const struct flight_record *record)
{
	uint64_t behind =
		(flight->next_seq - 1 - (uint64_t)(record - flight->records)) & flight->mask;
	return flight->next_seq - 1 - behind;
}

/* Passes over what is settled. Returns the oldest in flight, or NULL. */
static const struct flight_record *find_oldest(struct flight *flight)
{
	for (; flight->settled_seq < flight->next_seq; flight->settled_seq++) {
		const struct flight_record *record = record_of(flight, flight->settled_seq);
		if (record->state == RECORD_IN_FLIGHT)
			return record;
	}
	return NULL;
}

enum flight_reply flight_answer(struct flight *flight, struct flight_record *record,
	int64_t arrival_ns, int64_t timeout_ns, int64_t *rtt_ns)
{
	enum record_state state = record->state;
	uint64_t seq = seq_of(flight, record);
	record->state = RECORD_ANSWERED;
	if (flight->heard_seq <= seq)
		flight->heard_seq = seq + 1;
	find_oldest(flight);
	switch (state) {
	case RECORD_IN_FLIGHT:
		if (arrival_ns - record->departure_ns >= timeout_ns)
			return FLIGHT_OVERDUE;
		*rtt_ns = arrival_ns - record->departure_ns;
		return FLIGHT_RECEIVED;
	case RECORD_TIMED_OUT:
		return FLIGHT_LATE;
	case RECORD_ANSWERED:
		return flight_note_duplicate(flight) ? FLIGHT_DUPLICATE : FLIGHT_INVALID;
	}
	__builtin_unreachable();
}

uint64_t flight_time_out(struct flight *flight, int64_t departed_by_ns)
{
	uint64_t timed_out = 0;
	for (; flight->settled_seq < flight->next_seq; flight->settled_seq++) {
		struct flight_record *record = record_of(flight, flight->settled_seq);
		if (record->state != RECORD_IN_FLIGHT)
			continue;
		if (record->departure_ns > departed_by_ns)
			break;
		record->state = RECORD_TIMED_OUT;
		timed_out++;
	}
	return timed_out;
}

int64_t flight_oldest_in_flight_ns(struct flight *flight)
{
	const struct flight_record *oldest = find_oldest(flight);
	return oldest ? oldest->departure_ns : INT64_MAX;
}

int64_t flight_awaited_ns(const struct flight *flight, uint64_t first_seq)
{
	uint64_t seq = flight->heard_seq > first_seq ? flight->heard_seq : first_seq;
	return seq < flight->next_seq ? record_of(flight, seq)->departure_ns : INT64_MAX;
}

bool flight_is_settled(struct flight *flight, uint64_t end_seq)
{
	find_oldest(flight);
	return flight->settled_seq >= end_seq;
}

uint64_t flight_abandon(struct flight *flight)
{
	uint64_t timed_out = flight_time_out(flight, INT64_MAX);
	flight->duplicates = 0;
	flight->first_seq = flight->next_seq;
	flight->settled_seq = flight->next_seq;
	flight->heard_seq = flight->next_seq;
	return timed_out;
}
