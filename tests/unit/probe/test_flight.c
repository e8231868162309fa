/* SPDX-License-Identifier: MIT */
#include "probe/flight.h"

#include <string.h>

#include "../random.h"
#include "../unit.h"

#define MS INT64_C(1000000)
#define TIMEOUT_NS (800 * MS)
/* What a frame's own time means does not matter here; it only has to match. */
#define UNIX_TIME_NS INT64_C(1700000000000000000)

static struct flight make_flight(uint32_t capacity)
{
	struct flight flight;
	ck_assert_int_eq(flight_init(&flight, capacity), 0);
	return flight;
}

/* One probe after another, a millisecond apart, the first at 1 ms. */
static void depart(struct flight *flight, unsigned probes)
{
	for (unsigned i = 0; i < probes; i++) {
		int64_t departure_ns = (int64_t)flight->next_seq * MS;
		flight_depart(flight, departure_ns, UNIX_TIME_NS + departure_ns);
	}
}

/* Among all since a connection was lost. */
static enum flight_match find(
	struct flight *flight, const struct frame *frame, struct flight_record **record)
{
	return flight_find(flight, frame, flight->first_seq, UINT64_MAX, record);
}

static enum flight_reply take(struct flight *flight, const struct frame *frame, int64_t arrival_ns,
	int64_t timeout_ns, int64_t *rtt_ns)
{
	struct flight_record *record;
	switch (find(flight, frame, &record)) {
	case FLIGHT_MATCHED:
		return flight_answer(flight, record, arrival_ns, timeout_ns, rtt_ns);
	case FLIGHT_FORGOTTEN:
		return flight_note_duplicate(flight) ? FLIGHT_DUPLICATE : FLIGHT_INVALID;
	case FLIGHT_UNKNOWN:
		break;
	}
	return FLIGHT_INVALID;
}

static struct frame frame_of(uint64_t seq)
{
	return (struct frame){.seq = seq, .unix_time_ns = UNIX_TIME_NS + (int64_t)seq * MS};
}

static bool is_found(struct flight *flight, uint64_t seq)
{
	struct frame frame = frame_of(seq);
	struct flight_record *record;
	return find(flight, &frame, &record) == FLIGHT_MATCHED;
}

static enum flight_reply answer(
	struct flight *flight, uint64_t seq, int64_t arrival_ns, int64_t *rtt_ns)
{
	struct frame frame = frame_of(seq);
	return take(flight, &frame, arrival_ns, TIMEOUT_NS, rtt_ns);
}

/* Of the third of five probes, which departs at 3 ms. */
static const struct {
	const char *says;
	int64_t settled_at_ns; /* When timeouts are settled before the reply; 0: never. */
	int64_t arrival_ns;
	enum flight_reply reply;
	int64_t rtt_ns;
} arrivals[] = {
	{"at once", 0, 3 * MS, FLIGHT_RECEIVED, 0},
	{"a nanosecond later", 0, 3 * MS + 1, FLIGHT_RECEIVED, 1},
	{"a nanosecond before the timeout", 0, 803 * MS - 1, FLIGHT_RECEIVED, TIMEOUT_NS - 1},
	{"exactly at the timeout", 0, 803 * MS, FLIGHT_OVERDUE, -1},
	{"long after the timeout", 0, 5000 * MS, FLIGHT_OVERDUE, -1},
	{"in time, though others timed out before", 802 * MS, 803 * MS - 1, FLIGHT_RECEIVED,
		TIMEOUT_NS - 1},
	{"after it was settled", 803 * MS, 900 * MS, FLIGHT_LATE, -1},
	{"after it was settled, whatever its arrival", 803 * MS, 4 * MS, FLIGHT_LATE, -1},
};

