/* SPDX-License-Identifier: MIT */
#include "probe/exchange.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "net/socket.h"
#include "net/tcp_info.h"
#include "probe/connection.h"

/* How often the kernel is asked about a connection. */
#define TCP_INFO_PERIOD_NS NS_PER_S

/* Who waits for events and nothing else reads what comes within this time, mostly. */
#define PROMPT_NS (2 * NS_PER_MS)

/* A reply that took more than twice the least, and twice this, was not only on its way. */
#define STUCK_MIN_NS (100 * NS_PER_US)

/* Readings of one connection before the others get their turn. */
#define READS_IN_A_ROW 16

static enum disconnect disconnect_of(int error)
{
	return error == ECONNRESET || error == EPIPE ? DISCONNECT_RESET : DISCONNECT_OTHER;
}

/* Sends bytes. Returns how many the kernel took; below 0 where the connection is lost. */
static ssize_t hand_over(struct target *target, const unsigned char *bytes, size_t length)
{
	ssize_t sent = socket_send(target->fd, bytes, length);
	if (sent >= 0)
		return sent;
	if (socket_is_busy((int)-sent))
		return 0;
	connection_lose(target, disconnect_of((int)-sent));
	return -1;
}

/* Sends what is left of the last frame. Returns whether the way is free for the next. */
static bool finish_frame(struct target *target)
{
	if (target->frame_length == 0)
		return true;
	ssize_t sent = hand_over(target, target->frame, target->frame_length);
	if (sent < 0)
		return false;
	target->frame_length = (uint8_t)(target->frame_length - sent);
	memmove(target->frame, target->frame + sent, target->frame_length);
	return target->frame_length == 0;
}

static void keep_rest(struct target *target, const unsigned char *frame, size_t sent)
{
	target->frame_length = (uint8_t)(FRAME_SIZE - sent);
	memcpy(target->frame, frame + sent, target->frame_length);
}

/* Whether the ring of probes has room; a full one means answers stay out, however the alarm lags
 * behind. */
static bool has_room(struct target *target)
{
	if (!flight_is_full(&target->flight))
		return true;
	exchange_settle(target, clock_monotonic_ns());
	return target->state == LINK_PROBING && !flight_is_full(&target->flight);
}

bool exchange_send(struct target *target, int64_t due_ns)
{
	struct probe_context *context = target->context;
	if (!finish_frame(target) || !has_room(target))
		return false;
	int64_t departure_ns = clock_monotonic_ns();
	struct frame frame = {
		.seq = target->flight.next_seq,
		.unix_time_ns = departure_ns + context->arrival_clock.present.offset_ns,
	};
	unsigned char bytes[FRAME_SIZE];
	frame_encode(&frame, bytes);
	ssize_t sent = hand_over(target, bytes, sizeof(bytes));
	if (sent <= 0)
		return false;
	if (sent < FRAME_SIZE)
		keep_rest(target, bytes, (size_t)sent);
	flight_depart(&target->flight, departure_ns, frame.unix_time_ns);
	target_stats_sent(target->stats);
	probe_context_record_lag(context, departure_ns - due_ns);
	if (target->alarm.due_ns > departure_ns + target->options.timeout_ns)
		alarms_set(&context->alarms, &target->alarm,
			departure_ns + target->options.timeout_ns);
	if (departure_ns >= target->tcp_info_due_ns) {
		target->tcp_info_due_ns = departure_ns + TCP_INFO_PERIOD_NS;
		connection_read_tcp_info(target);
	}
	return true;
}

static void note_reply(struct target *target)
{
	if (target->has_replied)
		return;
	target->has_replied = true;
	target->failures = 0;
	target_report_up(target);
}

/* Returns false where the reply was no echo, and the connection is lost. */
static bool take_reply(struct target *target, const struct frame *frame, int64_t arrival_ns)
{
	int64_t rtt_ns;
	switch (flight_take_reply(
		&target->flight, frame, arrival_ns, target->options.timeout_ns, &rtt_ns)) {
	case FLIGHT_RECEIVED:
		target_stats_received(target->stats, rtt_ns);
		break;
	case FLIGHT_OVERDUE:
		target_stats_timed_out(target->stats, 1);
		target_stats_late(target->stats);
		break;
	case FLIGHT_LATE:
		target_stats_late(target->stats);
		break;
	case FLIGHT_DUPLICATE:
		target_stats_duplicate(target->stats);
		break;
	case FLIGHT_INVALID:
		connection_lose(target, DISCONNECT_INVALID);
		return false;
	}
	note_reply(target);
	return true;
}

/*
 * Whether replies that were read together had to wait for one that was lost on its way and sent
 * again. Their segments came, and were stamped, long before anybody could read them.
 */
static bool were_held_up(struct target *target)
{
	struct tcp_facts facts;
	if (!tcp_info_read(target->fd, &facts) || facts.out_of_order == target->out_of_order)
		return false;
	target->out_of_order = facts.out_of_order;
	return true;
}

/* When the last of some replies could be read. departure_ns: its probe's. */
static int64_t last_arrival(
	struct target *target, int64_t timestamp_ns, int64_t departure_ns, int64_t now_ns)
{
	const struct probe_context *context = target->context;
	int64_t arrival_ns =
		arrival_clock_convert(&context->arrival_clock, timestamp_ns, departure_ns, now_ns);
	/* What could be read by the last reading was read then. */
	if (arrival_ns < context->polled_ns)
		arrival_ns = context->polled_ns;
	if (arrival_ns - departure_ns < target->least_rtt_ns)
		target->least_rtt_ns = arrival_ns - departure_ns;
	return arrival_ns;
}

