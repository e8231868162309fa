/* SPDX-License-Identifier: MIT */
#include "echo/connections.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "echo/echo_stream.h"
#include "echo/stamper.h"
#include "net/socket.h"
#include "net/timestamps.h"

/* Bytes read from a connection at once: the most that a peer that does not read makes us hold. */
#define READ_SIZE ECHO_TAKE_MAX
/* Who has sent more than this has to stand in the line: 32 probes, or more, at once. */
#define LITTLE 512
/* Turns that those in the line get, together, each time all others were served. */
#define TURNS 4
/* What a connection waits for; level-triggered where the system has no edges. */
#define READ_EVENTS (EV_READ | EV_CLOSED | EV_ET | EV_PERSIST)
/* A peer that takes none of its replies for this long is given up. */
static const struct timeval write_patience = {.tv_sec = 30};
static const struct timeval at_once = {0};

/* Replies that the peer's receive window had no room for. */
struct unsent {
	size_t sent;
	size_t length;
	unsigned char bytes[READ_SIZE];
};

struct connection {
	struct connections *all;
	struct connection *next; /* All of them are in a list, the youngest first. */
	struct connection **previous;
	union address peer;
	struct wall_time since;
	_Atomic uint64_t frames; /* Whole ones returned. */
	struct connection *next_in_line;
	struct connection **previous_in_line; /* NULL: it is not in the line. */
	bool is_ending;			      /* The peer has closed: nothing comes but the end. */
	struct admission_host *host;	      /* Borrowed. */
	struct event event;
	struct unsent *unsent; /* Owned; nearly always NULL. Until it is sent, nothing is read. */
	struct saved_syn syn;
	struct stamped_connection *stamps; /* Owned; NULL unless the peer asked for stamps. */
	struct echo_stream stream;
};

struct connections {
	struct event_base *base; /* Borrowed, as are the next two. */
	struct admission *admission;
	struct server_counters *counters;
	pthread_mutex_t
		mutex; /* Guards the list of them all against other threads, which only read it. */
	struct connection *youngest;
	struct connection *line; /* Those that have more to be read than fits a turn. */
	struct connection **line_end;
	struct event *turns_event; /* Fires after what the last poll has found was served. */
	bool gives_stamps;
	struct stamper stamper;
	unsigned char buffer[READ_SIZE];
};

static void on_readable(evutil_socket_t fd, short what, void *context);
static void on_writable(evutil_socket_t fd, short what, void *context);

static void line_join(struct connection *connection)
{
	struct connections *all = connection->all;
	if (connection->previous_in_line)
		return;
	if (!all->line)
		event_add(all->turns_event, &at_once);
	connection->next_in_line = NULL;
	connection->previous_in_line = all->line_end;
	*all->line_end = connection;
	all->line_end = &connection->next_in_line;
}

/* Takes the first out of the line, which is not empty. */
static struct connection *line_next(struct connections *all)
{
	struct connection *first = all->line;
	all->line = first->next_in_line;
	if (all->line)
		all->line->previous_in_line = &all->line;
	else
		all->line_end = &all->line;
	first->previous_in_line = NULL;
	return first;
}

static void line_leave(struct connection *connection)
{
	if (!connection->previous_in_line)
		return;
	*connection->previous_in_line = connection->next_in_line;
	if (connection->next_in_line)
		connection->next_in_line->previous_in_line = connection->previous_in_line;
	else
		connection->all->line_end = connection->previous_in_line;
	connection->previous_in_line = NULL;
}

static void connection_free(struct connection *connection)
{
	struct connections *all = connection->all;
	line_leave(connection);
	event_del(&connection->event);
	socket_close(event_get_fd(&connection->event));
	pthread_mutex_lock(&all->mutex);
	*connection->previous = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	pthread_mutex_unlock(&all->mutex);
	server_counters_add(&all->counters->connections, UINT64_MAX);
	admission_leave(all->admission, connection->host);
	free(connection->unsent);
	free(connection->stamps);
	free(connection);
}

static void connection_end(struct connection *connection, enum server_close reason)
{
	server_counters_add(&connection->all->counters->closed[reason], 1);
	connection_free(connection);
}

static enum server_close close_reason(int error)
{
	switch (error) {
	case ECONNRESET:
	case EPIPE:
		return SERVER_CLOSE_RESET;
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ENETUNREACH:
		return SERVER_CLOSE_TIMEOUT;
	default:
		return SERVER_CLOSE_OTHER;
	}
}

/* Waits until the peer takes more (for_writing), or sends more. */
static void connection_watch(struct connection *connection, bool for_writing)
{
	struct event *event = &connection->event;
	struct event_base *base = connection->all->base;
	evutil_socket_t fd = event_get_fd(event);
	event_del(event);
	if (for_writing)
		event_assign(event, base, fd, EV_WRITE, on_writable, connection);
	else
		event_assign(event, base, fd, READ_EVENTS, on_readable, connection);
	event_add(event, for_writing ? &write_patience : NULL);
}

