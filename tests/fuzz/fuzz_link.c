/* SPDX-License-Identifier: MIT */
/*
 * Whatever happens to a target, in any order: answers of the resolver, handshakes, replies, ends of
 * connections, time that passes. The law of accounting holds after each step, for both kinds of
 * probe, and no counter falls.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../unit/probe/scripted.h"
#include "base/clock.h"
#include "echo/frame.h"
#include "echo/stamp.h"

#define MS NS_PER_MS
#define STEPS_MAX 2048

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is known from outside. */
struct account {
	struct probe_context context;
	struct probed_target *target;
	struct target_values before;
	uint64_t slots;
};

/* The last that a peer got, which may be sent again. */
static unsigned char heard[4096];
static size_t heard_length;
static uint8_t how_to_reply;

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* Worlds of peers; those that are in none of them behave. */
static const struct script_peer none_listens[] = {
	{.address = 'a', .pending_error = ECONNREFUSED},
	{.address = 'b', .connect_error = -EINPROGRESS, .pending_error = ECONNREFUSED},
	{.address = 'c', .connect_error = -ECONNREFUSED},
	{.address = 'd', .connect_error = -ENETUNREACH},
	{.address = 'E', .connect_error = -EINPROGRESS, .pending_error = EHOSTUNREACH},
};
static const struct script_peer some_are_silent[] = {
	{.address = 'a', .connect_error = -EINPROGRESS, .is_silent = true},
	{.address = 'b', .connect_error = -EINPROGRESS, .is_silent = true},
	{.address = 'c', .connect_error = -EADDRNOTAVAIL},
	{.address = 'd', .connect_error = 0},
};
static const struct script_peer some_are_odd[] = {
	{.address = 'a', .connect_error = -EINPROGRESS, .is_itself = true},
	{.address = 'b', .connect_error = -EMFILE},
	{.address = 'c', .connect_error = -EINPROGRESS, .pending_error = ECONNRESET},
	{.address = 'd', .connect_error = -EINPROGRESS, .pending_error = ETIMEDOUT},
	{.address = 'E', .connect_error = 0, .is_itself = true},
};
static const struct {
	const struct script_peer *peers;
	size_t count;
} worlds[] = {
	{NULL, 0},
	{none_listens, sizeof(none_listens) / sizeof(none_listens[0])},
	{some_are_silent, sizeof(some_are_silent) / sizeof(some_are_silent[0])},
	{some_are_odd, sizeof(some_are_odd) / sizeof(some_are_odd[0])},
};

static const char *const answers[] = {
	"a", "b", "ab", "ba", "abcdE", "Edcba", "cd", "Ea", "fghijklm"};
static const int errors[] = {0, 0, -EMFILE, -ENFILE, -ENOMEM, -ENOBUFS, -EACCES, -EADDRNOTAVAIL};

/* Stamps the last frame, if it is one to be stamped, with whatever a peer may say. */
static void stamp_last(size_t length)
{
	if (length < FRAME_STAMPED_SIZE)
		return;
	unsigned char *frame = &heard[length - FRAME_STAMPED_SIZE];
	for (size_t i = FRAME_SIZE; i < FRAME_STAMPED_SIZE; i++)
		frame[i] = (unsigned char)(how_to_reply * i);
	struct stamp stamp;
	stamp_decode(frame, &stamp);
	if (how_to_reply & 64)
		stamp.received_unix_ns = script.now_ns + SCRIPT_AHEAD_NS + stamp.flags;
	if (how_to_reply & 128)
		stamp.residence_ns = how_to_reply;
	stamp_encode(&stamp, frame);
}