START_TEST(a_reply_is_in_time_or_late_by_its_arrival)
{
	struct flight flight = make_flight(8);
	depart(&flight, 5);
	if (arrivals[_i].settled_at_ns)
		flight_time_out(&flight, arrivals[_i].settled_at_ns - TIMEOUT_NS);
	int64_t rtt_ns = -1;
	enum flight_reply reply = answer(&flight, 3, arrivals[_i].arrival_ns, &rtt_ns);
	ck_assert_msg(reply == arrivals[_i].reply, "%s", arrivals[_i].says);
	ck_assert_msg(rtt_ns == arrivals[_i].rtt_ns, "%s: RTT", arrivals[_i].says);
	/* Whatever it was the first time. */
	ck_assert_int_eq(answer(&flight, 3, arrivals[_i].arrival_ns, &rtt_ns), FLIGHT_DUPLICATE);
	ck_assert_int_eq(rtt_ns, arrivals[_i].rtt_ns);
	flight_clear(&flight);
}
END_TEST

/* After 20 probes on a ring of 8, of which all but the last were answered. */
static const struct {
	const char *says;
	uint64_t seq;
	int64_t time_off_ns;
	enum flight_reply reply;
} frames[] = {
	{"the probe in flight", 20, 0, FLIGHT_RECEIVED},
	{"its number with another time", 20, 1, FLIGHT_INVALID},
	{"its number with the time of the one before", 20, -MS, FLIGHT_INVALID},
	{"the number 0", 0, 0, FLIGHT_INVALID},
	{"the next number, not sent yet", 21, 0, FLIGHT_INVALID},
	{"the next number with the same place in the ring", 28, -8 * MS, FLIGHT_INVALID},
	{"the previous number with that place", 12, 8 * MS, FLIGHT_DUPLICATE},
	{"the largest number", UINT64_MAX, 0, FLIGHT_INVALID},
	{"an answered one", 19, 0, FLIGHT_DUPLICATE},
	{"an answered one with another time", 19, 1, FLIGHT_INVALID},
	{"the oldest answered one that is remembered", 13, 0, FLIGHT_DUPLICATE},
	{"one that is no longer remembered", 12, 0, FLIGHT_DUPLICATE},
	{"the very first", 1, 0, FLIGHT_DUPLICATE},
};

START_TEST(only_what_was_sent_is_an_echo)
{
	struct flight flight = make_flight(8);
	int64_t rtt_ns;
	for (uint64_t seq = 1; seq <= 20; seq++) {
		depart(&flight, 1);
		if (seq < 20)
			answer(&flight, seq, (int64_t)seq * MS, &rtt_ns);
	}
	uint64_t seq = frames[_i].seq;
	struct frame frame = {
		.seq = seq,
		.unix_time_ns = (int64_t)((uint64_t)UNIX_TIME_NS + seq * (uint64_t)MS +
					  (uint64_t)frames[_i].time_off_ns),
	};
	enum flight_reply reply = take(&flight, &frame, 20 * MS, TIMEOUT_NS, &rtt_ns);
	ck_assert_msg(reply == frames[_i].reply, "%s", frames[_i].says);
	/* Garbage settles nothing. */
	ck_assert_uint_eq(flight_abandon(&flight), reply == FLIGHT_RECEIVED ? 0 : 1);
	flight_clear(&flight);
}
END_TEST

START_TEST(nothing_is_in_flight_at_first)
{
	struct flight flight = make_flight(1);
	int64_t rtt_ns;
	ck_assert_int_eq(flight_oldest_in_flight_ns(&flight), INT64_MAX);
	ck_assert_int_eq(flight_awaited_ns(&flight, 1), INT64_MAX);
	ck_assert_uint_eq(flight_time_out(&flight, INT64_MAX), 0);
	ck_assert_uint_eq(flight_abandon(&flight), 0);
	ck_assert(!flight_is_full(&flight));
	ck_assert(!is_found(&flight, 1));
	ck_assert_int_eq(answer(&flight, 1, 0, &rtt_ns), FLIGHT_INVALID);
	/* What was never written must match no frame of zeros either. */
	struct frame zeros = {0};
	ck_assert_int_eq(take(&flight, &zeros, 0, 1, &rtt_ns), FLIGHT_INVALID);
	ck_assert_uint_eq(flight.next_seq, 1);
	flight_clear(&flight);
	flight_clear(&flight);
}
END_TEST

