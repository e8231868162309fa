/* SPDX-License-Identifier: MIT */
#include "probe/handshakes.h"

#include <errno.h>

#include "base/clock.h"
#include "net/socket.h"
#include "net/tcp_info.h"
#include "probe/connection.h"
#include "probe/dial.h"

#define LOOK_MIN_NS (100 * NS_PER_US)
#define LOOK_MAX_NS (10 * NS_PER_MS)

/* While the target is down its name is asked for again so often. */
#define RESOLVE_DOWN_NS (5 * NS_PER_S)

static struct handshake *handshake_of(const struct target *target, uint64_t number)
{
	return &target->handshakes[number & target->handshake_mask];
}

static int64_t patience_ns(const struct target *target)
{
	return target->options.timeout_ns + TARGET_GRACE_NS;
}

static void end(struct handshake *handshake)
{
	event_del(&handshake->event);
	socket_close(handshake->fd);
	handshake->fd = -1;
	handshake->target->context->open_handshakes--;
}

/* Another address may do better. Of many handshakes to one that fails, the first passes the turn
 * on. */
static void pass_turn_on(const struct handshake *handshake)
{
	struct target *target = handshake->target;
	const struct address_list *list = &target->addresses;
	size_t turn = target->next_address % list->count;
	if (address_is_same(&list->addresses[turn], &handshake->address))
		target->next_address = (turn + 1) % list->count;
}

/*
 * No connection came about. The target is down, and its name may have other addresses by now,
 * unless a later handshake made one: one of many that was lost on the way is no outage, nor is one
 * to another address.
 */
static void note_failed(struct handshake *handshake, int error, int64_t now_ns)
{
	struct target *target = handshake->target;
	if (target->last_answered_ns > handshake->departure_ns) {
		target_stats_connect_failed(target->stats, dial_failure(error));
		return;
	}
	pass_turn_on(handshake);
	char why[2 * ADDRESS_TEXT_MAX];
	dial_describe(target, &handshake->address, error, patience_ns(target), why, sizeof(why));
	target_stats_unreached(target->stats, dial_failure(error));
	target_report_down(target, why, now_ns);
	if (target->resolve_due_ns > now_ns + RESOLVE_DOWN_NS)
		target->resolve_due_ns = now_ns + RESOLVE_DOWN_NS;
}

/* The host answered after rtt_ns. */
static void settle_answered(struct handshake *handshake, int64_t rtt_ns)
{
	struct target *target = handshake->target;
	bool is_late = handshake->is_settled || rtt_ns >= target->options.timeout_ns;
	if (!is_late) {
		target_stats_received(target->stats, rtt_ns);
		return;
	}
	if (!handshake->is_settled)
		target_stats_timed_out(target->stats, 1);
	target_stats_late(target->stats);
}

static void note_connected(struct handshake *handshake, int64_t rtt_ns)
{
	struct target *target = handshake->target;
	char peer[ADDRESS_TEXT_MAX];
	if (target->last_answered_ns < handshake->departure_ns)
		target->last_answered_ns = handshake->departure_ns;
	target->peer = handshake->address;
	address_format(&target->peer.any, peer);
	target_stats_connected(target->stats, peer, rtt_ns);
	target_report_up(target);
}

/*
 * Whether the handshake was done: one that is refused is told as ECONNREFUSED (RFC 9293 section
 * 3.10.7.3), so that any other reset is that of a connection.
 */
static bool is_done(int error)
{
	return error == 0 || error == ECONNRESET || error == EPIPE;
}

/* The handshake came to its end: error is 0 or an errno. */
static void conclude(struct handshake *handshake, int error)
{
	struct target *target = handshake->target;
	int64_t now_ns = clock_monotonic_ns();
	int64_t rtt_ns = now_ns - handshake->departure_ns;
	struct tcp_facts facts = {.rtt_ns = -1};
	if (tcp_info_read(handshake->fd, &facts))
		target_stats_retransmitted(target->stats, facts.retransmits);
	end(handshake);
	switch (is_done(error) ? CONNECT_FAILURES : dial_failure(error)) {
	case CONNECT_FAILURES:
		/* With a SYN sent again the kernel's is that one's RTT. */
		if (facts.retransmits == 0 && facts.rtt_ns >= 0 && facts.rtt_ns < rtt_ns)
			rtt_ns = facts.rtt_ns;
		settle_answered(handshake, rtt_ns);
		note_connected(handshake, rtt_ns);
		break;
	case CONNECT_FAILURE_REFUSED:
		settle_answered(handshake, rtt_ns);
		note_failed(handshake, error, now_ns);
		break;
	case CONNECT_FAILURE_RESOLVE:
	case CONNECT_FAILURE_UNREACHABLE:
	case CONNECT_FAILURE_TIMEOUT:
	case CONNECT_FAILURE_OTHER:
		if (!handshake->is_settled)
			target_stats_timed_out(target->stats, 1);
		note_failed(handshake, error, now_ns);
		break;
	}
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	(void)what;
	conclude(context, dial_result(fd));
}

/* Passes those that are over; returns whether there is room for one more. */
static bool has_room(struct target *target)
{
	while (target->first_handshake < target->next_handshake &&
		handshake_of(target, target->first_handshake)->fd < 0)
		target->first_handshake++;
	return target->next_handshake - target->first_handshake <= target->handshake_mask;
}

