/* SPDX-License-Identifier: MIT */
#include "probe/echo_probe.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/container.h"
#include "net/arrivals.h"
#include "net/edge.h"
#include "net/socket.h"
#include "net/tcp_info.h"
#include "net/timestamps.h"
#include "probe/payload.h"
#include "probe/peer_stamp.h"

/* How often the kernel is asked about a connection. */
#define TCP_INFO_PERIOD_NS NS_PER_S

/* Replies of one reading, at most. */
#define REPLIES_MAX (PROBE_READ_SIZE / FRAME_SIZE)

static struct echo_probe *probe_of(struct link *link)
{
	return container_at(link, offsetof(struct echo_probe, link));
}

static int init(struct link *link)
{
	struct echo_probe *probe = probe_of(link);
	const struct target_options *options = &link->target.options;
	bool has_room = options->size == 0 || options->size >= FRAME_STAMPED_SIZE;
	frame_choice_init(&probe->choice, options->frame, options->stamps && has_room);
	return flight_init(&probe->flight, target_options_records(&link->target.options));
}

static void clear(struct link *link)
{
	flight_clear(&probe_of(link)->flight);
}

static void begin(struct link *link, int64_t now_ns)
{
	struct connection *connection = link->connection;
	const struct frame_choice *choice = &probe_of(link)->choice;
	connection->first_seq = probe_of(link)->flight.next_seq;
	connection->end_seq = UINT64_MAX;
	connection->had_hello = frame_choice_has_hello(choice);
	connection->reader = (struct reply_reader){
		.format = choice->format,
		.hello = connection->had_hello ? HELLO_SENT : HELLO_NONE,
	};
	if (connection->had_hello)
		evutil_secure_rng_get_bytes(
			&connection->reader.nonce, sizeof(connection->reader.nonce));
	connection->tells_departures =
		link->target.options.tx_stamps > 0 && timestamps_enable_departures(connection->fd);
	connection->heard_ns = now_ns;
	connection->tcp_info_due_ns = now_ns;
	connection->least_rtt_ns = INT64_MAX;
}

/* Whether nothing more is to come over the retired connection. */
static bool is_drained(struct link *link)
{
	return flight_is_settled(&probe_of(link)->flight, link->retired->end_seq);
}

static void retire(struct connection *connection, int64_t now_ns)
{
	struct link *link = connection->link;
	connection->end_seq = probe_of(link)->flight.next_seq;
	connection->until_ns = now_ns + target_options_patience_ns(&link->target.options);
	if (is_drained(link))
		link_drop_retired(link);
	else if (link->due_ns > connection->until_ns)
		link_set_alarm(link, connection->until_ns);
}

static void abandon(struct link *link)
{
	target_stats_timed_out(link->target.stats, flight_abandon(&probe_of(link)->flight));
}

static enum disconnect disconnect_of(int error)
{
	return error == -ECONNRESET || error == -EPIPE ? DISCONNECT_RESET : DISCONNECT_OTHER;
}

/* The peer ended the connection: frames that were sent may be of the wrong format. */
static void note_end(const struct connection *connection)
{
	struct echo_probe *probe = probe_of(connection->link);
	bool has_sent = probe->flight.next_seq != connection->first_seq;
	if (!has_sent || !frame_choice_note_end(
				 &probe->choice, connection->reader.format, connection->has_bytes))
		return;
	const struct target *target = &probe->link.target;
	log_write(target->context->log, LOG_LEVEL_DEBUG, target->name,
		"%d connections ended without a reply: next with %zu-byte frames%s",
		FRAME_CHOICE_PATIENCE, frame_size(probe->choice.format),
		frame_choice_has_hello(&probe->choice) ? " after a hello" : "");
}

/* The connection in use ended, or has to end. */
static void lose(struct link *link, enum disconnect reason, int64_t now_ns)
{
	if (reason == DISCONNECT_CLOSED || reason == DISCONNECT_RESET)
		note_end(link->connection);
	link_lose(link, reason, now_ns);
}