static const uint32_t capacities[] = {1, 2, 3, 8, 9, 100, 1302};

START_TEST(it_is_full_when_its_capacity_is_awaited_and_no_sooner)
{
	uint32_t capacity = capacities[_i];
	struct flight flight = make_flight(capacity);
	int64_t rtt_ns;
	for (uint32_t i = 0; i < capacity; i++) {
		ck_assert(!flight_is_full(&flight));
		depart(&flight, 1);
	}
	while (!flight_is_full(&flight))
		depart(&flight, 1);
	ck_assert_uint_lt(flight.next_seq - 1, 2 * (uint64_t)capacity);
	/* Timed out, they still wait for their answers. */
	ck_assert_uint_eq(flight_time_out(&flight, INT64_MAX), flight.next_seq - 1);
	ck_assert(flight_is_full(&flight));
	ck_assert_int_eq(answer(&flight, 1, 5000 * MS, &rtt_ns), FLIGHT_LATE);
	ck_assert(!flight_is_full(&flight));
	depart(&flight, 1);
	ck_assert(flight_is_full(&flight));
	flight_clear(&flight);
}
END_TEST

START_TEST(answers_may_come_out_of_order)
{
	struct flight flight = make_flight(8);
	int64_t rtt_ns;
	depart(&flight, 4);
	ck_assert_int_eq(answer(&flight, 4, 10 * MS, &rtt_ns), FLIGHT_RECEIVED);
	ck_assert_int_eq(answer(&flight, 2, 10 * MS, &rtt_ns), FLIGHT_RECEIVED);
	ck_assert_int_eq(rtt_ns, 8 * MS);
	ck_assert_int_eq(flight_oldest_in_flight_ns(&flight), 1 * MS);
	ck_assert_int_eq(answer(&flight, 1, 10 * MS, &rtt_ns), FLIGHT_RECEIVED);
	ck_assert_int_eq(flight_oldest_in_flight_ns(&flight), 3 * MS);
	ck_assert_uint_eq(flight_abandon(&flight), 1);
	flight_clear(&flight);
}
END_TEST

static const struct {
	const char *says;
	unsigned sent;
	const uint64_t answered[4]; /* Ends with 0. */
	uint64_t first_seq;
	int64_t awaited_ns;
} awaited[] = {
	{"nothing was sent", 0, {0}, 1, INT64_MAX},
	{"the first one", 3, {0}, 1, 1 * MS},
	{"the one after the answered one", 3, {1}, 1, 2 * MS},
	{"all are answered", 3, {1, 2, 3}, 1, INT64_MAX},
	{"one was swallowed, the last is answered", 3, {1, 3}, 1, INT64_MAX},
	{"one was swallowed, the last is not answered", 4, {1, 3}, 1, 4 * MS},
	{"answers out of order", 4, {3, 1}, 1, 4 * MS},
	{"of a later connection, nothing was sent yet", 3, {1}, 4, INT64_MAX},
	{"of a later connection, its first", 4, {1}, 3, 3 * MS},
	{"of a later connection, the one after the answered one", 4, {1, 3}, 3, 4 * MS},
};

START_TEST(the_peer_has_yet_to_answer_what_came_after_its_last_answer)
{
	struct flight flight = make_flight(8);
	int64_t rtt_ns;
	depart(&flight, awaited[_i].sent);
	for (const uint64_t *seq = awaited[_i].answered; *seq; seq++)
		ck_assert_int_eq(answer(&flight, *seq, 10 * MS, &rtt_ns), FLIGHT_RECEIVED);
	/* Timed out or not. */
	for (int round = 0; round < 2; round++) {
		ck_assert_msg(
			flight_awaited_ns(&flight, awaited[_i].first_seq) == awaited[_i].awaited_ns,
			"%s", awaited[_i].says);
		flight_time_out(&flight, INT64_MAX);
	}
	flight_clear(&flight);
}
END_TEST