static void set_alarm(struct target *target)
{
	int64_t next_ns = ALARM_NEVER;
	for (uint64_t i = target->first_handshake; i < target->next_handshake; i++) {
		const struct handshake *handshake = handshake_of(target, i);
		if (handshake->fd < 0)
			continue;
		int64_t due_ns =
			handshake->departure_ns +
			(handshake->is_settled ? patience_ns(target) : target->options.timeout_ns);
		if (due_ns < next_ns)
			next_ns = due_ns;
	}
	alarms_set(&target->context->alarms, &target->alarm, next_ns);
}

/* Whether its end is known to the kernel, and was only not looked at yet. */
static bool is_over(const struct handshake *handshake)
{
	return socket_is_dialled(handshake->fd);
}

/* The place for the next one, with the address that it is to dial; NULL when all are taken. */
static struct handshake *take_place(struct target *target, int64_t now_ns)
{
	if (!has_room(target)) {
		handshakes_settle(target, now_ns);
		if (!has_room(target))
			return NULL;
	}
	struct handshake *handshake = handshake_of(target, target->next_handshake);
	if (target->next_address >= target->addresses.count)
		target->next_address = 0;
	handshake->address = target->addresses.addresses[target->next_address];
	return handshake;
}

/* Dials. Returns 0, EINPROGRESS, ECONNREFUSED, or another errno where nothing was sent. */
static int dial(struct handshake *handshake)
{
	struct target *target = handshake->target;
	int error = dial_begin(target, &handshake->address, &handshake->fd);
	if (handshake->fd < 0)
		return error;
	target->context->open_handshakes++;
	event_assign(&handshake->event, target->context->base, handshake->fd, EV_WRITE, on_writable,
		handshake);
	if (error == EINPROGRESS && event_add(&handshake->event, NULL) < 0)
		error = ENOMEM;
	if (error != 0 && error != EINPROGRESS && error != ECONNREFUSED)
		end(handshake);
	return error;
}

bool handshakes_send(struct target *target, int64_t due_ns)
{
	struct probe_context *context = target->context;
	int64_t now_ns = clock_monotonic_ns();
	if (now_ns >= target->resolve_due_ns)
		connection_refresh(target, now_ns);
	struct handshake *handshake = take_place(target, now_ns);
	if (!handshake)
		return false;
	handshake->departure_ns = clock_monotonic_ns();
	handshake->is_settled = false;
	int error = dial(handshake);
	if (handshake->fd < 0) {
		note_failed(handshake, error, handshake->departure_ns);
		return false;
	}
	target->next_handshake++;
	context->last_handshake_ns = handshake->departure_ns;
	target_stats_sent(target->stats);
	probe_context_record_lag(context, handshake->departure_ns - due_ns);
	int64_t overdue_ns = handshake->departure_ns + target->options.timeout_ns;
	/* On this machine the answer is there at once. */
	if (error == 0 || (error == EINPROGRESS && is_over(handshake)))
		error = dial_result(handshake->fd);
	if (error != EINPROGRESS)
		conclude(handshake, error);
	else if (target->alarm.due_ns > overdue_ns)
		alarms_set(&context->alarms, &target->alarm, overdue_ns);
	return true;
}

static void give_up(struct handshake *handshake, int64_t now_ns)
{
	struct target *target = handshake->target;
	struct tcp_facts facts;
	if (tcp_info_read(handshake->fd, &facts))
		target_stats_retransmitted(target->stats, facts.retransmits);
	end(handshake);
	note_failed(handshake, ETIMEDOUT, now_ns);
}

static void settle(struct handshake *handshake, int64_t now_ns)
{
	const struct target *target = handshake->target;
	int64_t age_ns = now_ns - handshake->departure_ns;
	if (age_ns < target->options.timeout_ns)
		return;
	if (is_over(handshake)) {
		conclude(handshake, dial_result(handshake->fd));
		return;
	}
	if (!handshake->is_settled) {
		handshake->is_settled = true;
		target_stats_timed_out(target->stats, 1);
	}
	if (age_ns >= patience_ns(target))
		give_up(handshake, now_ns);
}

void handshakes_settle(struct target *target, int64_t now_ns)
{
	for (uint64_t i = target->first_handshake; i < target->next_handshake; i++) {
		struct handshake *handshake = handshake_of(target, i);
		if (handshake->fd >= 0)
			settle(handshake, now_ns);
	}
	has_room(target);
	set_alarm(target);
}

void handshakes_abort(struct target *target)
{
	for (uint64_t i = target->first_handshake; i < target->next_handshake; i++)
		if (handshake_of(target, i)->fd >= 0)
			end(handshake_of(target, i));
}

int64_t handshakes_look_ns(const struct probe_context *context, int64_t now_ns)
{
	if (context->open_handshakes == 0)
		return INT64_MAX;
	int64_t pause_ns = (now_ns - context->last_handshake_ns) / 8;
	if (pause_ns < LOOK_MIN_NS)
		pause_ns = LOOK_MIN_NS;
	return now_ns + (pause_ns < LOOK_MAX_NS ? pause_ns : LOOK_MAX_NS);
}
