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
		.answered_seq = 1,
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
	return flight->next_seq - flight->answered_seq > flight->mask;
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

struct flight_record *flight_find(struct flight *flight, const struct frame *frame)
{
	if (frame->seq < flight->first_seq || frame->seq >= flight->next_seq)
		return NULL;
	/* Its record may have been overwritten since. */
	if (flight->next_seq - frame->seq > (uint64_t)flight->mask + 1)
		return NULL;
	struct flight_record *record = record_of(flight, frame->seq);
	return record->unix_time_ns == frame->unix_time_ns ? record : NULL;
}

int64_t flight_departure_ns(const struct flight_record *record)
{
	return record->departure_ns;
}

static void pass_answered(struct flight *flight)
{
	while (flight->answered_seq < flight->next_seq &&
		record_of(flight, flight->answered_seq)->state == RECORD_ANSWERED)
		flight->answered_seq++;
	if (flight->settled_seq < flight->answered_seq)
		flight->settled_seq = flight->answered_seq;
}

enum flight_reply flight_answer(struct flight *flight, struct flight_record *record,
	int64_t arrival_ns, int64_t timeout_ns, int64_t *rtt_ns)
{
	enum record_state state = record->state;
	record->state = RECORD_ANSWERED;
	pass_answered(flight);
	switch (state) {
	case RECORD_IN_FLIGHT:
		if (arrival_ns - record->departure_ns >= timeout_ns)
			return FLIGHT_OVERDUE;
		*rtt_ns = arrival_ns - record->departure_ns;
		return FLIGHT_RECEIVED;
	case RECORD_TIMED_OUT:
		return FLIGHT_LATE;
	case RECORD_ANSWERED:
		flight->duplicates++;
		if (flight->duplicates > flight->next_seq - flight->first_seq)
			return FLIGHT_INVALID;
		return FLIGHT_DUPLICATE;
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
	for (; flight->settled_seq < flight->next_seq; flight->settled_seq++) {
		const struct flight_record *record = record_of(flight, flight->settled_seq);
		if (record->state == RECORD_IN_FLIGHT)
			return record->departure_ns;
	}
	return INT64_MAX;
}

int64_t flight_oldest_unanswered_ns(const struct flight *flight)
{
	if (flight->answered_seq == flight->next_seq)
		return INT64_MAX;
	return record_of(flight, flight->answered_seq)->departure_ns;
}

uint64_t flight_abandon(struct flight *flight)
{
	uint64_t timed_out = flight_time_out(flight, INT64_MAX);
	flight->duplicates = 0;
	flight->first_seq = flight->next_seq;
	flight->settled_seq = flight->next_seq;
	flight->answered_seq = flight->next_seq;
	return timed_out;
}