/* Takes over when the probe that was timed last reached the device, if that is known by now. */
static void read_departure(struct connection *connection)
{
	struct probe_context *context = connection->link->target.context;
	int64_t departure_ns = connection->timed_departure_ns;
	int64_t now_ns = context->turn.clock.read_ns;
	struct wall_time device;
	/* Of a segment that was sent again there is more than one. */
	while (wall_time_is_known(device = timestamps_departure(connection->fd))) {
		int64_t device_ns = device.unix_ns - context->turn.clock.present.offset_ns;
		if (connection->timed_departure_ns == 0 || device_ns < departure_ns ||
			device_ns > now_ns)
			continue;
		live_histogram_record(&context->tx_delay, device_ns - departure_ns);
		connection->timed_departure_ns = 0;
	}
}

/* Whether the kernel is asked about the next probe: one in so many, of which none is still to come. */
static bool is_to_be_timed(struct connection *connection, uint64_t seq)
{
	if (!connection->tells_departures || seq % connection->link->target.options.tx_stamps != 0)
		return false;
	if (connection->timed_departure_ns != 0)
		read_departure(connection);
	connection->timed_departure_ns = 0;
	return true;
}

/* Sends bytes. Returns how many the kernel took; below 0 if the connection is lost. */
static ssize_t hand_over(
	struct link *link, const unsigned char *bytes, size_t length, bool is_timed, int64_t now_ns)
{
	evutil_socket_t fd = link->connection->fd;
	ssize_t sent =
		is_timed ? timestamps_send(fd, bytes, length) : socket_send(fd, bytes, length);
	if (sent >= 0)
		return sent;
	if (socket_is_busy((int)-sent))
		return 0;
	lose(link, disconnect_of((int)sent), now_ns);
	return -1;
}

/* Makes the connection's next probe. */
static void compose(struct connection *connection, uint64_t seq, struct wall_time departure)
{
	const struct reply_reader *reader = &connection->reader;
	bool is_stamped = reader->hello == HELLO_ACCEPTED;
	connection->last = (struct payload){
		.frame = {.seq = seq, .unix_time_ns = departure.unix_ns},
		.format = reader->format,
		.is_stamped = is_stamped,
		.has_hello = connection->had_hello && seq == connection->first_seq,
		.padding = payload_padding(
			reader->format, is_stamped, connection->link->target.options.size),
		.nonce = reader->nonce,
	};
}

/* Sends what is left of the last probe. Returns whether the next one can follow. */
static bool finish_probe(struct link *link, int64_t now_ns)
{
	struct connection *connection = link->connection;
	if (connection->rest == 0)
		return true;
	unsigned char *bytes = link->target.context->output;
	const unsigned char *end = bytes + payload_write(&connection->last, bytes);
	ssize_t sent = hand_over(link, end - connection->rest, connection->rest, false, now_ns);
	if (sent < 0)
		return false;
	connection->rest -= (uint32_t)sent;
	return connection->rest == 0;
}

static void settle(struct link *link, int64_t now_ns);

/* Whether the ring of probes has room; a full one means that no replies come, however late the
 * alarm is. */
static bool has_room(struct echo_probe *probe, int64_t now_ns)
{
	if (!flight_is_full(&probe->flight))
		return true;
	settle(&probe->link, now_ns);
	return probe->link.state == LINK_CONNECTED && !flight_is_full(&probe->flight);
}

/* The probe departed: counts it, and sees to its timeout. */
static void note_departure(struct echo_probe *probe, int64_t departure_ns, int64_t due_ns)
{
	struct link *link = &probe->link;
	target_stats_sent(link->target.stats);
	live_histogram_record(&link->target.context->lag, departure_ns - due_ns);
	int64_t overdue_ns = departure_ns + target_timeout_ns(&link->target);
	if (link->due_ns > overdue_ns)
		link_set_alarm(link, overdue_ns);
	if (departure_ns >= link->connection->tcp_info_due_ns) {
		link->connection->tcp_info_due_ns = departure_ns + TCP_INFO_PERIOD_NS;
		link_read_tcp_info(link);
	}
}