START_TEST(a_swallowed_probe_takes_no_room_once_it_is_settled)
{
	struct flight flight = make_flight(4);
	int64_t rtt_ns;
	depart(&flight, 4);
	ck_assert(flight_is_full(&flight));
	for (uint64_t seq = 2; seq <= 4; seq++)
		answer(&flight, seq, 4 * MS, &rtt_ns);
	/* It is still in flight. */
	ck_assert(flight_is_full(&flight));
	ck_assert_uint_eq(flight_time_out(&flight, 1 * MS), 1);
	for (uint64_t seq = 5; seq <= 20; seq++) {
		ck_assert(!flight_is_full(&flight));
		depart(&flight, 1);
		ck_assert_int_eq(answer(&flight, seq, (int64_t)seq * MS, &rtt_ns), FLIGHT_RECEIVED);
	}
	/* Whether it was answered before is not known any more. */
	ck_assert_int_eq(answer(&flight, 1, 20 * MS, &rtt_ns), FLIGHT_DUPLICATE);
	ck_assert_uint_eq(flight_abandon(&flight), 0);
	flight_clear(&flight);
}
END_TEST

START_TEST(of_two_connections_each_answers_its_own_probes)
{
	struct flight flight = make_flight(8);
	struct flight_record *record;
	depart(&flight, 6);
	/* The first has the probes 1 to 3, the second those from 4 on. */
	for (uint64_t seq = 1; seq <= 6; seq++) {
		struct frame frame = frame_of(seq);
		ck_assert_int_eq(flight_find(&flight, &frame, 1, 4, &record),
			seq < 4 ? FLIGHT_MATCHED : FLIGHT_UNKNOWN);
		ck_assert_int_eq(flight_find(&flight, &frame, 4, UINT64_MAX, &record),
			seq < 4 ? FLIGHT_UNKNOWN : FLIGHT_MATCHED);
	}
	ck_assert(!flight_is_settled(&flight, 4));
	ck_assert_uint_eq(flight_time_out(&flight, 2 * MS), 2);
	ck_assert(!flight_is_settled(&flight, 4));
	int64_t rtt_ns;
	ck_assert_int_eq(answer(&flight, 3, 6 * MS, &rtt_ns), FLIGHT_RECEIVED);
	ck_assert(flight_is_settled(&flight, 4));
	ck_assert(!flight_is_settled(&flight, 5));
	flight_clear(&flight);
}
END_TEST

START_TEST(more_duplicates_than_probes_are_not_an_echo)
{
	struct flight flight = make_flight(8);
	int64_t rtt_ns;
	for (int connection = 0; connection < 2; connection++) {
		uint64_t seq = flight.next_seq;
		depart(&flight, 2);
		ck_assert_int_eq(answer(&flight, seq, 10 * MS, &rtt_ns), FLIGHT_RECEIVED);
		ck_assert_int_eq(answer(&flight, seq, 10 * MS, &rtt_ns), FLIGHT_DUPLICATE);
		ck_assert_int_eq(answer(&flight, seq, 10 * MS, &rtt_ns), FLIGHT_DUPLICATE);
		ck_assert_int_eq(answer(&flight, seq, 10 * MS, &rtt_ns), FLIGHT_INVALID);
		/* The next connection may have as many duplicates again. */
		ck_assert_uint_eq(flight_abandon(&flight), 1);
	}
	flight_clear(&flight);
}
END_TEST

START_TEST(only_probes_that_departed_by_the_given_time_time_out)
{
	struct flight flight = make_flight(8);
	int64_t rtt_ns;
	depart(&flight, 5);
	answer(&flight, 2, 3 * MS, &rtt_ns);
	ck_assert_uint_eq(flight_time_out(&flight, 1 * MS - 1), 0);
	ck_assert_uint_eq(flight_time_out(&flight, 3 * MS), 2);
	ck_assert_uint_eq(flight_time_out(&flight, 3 * MS), 0);
	ck_assert_int_eq(flight_oldest_in_flight_ns(&flight), 4 * MS);
	ck_assert_uint_eq(flight_time_out(&flight, INT64_MAX), 2);
	ck_assert_int_eq(flight_oldest_in_flight_ns(&flight), INT64_MAX);
	ck_assert_int_eq(answer(&flight, 1, 4 * MS, &rtt_ns), FLIGHT_LATE);
	flight_clear(&flight);
}
END_TEST