/* Sends back what has come, or some of it, or what came before. */
static void reply(int far_fd)
{
	ssize_t got = recv(far_fd, heard, sizeof(heard), MSG_DONTWAIT);
	if (got > 0)
		heard_length = (size_t)got;
	size_t length = heard_length;
	switch (how_to_reply % 8) {
	case 0:
		length = length > how_to_reply / 8 ? how_to_reply / 8 : length;
		break;
	case 1:
		if (length > 0)
			heard[how_to_reply % length] ^= 1;
		break;
	case 2:
		length -= length > 1;
		break;
	case 3:
		shutdown(far_fd, SHUT_RDWR);
		return;
	case 4:
		shutdown(far_fd, SHUT_WR);
		return;
	case 5:
		if (length >= HELLO_SIZE && hello_is_one(heard))
			hello_accept(heard);
		break;
	case 6:
		stamp_last(length);
		break;
	default:
		/* Nothing may have come this time: the same again. */
		break;
	}
	send(far_fd, heard, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void answer(uint8_t how)
{
	if (!script.query)
		return;
	script.valid_ns = how / 16 * NS_PER_S;
	size_t which = how % 16;
	size_t count = sizeof(answers) / sizeof(answers[0]);
	if (which < count)
		script_answer(answers[which], RESOLVER_FOUND);
	else
		script_answer(NULL, which % 2 ? RESOLVER_FAILED : RESOLVER_NOT_FOUND);
}

static void pass(struct account *account, int64_t time_ns)
{
	script.stamped_ns = script.stamped_ns ? script.now_ns : 0;
	script_go_to(&account->context, script.now_ns + time_ns);
}

static void change_world(uint8_t how)
{
	size_t which = how % 4;
	script.peers = worlds[which].peers;
	script.peer_count = worlds[which].count;
	script.is_over_now = how & 4;
	script.has_facts = how & 8;
	script.facts.retransmits += how / 32;
	script.facts.out_of_order += how & 16;
	script.facts.rtt_ns = how * NS_PER_US;
	script.facts.min_rtt_ns = how % 7 * NS_PER_US;
}

static void step(struct account *account, uint8_t what, uint8_t how)
{
	switch (what % 16) {
	case 0:
	case 1:
	case 2:
	case 3:
		account->slots++;
		link_use_slot(&account->target->link, script.now_ns - how % 16 * MS, script.now_ns);
		break;
	case 4:
	case 5:
		script_run(&account->context);
		break;
	case 6:
		pass(account, how * MS);
		break;
	case 7:
		pass(account, 50 * MS * how);
		break;
	case 8:
		/* The prober slept. */
		script.now_ns += 20 * MS * how;
		break;
	case 9:
	case 10:
	case 11:
		how_to_reply = how;
		script_each_peer(reply);
		script_run(&account->context);
		break;
	case 12:
	case 13:
		answer(how);
		break;
	case 14:
		change_world(how);
		break;
	case 15:
		script.open_error = errors[how % 8];
		script.bind_error = how & 64 ? errors[how / 8 % 8] : 0;
		script.stamped_ns = how & 128 ? script.now_ns : 0;
		break;
	default:
		break;
	}
}

static uint64_t sum(const uint64_t *counts, size_t count)
{
	uint64_t total = 0;
	for (size_t i = 0; i < count; i++)
		total += counts[i];
	return total;
}

static void check(struct account *account)
{
	const struct target_values *before = &account->before;
	struct target_values now = script_values(account->target);
	uint64_t failures = sum(now.connect_failures, CONNECT_FAILURES);
	uint64_t disconnects = sum(now.disconnects, DISCONNECTS);
	expect(now.sent <= account->slots);
	expect(now.unsent + target_values_in_flight(&now) <= now.sent);
	expect(now.window_lost <= now.window_settled && now.window_settled <= now.sent);
	expect((now.last_rtt_ns >= 0) == (now.received > 0));
	expect(disconnects <= now.connects);
	expect(now.sent >= before->sent && now.received >= before->received);
	expect(now.timeouts >= before->timeouts && now.late >= before->late);
	expect(now.unsent >= before->unsent && now.duplicates >= before->duplicates);
	expect(now.connects >= before->connects && now.moves >= before->moves);
	expect(now.tcp_retransmits >= before->tcp_retransmits);
	expect(sum(now.slow, SLOW_WHERES) + now.stamps_rejected <= now.received);
	expect(now.peer_ns <= now.rtt.sum_ns && now.peer_ns >= before->peer_ns);
	expect(now.peer_tcp_retransmits >= before->peer_tcp_retransmits);
	expect(now.stamped <= 1 && (now.stamped < 1 || now.connects > 0));
	for (int i = 0; i < DIRECTIONS; i++)
		expect(now.excess_ns[i] >= before->excess_ns[i]);
	expect(failures >= sum(before->connect_failures, CONNECT_FAILURES));
	expect(disconnects >= sum(before->disconnects, DISCONNECTS));
	account->before = now;
}

/* The first byte is the target, every two bytes after it are a step. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct account account;
	if (size < 1 || size / 2 > STEPS_MAX)
		return 0;
	memset(&account, 0, sizeof(account));
	heard_length = 0;
	struct target_options options =
		script_options(data[0] & 1 ? PROBE_KIND_CONNECT : PROBE_KIND_ECHO);
	options.timeout_ns = 100 * MS * (1 + data[0] / 8 % 8);
	options.window = 1 + data[0] / 64;
	options.stamps = data[0] & 64;
	script_begin(&account.context);
	script.has_timestamps = data[0] & 2;
	account.target = script_target(
		&account.context, data[0] & 4 ? "192.0.2.97:4000" : "host.test:4000", &options);
	account.before = script_values(account.target);
	for (size_t at = 1; at + 1 < size; at += 2) {
		step(&account, data[at], data[at + 1]);
		check(&account);
	}
	link_abort(&account.target->link);
	check(&account);
	expect(target_values_in_flight(&account.before) == 0);
	probed_target_free(account.target);
	script_end(&account.context);
	return 0;
}