static bool send_probe(struct link *link, int64_t due_ns, int64_t now_ns)
{
	struct echo_probe *probe = probe_of(link);
	const struct arrival_clock *clock = &link->target.context->turn.clock;
	if (!finish_probe(link, now_ns) || !has_room(probe, now_ns))
		return false;
	int64_t departure_ns = clock_monotonic_ns();
	struct connection *connection = link->connection;
	unsigned char *bytes = link->target.context->output;
	compose(connection, probe->flight.next_seq, arrival_clock_wall(clock, departure_ns));
	size_t length = payload_write(&connection->last, bytes);
	bool is_timed = is_to_be_timed(connection, connection->last.frame.seq);
	ssize_t sent = hand_over(link, bytes, length, is_timed, now_ns);
	if (sent <= 0)
		return false;
	if (is_timed)
		connection->timed_departure_ns = departure_ns;
	connection->rest = (uint32_t)(length - (size_t)sent);
	connection->padding += connection->last.padding;
	flight_depart(&probe->flight, departure_ns, connection->last.frame.unix_time_ns);
	note_departure(probe, departure_ns, due_ns);
	return true;
}

/* The probes that a reading's replies answer, in their order. */
struct replies {
	size_t taken;  /* Bytes of whole frames, */
	size_t frames; /* and how many those are. */
	size_t count;
	struct flight_record *records[REPLIES_MAX];
	int64_t departures_ns[REPLIES_MAX];
	const unsigned char *stamped[REPLIES_MAX]; /* The frames; NULL for one without a stamp. */
};

/* The hello was answered. Returns false if that was so too often for an echo server. */
static bool take_hello(struct connection *connection)
{
	/* Those who answer twice do so here, too, before there are probes enough to allow for it. */
	if (connection->greetings > 1)
		return flight_note_duplicate(&probe_of(connection->link)->flight);
	if (connection->greetings++ == 0 && connection->reader.hello == HELLO_ACCEPTED) {
		/* From now on probes are to be stamped. */
		target_stats_stamping(connection->link->target.stats);
		/* Without it nothing is known of directions, and all else is as before. */
		connection->one_way = calloc(1, sizeof(*connection->one_way));
	}
	return true;
}

/* Returns false if no echo server may have sent it. stamped: see struct replies. */
static bool find_probe(struct connection *connection, const struct frame *frame,
	const unsigned char *stamped, struct replies *replies)
{
	struct flight *flight = &probe_of(connection->link)->flight;
	struct flight_record *record;
	if (connection->padding > 0 && payload_is_padding(frame)) {
		connection->padding--;
		return true;
	}
	switch (flight_find(flight, frame, connection->first_seq, connection->end_seq, &record)) {
	case FLIGHT_MATCHED:
		replies->records[replies->count] = record;
		replies->stamped[replies->count] = stamped;
		replies->departures_ns[replies->count++] = flight_departure_ns(record);
		return true;
	case FLIGHT_FORGOTTEN:
		target_stats_duplicate(connection->link->target.stats);
		return flight_note_duplicate(flight);
	case FLIGHT_UNKNOWN:
		break;
	}
	return false;
}

/* Returns false after the first that is no reply of an echo server. */
static bool find_probes(struct connection *connection, const unsigned char *bytes, size_t length,
	struct replies *replies)
{
	replies->taken = 0;
	replies->frames = 0;
	replies->count = 0;
	for (;;) {
		const unsigned char *at = bytes + replies->taken;
		struct frame frame;
		size_t size = 0;
		enum reply_kind kind =
			reply_read(&connection->reader, at, length - replies->taken, &frame, &size);
		if (kind == REPLY_INCOMPLETE || kind == REPLY_INVALID)
			return kind == REPLY_INCOMPLETE;
		bool is_echo = kind == REPLY_OF_HELLO
				       ? take_hello(connection)
				       : find_probe(connection, &frame,
						 kind == REPLY_STAMPED ? at : NULL, replies);
		if (!is_echo)
			return false;
		replies->taken += size;
		replies->frames++;
	}
}