START_TEST(a_lost_connection_settles_all_and_numbers_keep_rising)
{
	struct flight flight = make_flight(8);
	int64_t rtt_ns;
	depart(&flight, 5);
	answer(&flight, 1, 5 * MS, &rtt_ns);
	flight_time_out(&flight, 2 * MS);
	ck_assert_uint_eq(flight_abandon(&flight), 3);
	ck_assert_uint_eq(flight.next_seq, 6);
	ck_assert(!flight_is_full(&flight));
	ck_assert_int_eq(flight_oldest_in_flight_ns(&flight), INT64_MAX);
	ck_assert_int_eq(flight_awaited_ns(&flight, 1), INT64_MAX);
	/* A new connection never carried the old ones. */
	depart(&flight, 1);
	for (uint64_t seq = 1; seq <= 5; seq++) {
		ck_assert_int_eq(answer(&flight, seq, 6 * MS, &rtt_ns), FLIGHT_INVALID);
		ck_assert(!is_found(&flight, seq));
	}
	ck_assert_int_eq(answer(&flight, 6, 6 * MS, &rtt_ns), FLIGHT_RECEIVED);
	flight_clear(&flight);
}
END_TEST

START_TEST(probes_are_found_as_long_as_they_are_remembered)
{
	struct flight flight = make_flight(4);
	int64_t rtt_ns;
	for (uint64_t seq = 1; seq <= 6; seq++) {
		depart(&flight, 1);
		answer(&flight, seq, (int64_t)seq * MS, &rtt_ns);
	}
	ck_assert(!is_found(&flight, 0));
	ck_assert(!is_found(&flight, 2));
	ck_assert(!is_found(&flight, 7));
	for (uint64_t seq = 3; seq <= 6; seq++) {
		struct frame frame = frame_of(seq);
		struct flight_record *record;
		ck_assert_int_eq(find(&flight, &frame, &record), FLIGHT_MATCHED);
		ck_assert_int_eq(flight_departure_ns(record), (int64_t)seq * MS);
	}
	flight_clear(&flight);
}
END_TEST

/* A model that forgets nothing and is searched from end to end. */

#define PROBES_MAX 20000
#define STEPS 60000

enum fate {
	FATE_IN_FLIGHT,
	FATE_TIMED_OUT,
	FATE_ANSWERED,
	FATE_ABANDONED,
};

struct probe {
	int64_t departure_ns;
	int64_t unix_time_ns;
	enum fate fate;
};

struct model {
	struct flight flight;
	uint64_t ring; /* A record is overwritten after this many more. */
	struct probe probes[PROBES_MAX];
	uint64_t next_seq;
	uint64_t first_seq; /* Of this connection. */
	uint64_t heard_seq; /* None from this one on is answered. */
	uint64_t duplicates;
	uint64_t sent;
	uint64_t received;
	uint64_t timeouts;
	uint64_t late;
	int64_t now_ns;
	uint64_t state;
};

/* A ring that does not overwrite probes in flight has none older than this. */
static uint64_t oldest_seq(const struct model *model)
{
	return model->next_seq > 4 * model->ring ? model->next_seq - 4 * model->ring : 1;
}

/* The number of the oldest in flight; that of the next one if there is none. */
static uint64_t find_oldest(const struct model *model)
{
	uint64_t seq = oldest_seq(model);
	while (seq < model->next_seq && model->probes[seq].fate != FATE_IN_FLIGHT)
		seq++;
	return seq;
}

static bool is_full(const struct model *model)
{
	uint64_t oldest = find_oldest(model);
	uint64_t kept = oldest < model->heard_seq ? oldest : model->heard_seq;
	return model->next_seq - kept >= model->ring;
}