/*
 * Sends bytes, and keeps what the peer has no room for. Returns false if the connection was ended,
 * and freed.
 */
static bool connection_send(
	struct connection *connection, const unsigned char *bytes, size_t length)
{
	ssize_t sent = socket_send(event_get_fd(&connection->event), bytes, length);
	if (sent < 0) {
		if (!socket_is_busy((int)-sent)) {
			connection_end(connection, close_reason((int)-sent));
			return false;
		}
		sent = 0;
	}
	if ((size_t)sent == length)
		return true;
	struct unsent *unsent = malloc(sizeof(*unsent));
	if (!unsent) {
		connection_end(connection, SERVER_CLOSE_OTHER);
		return false;
	}
	unsent->sent = 0;
	unsent->length = length - (size_t)sent;
	memcpy(unsent->bytes, bytes + sent, unsent->length);
	connection->unsent = unsent;
	connection_watch(connection, true);
	return true;
}

/* Receives behind the held bytes. Returns how many, or a negative errno. *reading: if the connection is
 * stamped. */
static ssize_t receive(struct connection *connection, size_t held, struct stamper_reading *reading)
{
	struct connections *all = connection->all;
	evutil_socket_t fd = event_get_fd(&connection->event);
	size_t room = sizeof(all->buffer) - held;
	if (!connection->stamps)
		return socket_receive(fd, all->buffer + held, room);
	ssize_t length = timestamps_receive(fd, all->buffer + held, room, &reading->timestamp);
	reading->now_ns = stamper_read_clock(&all->stamper);
	reading->is_drained = length < (ssize_t)room;
	return length;
}

/* The peer's hello was accepted. Returns whether there is memory for it. What came with it was not
 * timestamped. */
static bool begin_stamps(struct connection *connection, struct stamper_reading *reading)
{
	connection->stamps = malloc(sizeof(*connection->stamps));
	if (!connection->stamps)
		return false;
	reading->timestamp = WALL_TIME_UNKNOWN;
	reading->now_ns = stamper_read_clock(&connection->all->stamper);
	stamped_connection_init(connection->stamps, event_get_fd(&connection->event),
		&connection->syn, reading->now_ns);
	return true;
}

/* Echoes what was received. Returns false if the connection was ended, and freed. */
static bool connection_echo(
	struct connection *connection, size_t length, struct stamper_reading *reading)
{
	struct connections *all = connection->all;
	struct echo_batch batch;
	int error = echo_stream_take(
		&connection->stream, all->gives_stamps, all->buffer, length, &batch);
	server_counters_add(&all->counters->frames, batch.frames);
	server_counters_add(&connection->frames, batch.frames);
	if (connection->stream.dialect == ECHO_DIALECT_STAMPED && !connection->stamps &&
		!begin_stamps(connection, reading)) {
		connection_end(connection, SERVER_CLOSE_OTHER);
		return false;
	}
	if (batch.stamps > 0)
		stamper_stamp(&all->stamper, connection->stamps, reading, &batch, all->buffer);
	if (batch.whole > 0 && !connection_send(connection, all->buffer, batch.whole))
		return false;
	if (error)
		connection_end(connection, SERVER_CLOSE_INVALID);
	return !error;
}

/* Reads once, and echoes what came. Afterwards the connection may be freed. */
static void take_turn(struct connection *connection)
{
	struct connections *all = connection->all;
	size_t held = echo_stream_resume(&connection->stream, all->buffer);
	struct stamper_reading reading = {.timestamp = WALL_TIME_UNKNOWN};
	ssize_t length = receive(connection, held, &reading);
	if (length < 0) {
		if (!socket_is_busy((int)-length))
			connection_end(connection, close_reason((int)-length));
		return;
	}
	if (length == 0) {
		connection_end(connection, SERVER_CLOSE_CLOSED);
		return;
	}
	if (!connection_echo(connection, held + (size_t)length, &reading) || connection->unsent)
		return;
	/* Data and the end of the stream that come together raise one edge only. */
	if (length > LITTLE || connection->is_ending)
		line_join(connection);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	struct connection *connection = context;
	if (what & EV_CLOSED)
		connection->is_ending = true;
	/* Who is in the line gets a turn anyway, and finds there what has come. */
	if (!connection->previous_in_line)
		take_turn(connection);
}