/* Returns false if that was not the reply of an echo server. */
static bool take_reply(struct connection *connection, struct flight_record *record,
	const struct stamped_arrival *arrival)
{
	struct echo_probe *probe = probe_of(connection->link);
	struct target *target = &probe->link.target;
	int64_t rtt_ns;
	switch (flight_answer(
		&probe->flight, record, arrival->arrival_ns, target_timeout_ns(target), &rtt_ns)) {
	case FLIGHT_RECEIVED:
		target_received(target, rtt_ns);
		if (arrival->frame)
			peer_stamp_take(connection, arrival);
		return true;
	case FLIGHT_OVERDUE:
		target_timed_out(target, 1, arrival->arrival_ns);
		target_stats_late(target->stats);
		return true;
	case FLIGHT_LATE:
		target_stats_late(target->stats);
		return true;
	case FLIGHT_DUPLICATE:
		target_stats_duplicate(target->stats);
		return true;
	case FLIGHT_INVALID:
		break;
	}
	return false;
}

static void note_reply(struct connection *connection, int64_t now_ns)
{
	struct link *link = connection->link;
	if (connection->has_replied)
		return;
	link_note_reply(link, connection, now_ns);
	enum frame_format format = connection->reader.format;
	if (frame_choice_note_reply(&probe_of(link)->choice, format, connection->had_hello))
		log_write(link->target.context->log, LOG_LEVEL_INFO, link->target.name,
			"answers %zu-byte frames", frame_size(format));
}

/* Returns false if not all of them were the replies of an echo server. *taken: bytes of whole frames. */
static bool take_replies(struct connection *connection, const unsigned char *bytes, size_t length,
	struct wall_time timestamp, int64_t now_ns, size_t *taken)
{
	struct link *link = connection->link;
	const struct turn *turn = &link->target.context->turn;
	struct replies replies;
	bool are_replies = find_probes(connection, bytes, length, &replies);
	*taken = replies.taken;
	if (replies.count == 0)
		return are_replies;
	const struct arrivals_reading reading = {
		.timestamp = timestamp,
		.now_ns = now_ns,
		.polled_ns = turn->polled_ns,
		.was_waiting = turn->is_waiting,
		.was_held_up = replies.frames > 1 &&
			       tcp_info_was_held_up(connection->fd, &connection->out_of_order),
		.departures_ns = replies.departures_ns,
		.count = replies.count,
	};
	/* Where no arrival has a timestamp, readings follow them at once. */
	bool has_arrival = wall_time_is_known(timestamp) || !link->target.context->has_timestamps;
	int64_t arrivals_ns[REPLIES_MAX];
	arrivals_find(&reading, &turn->clock, &connection->least_rtt_ns, arrivals_ns);
	for (size_t i = 0; i < replies.count; i++) {
		const struct stamped_arrival arrival = {
			.departure_ns = replies.departures_ns[i],
			.arrival_ns = arrivals_ns[i],
			.is_exact = has_arrival && i + 1 == replies.count && !reading.was_held_up,
			.frame = replies.stamped[i],
		};
		if (!take_reply(connection, replies.records[i], &arrival))
			return false;
		note_reply(connection, now_ns);
	}
	return are_replies;
}

/* The connection, in use or retired, can be used no longer. */
static enum edge_reading give_up(
	struct connection *connection, enum disconnect reason, int64_t now_ns)
{
	struct link *link = connection->link;
	if (connection == link->connection)
		lose(link, reason, now_ns);
	else
		link_drop_retired(link);
	return EDGE_OVER;
}