static void depart_any(struct model *model)
{
	if (flight_is_full(&model->flight) != is_full(model))
		ck_abort_msg("full");
	if (is_full(model) || model->next_seq == PROBES_MAX)
		return;
	struct probe probe = {
		.departure_ns = model->now_ns,
		.unix_time_ns = (int64_t)random_below(&model->state, 4),
	};
	flight_depart(&model->flight, probe.departure_ns, probe.unix_time_ns);
	model->probes[model->next_seq++] = probe;
	model->sent++;
}

static enum flight_reply judge_duplicate(struct model *model)
{
	model->duplicates++;
	return model->duplicates <= model->next_seq - model->first_seq ? FLIGHT_DUPLICATE
								       : FLIGHT_INVALID;
}

static enum flight_reply judge(
	struct model *model, const struct frame *frame, int64_t arrival_ns, int64_t timeout_ns)
{
	uint64_t seq = frame->seq;
	if (seq < model->first_seq || seq >= model->next_seq)
		return FLIGHT_INVALID;
	if (model->next_seq - seq > model->ring)
		return judge_duplicate(model);
	struct probe *probe = &model->probes[seq];
	if (probe->unix_time_ns != frame->unix_time_ns)
		return FLIGHT_INVALID;
	enum fate fate = probe->fate;
	probe->fate = FATE_ANSWERED;
	if (model->heard_seq <= seq)
		model->heard_seq = seq + 1;
	switch (fate) {
	case FATE_IN_FLIGHT:
		return arrival_ns - probe->departure_ns < timeout_ns ? FLIGHT_RECEIVED
								     : FLIGHT_OVERDUE;
	case FATE_TIMED_OUT:
		return FLIGHT_LATE;
	case FATE_ANSWERED:
		return judge_duplicate(model);
	case FATE_ABANDONED:
		break;
	}
	return FLIGHT_INVALID;
}

static void reply_any(struct model *model)
{
	struct frame frame = {
		.seq = model->next_seq + 2 - random_below(&model->state, (uint32_t)model->ring + 5),
		.unix_time_ns = (int64_t)random_below(&model->state, 4),
	};
	bool is_probe = frame.seq >= 1 && frame.seq < model->next_seq;
	if (is_probe && random_below(&model->state, 10) != 0)
		frame.unix_time_ns = model->probes[frame.seq].unix_time_ns;
	int64_t arrival_ns = model->now_ns - (int64_t)random_below(&model->state, 10);
	if (is_probe && arrival_ns < model->probes[frame.seq].departure_ns)
		arrival_ns = model->probes[frame.seq].departure_ns;
	enum flight_reply expected = judge(model, &frame, arrival_ns, 50);
	int64_t rtt_ns = -1;
	enum flight_reply reply = take(&model->flight, &frame, arrival_ns, 50, &rtt_ns);
	if (reply != expected)
		ck_abort_msg("reply %d instead of %d", (int)reply, (int)expected);
	int64_t expected_rtt_ns =
		reply == FLIGHT_RECEIVED ? arrival_ns - model->probes[frame.seq].departure_ns : -1;
	if (rtt_ns != expected_rtt_ns)
		ck_abort_msg("RTT");
	model->received += reply == FLIGHT_RECEIVED;
	model->timeouts += reply == FLIGHT_OVERDUE;
	model->late += reply == FLIGHT_OVERDUE || reply == FLIGHT_LATE;
}

static void time_out_any(struct model *model)
{
	int64_t by_ns = model->now_ns - 50;
	uint64_t expected = 0;
	for (uint64_t seq = oldest_seq(model); seq < model->next_seq; seq++) {
		struct probe *probe = &model->probes[seq];
		if (probe->fate != FATE_IN_FLIGHT || probe->departure_ns > by_ns)
			continue;
		probe->fate = FATE_TIMED_OUT;
		expected++;
	}
	if (flight_time_out(&model->flight, by_ns) != expected)
		ck_abort_msg("timed out");
	model->timeouts += expected;
}