/* Before which time none of the replies that were read with the last one can have come. */
static int64_t first_arrival(
	const struct target *target, int64_t last_ns, int64_t last_rtt_ns, int64_t now_ns)
{
	const struct probe_context *context = target->context;
	/* Anything that came before would have ended the wait. */
	if (context->is_waiting && now_ns - last_ns < PROMPT_NS)
		return last_ns;
	/* A way or a peer that was stuck lets go of all at once. */
	if (last_rtt_ns / 2 > target->least_rtt_ns + STUCK_MIN_NS)
		return last_ns;
	return context->polled_ns;
}

/* Several replies came together: the timestamp is the last one's. Returns false where the
 * connection is lost. */
static bool take_replies(
	struct target *target, const unsigned char *bytes, size_t length, int64_t timestamp_ns)
{
	struct probe_context *context = target->context;
	int64_t now_ns = arrival_clock_read(&context->arrival_clock);
	size_t whole = length - length % FRAME_SIZE;
	target->reply_length = (uint8_t)(length - whole);
	memcpy(target->reply, bytes + whole, target->reply_length);
	if (whole == 0)
		return true;
	struct frame last;
	frame_decode(bytes + whole - FRAME_SIZE, &last);
	int64_t last_departure_ns = now_ns;
	bool is_known = flight_find_departure(&target->flight, last.seq, &last_departure_ns);
	int64_t last_arrival_ns = now_ns;
	if (whole == FRAME_SIZE || !were_held_up(target))
		last_arrival_ns = last_arrival(target, timestamp_ns, last_departure_ns, now_ns);
	int64_t earliest_ns =
		first_arrival(target, last_arrival_ns, last_arrival_ns - last_departure_ns, now_ns);
	for (size_t at = 0; at + FRAME_SIZE < whole; at += FRAME_SIZE) {
		struct frame frame;
		frame_decode(bytes + at, &frame);
		int64_t departure_ns = last_departure_ns;
		int64_t arrival_ns = last_arrival_ns;
		if (is_known && flight_find_departure(&target->flight, frame.seq, &departure_ns))
			arrival_ns = arrival_of_earlier(
				last_arrival_ns, last_departure_ns, departure_ns, earliest_ns);
		if (!take_reply(target, &frame, arrival_ns))
			return false;
	}
	return take_reply(target, &last, last_arrival_ns);
}

enum reading {
	READING_OVER,  /* Nothing is left to read for now, or the connection is lost. */
	READING_SHORT, /* There was less than there was room for: only the end of the stream may be
			  left. */
	READING_FULL,
};

static enum reading read_once(struct target *target)
{
	struct probe_context *context = target->context;
	size_t held = target->reply_length;
	size_t room = sizeof(context->buffer) - held;
	int64_t timestamp_ns;
	memcpy(context->buffer, target->reply, held);
	ssize_t length = arrival_receive(target->fd, context->buffer + held, room, &timestamp_ns);
	if (length <= 0) {
		if (length == 0)
			connection_lose(target, DISCONNECT_CLOSED);
		else if (!socket_is_busy((int)-length))
			connection_lose(target, disconnect_of((int)-length));
		return READING_OVER;
	}
	if (!take_replies(target, context->buffer, held + (size_t)length, timestamp_ns))
		return READING_OVER;
	return (size_t)length == room ? READING_FULL : READING_SHORT;
}

void exchange_on_readable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	struct target *target = context;
	probe_context_refresh_clock(target->context);
	for (unsigned reads = 0; reads < READS_IN_A_ROW; reads++) {
		enum reading reading = read_once(target);
		/* Data and the end of the stream that come together are one edge. */
		if (reading == READING_OVER || (reading == READING_SHORT && !(what & EV_CLOSED)))
			return;
	}
	/*
	 * event_active() would be served before slots and other targets, and so without end. Added
	 * anew, what is still there is told of in the next turn.
	 */
	event_del(&target->event);
	event_add(&target->event, NULL);
}

static int64_t later(int64_t time_ns, int64_t by_ns)
{
	return time_ns == INT64_MAX ? ALARM_NEVER : time_ns + by_ns;
}

void exchange_settle(struct target *target, int64_t now_ns)
{
	struct probe_context *context = target->context;
	struct flight *flight = &target->flight;
	int64_t timeout_ns = target->options.timeout_ns;
	/* Whether it is lost or only not read yet is told by its arrival, so reading comes first.
	 */
	if (later(flight_oldest_in_flight_ns(flight), timeout_ns) <= now_ns) {
		exchange_on_readable(target->fd, EV_READ, target);
		if (target->state != LINK_PROBING)
			return;
	}
	target_stats_timed_out(target->stats, flight_time_out(flight, now_ns - timeout_ns));
	int64_t stalled_ns =
		later(flight_oldest_unanswered_ns(flight), timeout_ns + TARGET_GRACE_NS);
	if (stalled_ns <= now_ns) {
		connection_lose(target, DISCONNECT_STALLED);
		return;
	}
	int64_t overdue_ns = later(flight_oldest_in_flight_ns(flight), timeout_ns);
	alarms_set(&context->alarms, &target->alarm,
		overdue_ns < stalled_ns ? overdue_ns : stalled_ns);
}
