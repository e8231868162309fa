/* SPDX-License-Identifier: MIT */
/* Whatever happens to probes, in any order, each is settled once: the law of accounting. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "probe/flight.h"

#define TIMEOUT_NS 20
#define STEPS_MAX 4096

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is known from outside. */
struct account {
	struct flight flight;
	int64_t now_ns;
	uint64_t sent;
	uint64_t received;
	uint64_t timeouts;
	uint64_t late;
	uint64_t heard_seq;		/* None from this one on is answered. */
	bool is_settled[STEPS_MAX + 1]; /* By sequence number. */
	int64_t departures_ns[STEPS_MAX + 1];
};

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void depart(struct account *account, uint8_t time)
{
	if (flight_is_full(&account->flight))
		return;
	account->sent++;
	expect(account->flight.next_seq == account->sent);
	account->departures_ns[account->sent] = account->now_ns;
	flight_depart(&account->flight, account->now_ns, time % 4);
}

static void settle(struct account *account, uint64_t seq)
{
	expect(!account->is_settled[seq]);
	account->is_settled[seq] = true;
}

static void reply(struct account *account, uint8_t back, uint8_t time)
{
	struct frame frame = {.seq = account->flight.next_seq + 2 - back, .unix_time_ns = time % 4};
	int64_t arrival_ns = account->now_ns - time / 4 % 32;
	int64_t rtt_ns = -1;
	struct flight_record *record;
	switch (flight_find(
		&account->flight, &frame, account->flight.first_seq, UINT64_MAX, &record)) {
	case FLIGHT_MATCHED:
		break;
	case FLIGHT_FORGOTTEN:
		expect(account->is_settled[frame.seq]);
		flight_note_duplicate(&account->flight);
		return;
	case FLIGHT_UNKNOWN:
		return;
	}
	int64_t departure_ns = flight_departure_ns(record);
	expect(departure_ns == account->departures_ns[frame.seq]);
	enum flight_reply reply =
		flight_answer(&account->flight, record, arrival_ns, TIMEOUT_NS, &rtt_ns);
	expect((rtt_ns != -1) <= (reply == FLIGHT_RECEIVED));
	if (account->heard_seq <= frame.seq)
		account->heard_seq = frame.seq + 1;
	switch (reply) {
	case FLIGHT_RECEIVED:
		expect(rtt_ns == arrival_ns - departure_ns && rtt_ns < TIMEOUT_NS);
		settle(account, frame.seq);
		account->received++;
		break;
	case FLIGHT_OVERDUE:
		settle(account, frame.seq);
		account->timeouts++;
		account->late++;
		break;
	case FLIGHT_LATE:
		expect(account->is_settled[frame.seq]);
		account->late++;
		break;
	case FLIGHT_DUPLICATE:
		expect(account->is_settled[frame.seq]);
		break;
	case FLIGHT_INVALID:
		break;
	}
}

/* Those that departed by then count as timed out; returns how many there should be. */
static uint64_t settle_departed(struct account *account, int64_t departed_by_ns)
{
	uint64_t count = 0;
	for (uint64_t seq = 1; seq <= account->sent; seq++) {
		if (account->is_settled[seq] || account->departures_ns[seq] > departed_by_ns)
			continue;
		account->is_settled[seq] = true;
		count++;
	}
	account->timeouts += count;
	return count;
}

static void abandon(struct account *account)
{
	expect(flight_abandon(&account->flight) == settle_departed(account, INT64_MAX));
	account->heard_seq = account->sent + 1;
}

static void step(struct account *account, uint8_t what, uint8_t how)
{
	account->now_ns += what / 8 % 8;
	switch (what % 8) {
	case 0:
	case 1:
	case 2:
		depart(account, how);
		break;
	case 3:
	case 4:
	case 5:
		reply(account, (uint8_t)(what / 64 + how % 16), how);
		break;
	case 6:
		expect(flight_time_out(&account->flight, account->now_ns - TIMEOUT_NS) ==
			settle_departed(account, account->now_ns - TIMEOUT_NS));
		break;
	case 7:
		if (how == 0)
			abandon(account);
		break;
	default:
		break;
	}
}

static void check(struct account *account)
{
	uint64_t in_flight = 0;
	int64_t oldest_ns = INT64_MAX;
	for (uint64_t seq = account->sent; seq > 0; seq--) {
		if (account->is_settled[seq])
			continue;
		in_flight++;
		oldest_ns = account->departures_ns[seq];
	}
	expect(account->sent == account->received + account->timeouts + in_flight);
	expect(account->late <= account->timeouts);
	expect(flight_oldest_in_flight_ns(&account->flight) == oldest_ns);
	expect(flight_awaited_ns(&account->flight, account->flight.first_seq) ==
		(account->heard_seq <= account->sent ? account->departures_ns[account->heard_seq]
						     : INT64_MAX));
}

/* The first byte is the capacity, every two bytes after it are a step. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct account account;
	if (size < 1 || size / 2 > STEPS_MAX)
		return 0;
	account = (struct account){.heard_seq = 1};
	if (flight_init(&account.flight, 1U + data[0] % 64) < 0)
		return 0;
	for (size_t at = 1; at + 1 < size; at += 2) {
		step(&account, data[at], data[at + 1]);
		check(&account);
	}
	abandon(&account);
	check(&account);
	flight_clear(&account.flight);
	return 0;
}