static void abandon(struct model *model)
{
	uint64_t expected = 0;
	for (uint64_t seq = oldest_seq(model); seq < model->next_seq; seq++) {
		expected += model->probes[seq].fate == FATE_IN_FLIGHT;
		model->probes[seq].fate = FATE_ABANDONED;
	}
	if (flight_abandon(&model->flight) != expected)
		ck_abort_msg("abandoned");
	model->timeouts += expected;
	model->first_seq = model->next_seq;
	model->heard_seq = model->next_seq;
	model->duplicates = 0;
}

/* INT64_MAX if it is not sent yet. */
static int64_t departure_of(const struct model *model, uint64_t seq)
{
	return seq < model->next_seq ? model->probes[seq].departure_ns : INT64_MAX;
}

static void check_model(struct model *model)
{
	uint64_t oldest = find_oldest(model);
	if (flight_oldest_in_flight_ns(&model->flight) != departure_of(model, oldest))
		ck_abort_msg("oldest in flight");
	if (flight_awaited_ns(&model->flight, model->first_seq) !=
		departure_of(model, model->heard_seq))
		ck_abort_msg("awaited");
	if (!flight_is_settled(&model->flight, oldest) ||
		flight_is_settled(&model->flight, oldest + 1))
		ck_abort_msg("settled");
	if (model->flight.next_seq != model->next_seq)
		ck_abort_msg("next number");
	uint64_t count = 0;
	for (uint64_t seq = oldest_seq(model); seq < model->next_seq; seq++)
		count += model->probes[seq].fate == FATE_IN_FLIGHT;
	if (model->sent != model->received + model->timeouts + count ||
		model->late > model->timeouts)
		ck_abort_msg("the law of accounting");
}

static const uint32_t rings[] = {1, 2, 8, 64};

START_TEST(a_flight_behaves_like_a_list_that_forgets_nothing)
{
	static struct model model;
	model = (struct model){
		.ring = rings[_i], .next_seq = 1, .first_seq = 1, .heard_seq = 1, .state = 1};
	model.flight = make_flight(rings[_i]);
	for (int step = 0; step < STEPS; step++) {
		/* Some phases have many answers, some hardly any. */
		uint32_t answers = step / 500 % 2 ? 45 : 15;
		uint32_t choice = random_below(&model.state, 1000);
		if (choice < 10 * answers)
			reply_any(&model);
		else if (choice < 900)
			depart_any(&model);
		else if (choice < 995)
			time_out_any(&model);
		else
			abandon(&model);
		model.now_ns += (int64_t)random_below(&model.state, 5);
		check_model(&model);
	}
	ck_assert_uint_gt(model.received, 100);
	ck_assert_uint_gt(model.late, 10);
	flight_clear(&model.flight);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("flight");
	tcase_add_loop_test(tcase, a_reply_is_in_time_or_late_by_its_arrival, 0, ROWS(arrivals));
	tcase_add_loop_test(tcase, only_what_was_sent_is_an_echo, 0, ROWS(frames));
	tcase_add_test(tcase, nothing_is_in_flight_at_first);
	tcase_add_loop_test(
		tcase, it_is_full_when_its_capacity_is_awaited_and_no_sooner, 0, ROWS(capacities));
	tcase_add_test(tcase, answers_may_come_out_of_order);
	tcase_add_loop_test(tcase, the_peer_has_yet_to_answer_what_came_after_its_last_answer, 0,
		ROWS(awaited));
	tcase_add_test(tcase, a_swallowed_probe_takes_no_room_once_it_is_settled);
	tcase_add_test(tcase, of_two_connections_each_answers_its_own_probes);
	tcase_add_test(tcase, more_duplicates_than_probes_are_not_an_echo);
	tcase_add_test(tcase, only_probes_that_departed_by_the_given_time_time_out);
	tcase_add_test(tcase, a_lost_connection_settles_all_and_numbers_keep_rising);
	tcase_add_test(tcase, probes_are_found_as_long_as_they_are_remembered);
	tcase_add_loop_test(
		tcase, a_flight_behaves_like_a_list_that_forgets_nothing, 0, ROWS(rings));
	return unit_run("probe/flight", tcase);
}