static void on_turns(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct connections *connections = context;
	for (unsigned i = 0; i < TURNS && connections->line; i++)
		take_turn(line_next(connections));
	if (connections->line)
		event_add(connections->turns_event, &at_once);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	struct connection *connection = context;
	struct unsent *unsent = connection->unsent;
	if (what & EV_TIMEOUT) {
		connection_end(connection, SERVER_CLOSE_STALLED);
		return;
	}
	ssize_t sent = socket_send(fd, unsent->bytes + unsent->sent, unsent->length - unsent->sent);
	if (sent < 0 && !socket_is_busy((int)-sent)) {
		connection_end(connection, close_reason((int)-sent));
		return;
	}
	if (sent > 0)
		unsent->sent += (size_t)sent;
	if (unsent->sent < unsent->length) {
		connection_watch(connection, true);
		return;
	}
	free(unsent);
	connection->unsent = NULL;
	connection_watch(connection, false);
	/* What arrived in the meantime, be it the end, raises no new edge. */
	line_join(connection);
}

int connections_new(struct event_base *base, struct admission *admission,
	struct server_counters *counters, bool gives_stamps, struct connections **connections)
{
	struct connections *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->turns_event = event_new(base, -1, 0, on_turns, made);
	if (!made->turns_event) {
		free(made);
		return -ENOMEM;
	}
	made->base = base;
	made->admission = admission;
	made->counters = counters;
	made->gives_stamps = gives_stamps;
	made->line_end = &made->line;
	pthread_mutex_init(&made->mutex, NULL);
	*connections = made;
	return 0;
}

void connections_free(struct connections *connections)
{
	if (!connections)
		return;
	struct connection *connection = connections->youngest;
	while (connection) {
		struct connection *next = connection->next;
		connection_free(connection);
		connection = next;
	}
	event_free(connections->turns_event);
	pthread_mutex_destroy(&connections->mutex);
	free(connections);
}

int connections_add(
	struct connections *connections, evutil_socket_t fd, const struct newcomer *newcomer)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	if (!connection)
		return -ENOMEM;
	event_assign(
		&connection->event, connections->base, fd, READ_EVENTS, on_readable, connection);
	if (event_add(&connection->event, NULL) < 0) {
		free(connection);
		return -ENOMEM;
	}
	socket_tune(fd);
	connection->all = connections;
	connection->peer = newcomer->address;
	connection->since = newcomer->now;
	connection->host = newcomer->host;
	connection->syn = newcomer->syn;
	connection->previous = &connections->youngest;
	pthread_mutex_lock(&connections->mutex);
	connection->next = connections->youngest;
	if (connection->next)
		connection->next->previous = &connection->next;
	connections->youngest = connection;
	pthread_mutex_unlock(&connections->mutex);
	server_counters_add(&connections->counters->accepted, 1);
	server_counters_add(&connections->counters->connections, 1);
	return 0;
}

void connections_end_youngest(
	struct connections *connections, size_t count, enum server_close reason)
{
	struct connection *connection = connections->youngest;
	for (; connection && count > 0; count--) {
		struct connection *next = connection->next;
		connection_end(connection, reason);
		connection = next;
	}
}

/* What is copied of a connection while the list is held. */
struct listed {
	union address peer;
	int64_t since_unix_ns;
	uint64_t frames;
};

static int compare_listed(const void *left, const void *right)
{
	const struct listed *a = left;
	const struct listed *b = right;
	if (a->frames != b->frames)
		return a->frames > b->frames ? -1 : 1;
	return (a->since_unix_ns > b->since_unix_ns) - (a->since_unix_ns < b->since_unix_ns);
}

/* Returns how many were copied: room at most. */
static size_t copy_list(struct connections *connections, struct listed *listed, size_t room)
{
	size_t count = 0;
	pthread_mutex_lock(&connections->mutex);
	const struct connection *connection = connections->youngest;
	for (; connection && count < room; connection = connection->next)
		listed[count++] = (struct listed){
			.peer = connection->peer,
			.since_unix_ns = connection->since.unix_ns,
			.frames = atomic_load_explicit(&connection->frames, memory_order_relaxed),
		};
	pthread_mutex_unlock(&connections->mutex);
	return count;
}

int connections_list(
	struct connections *connections, size_t limit, struct server_peer **peers, size_t *count)
{
	/* Those that come meanwhile are seen the next time. */
	size_t room = (size_t)atomic_load_explicit(
		&connections->counters->connections, memory_order_relaxed);
	struct listed *listed = calloc(room + 1, sizeof(*listed));
	struct server_peer *made = calloc((room < limit ? room : limit) + 1, sizeof(*made));
	if (!listed || !made) {
		free(listed);
		free(made);
		return -ENOMEM;
	}
	size_t found = copy_list(connections, listed, room);
	qsort(listed, found, sizeof(*listed), compare_listed);
	size_t used = found < limit ? found : limit;
	for (size_t i = 0; i < used; i++) {
		made[i].since_unix_ns = listed[i].since_unix_ns;
		made[i].frames = listed[i].frames;
		address_format(&listed[i].peer.any, made[i].address);
	}
	free(listed);
	*peers = made;
	*count = used;
	return 0;
}