static enum edge_reading read_once(void *owner)
{
	struct connection *connection = owner;
	struct link *link = connection->link;
	struct probe_context *context = link->target.context;
	size_t held = connection->reply_length;
	size_t room = sizeof(context->buffer) - held;
	struct wall_time timestamp;
	memcpy(context->buffer, connection->reply, held);
	ssize_t length =
		timestamps_receive(connection->fd, context->buffer + held, room, &timestamp);
	int64_t now_ns = arrival_clock_read(&context->turn.clock);
	if (length == 0)
		return give_up(connection, DISCONNECT_CLOSED, now_ns);
	if (length < 0 && socket_is_busy((int)-length))
		return EDGE_OVER;
	if (length < 0)
		return give_up(connection, disconnect_of((int)length), now_ns);
	size_t got = held + (size_t)length;
	size_t taken;
	connection->has_bytes = true;
	if (!take_replies(connection, context->buffer, got, timestamp, now_ns, &taken))
		return give_up(connection, DISCONNECT_INVALID, now_ns);
	if (taken > 0)
		connection->heard_ns = now_ns;
	connection->reply_length = (uint8_t)(got - taken);
	memcpy(connection->reply, context->buffer + taken, connection->reply_length);
	if (connection == link->retired && is_drained(link)) {
		link_drop_retired(link);
		return EDGE_OVER;
	}
	return (size_t)length == room ? EDGE_FULL : EDGE_SHORT;
}

static void on_readable(struct connection *connection, short what)
{
	turn_refresh_clock(&connection->link->target.context->turn);
	if (connection->timed_departure_ns != 0)
		read_departure(connection);
	edge_read(&connection->event, what, read_once, connection);
}

static int64_t later(int64_t time_ns, int64_t by_ns)
{
	return time_ns == INT64_MAX ? ALARM_NEVER : time_ns + by_ns;
}

/* When nothing at all came back for too long. */
static int64_t stalled_ns(struct link *link)
{
	const struct connection *connection = link->connection;
	int64_t since_ns = flight_awaited_ns(&probe_of(link)->flight, connection->first_seq);
	if (since_ns < connection->heard_ns)
		since_ns = connection->heard_ns;
	return later(since_ns, target_options_patience_ns(&link->target.options));
}

/* Reads whatever has come over the link's connections. Returns whether it is still connected. */
static bool read_all(struct link *link)
{
	if (link->retired)
		on_readable(link->retired, EV_READ);
	on_readable(link->connection, EV_READ);
	return link->state == LINK_CONNECTED;
}

static void settle(struct link *link, int64_t now_ns)
{
	struct flight *flight = &probe_of(link)->flight;
	int64_t timeout_ns = target_timeout_ns(&link->target);
	/* Its arrival tells whether a reply is lost or only not read yet, so reading comes first. */
	if (later(flight_oldest_in_flight_ns(flight), timeout_ns) <= now_ns && !read_all(link))
		return;
	target_timed_out(&link->target, flight_time_out(flight, now_ns - timeout_ns), now_ns);
	if (link->retired && (is_drained(link) || link->retired->until_ns <= now_ns))
		link_drop_retired(link);
	int64_t due_ns = stalled_ns(link);
	if (due_ns <= now_ns) {
		lose(link, DISCONNECT_STALLED, now_ns);
		return;
	}
	timeout_ns = target_timeout_ns(&link->target);
	int64_t overdue_ns = later(flight_oldest_in_flight_ns(flight), timeout_ns);
	if (due_ns > overdue_ns)
		due_ns = overdue_ns;
	if (link->retired && due_ns > link->retired->until_ns)
		due_ns = link->retired->until_ns;
	link_set_alarm(link, due_ns);
}

const struct probe_operations echo_probe_operations = {
	.init = init,
	.begin = begin,
	.retire = retire,
	.send = send_probe,
	.readable = on_readable,
	.settle = settle,
	.abort = abandon,
	.clear = clear,
};
