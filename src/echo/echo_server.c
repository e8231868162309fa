/* SPDX-License-Identifier: MIT */
#include "echo/echo_server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/thread.h"
#include "echo/admission.h"
#include "echo/echo_stream.h"
#include "net/edge.h"
#include "net/socket.h"
#include "net/waker.h"

/* Bytes read from a connection at once: the most that a peer that does not read makes us hold. */
#define READ_SIZE 4096
/* What a connection waits for; level-triggered where the system has no edges. */
#define READ_EVENTS (EV_READ | EV_CLOSED | EV_ET | EV_PERSIST)
/* Connections accepted before the others get their turn. */
#define ACCEPTS_IN_A_ROW 64
/* A peer that takes none of its replies for this long is given up. */
static const struct timeval write_patience = {.tv_sec = 30};
/* For the words on why a peer is turned away. */
#define REJECTION_MAX 128
/* How long accepting pauses when memory or every descriptor, the spare one included, is used up. */
static const struct timeval accept_pause = {.tv_usec = 100000};

/* Replies that the peer's receive window had no room for. */
struct unsent {
	size_t sent;
	size_t length;
	unsigned char bytes[READ_SIZE];
};

struct connection {
	struct echo_server *server;
	struct connection *next; /* All connections are in a list, to be freed at the end. */
	struct connection **previous;
	struct admission_host *host; /* Borrowed. */
	struct event event;
	struct unsent *unsent; /* Owned; nearly always NULL. Until it is sent, nothing is read. */
	struct echo_stream stream;
};

struct counters {
	_Atomic uint64_t connections;
	_Atomic uint64_t accepted;
	_Atomic uint64_t frames;
	_Atomic uint64_t closed[SERVER_CLOSES];
	_Atomic uint64_t rejected[SERVER_REJECTS];
};

struct echo_server {
	const struct log *log;
	struct event_base *base;
	struct listeners listeners;
	struct event *accept_events[LISTENERS_MAX]; /* One for each listener. */
	struct event *resume_event;		    /* Ends a pause of accepting. */
	struct event *wake_event;
	struct waker waker;
	atomic_bool is_stopping;
	pthread_mutex_t mutex;		  /* Guards the limits. */
	struct echo_server_limits limits; /* What the thread is to take over. */
	struct echo_server_limits applied;
	struct heartbeat heartbeat;
	evutil_socket_t spare_fd; /* Closed for a moment to turn a peer away when there are no
				     descriptors; or -1. */
	pthread_t thread;
	struct connection *connections;
	struct counters counters;
	struct admission *admission;
	int64_t logged_ns[SERVER_REJECTS]; /* When a rejection was logged last; 0 before. */
	unsigned char buffer[READ_SIZE];
};

static void on_readable(evutil_socket_t fd, short what, void *context);
static void on_writable(evutil_socket_t fd, short what, void *context);

/* One thread writes, so no read-modify-write is needed. */
static void count(_Atomic uint64_t *counter, uint64_t by)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, value + by, memory_order_relaxed);
}

static void connection_free(struct connection *connection)
{
	event_del(&connection->event);
	socket_close(event_get_fd(&connection->event));
	*connection->previous = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	count(&connection->server->counters.connections, UINT64_MAX);
	admission_leave(connection->server->admission, connection->host);
	free(connection->unsent);
	free(connection);
}

static void connection_end(struct connection *connection, enum server_close reason)
{
	count(&connection->server->counters.closed[reason], 1);
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
	evutil_socket_t fd = event_get_fd(event);
	event_del(event);
	if (for_writing)
		event_assign(
			event, connection->server->base, fd, EV_WRITE, on_writable, connection);
	else
		event_assign(
			event, connection->server->base, fd, READ_EVENTS, on_readable, connection);
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

/* Reads once, and echoes what came. After EDGE_OVER the connection may be freed. */
static enum edge_reading connection_echo(void *context)
{
	struct connection *connection = context;
	struct echo_server *server = connection->server;
	size_t held = echo_stream_resume(&connection->stream, server->buffer);
	size_t room = sizeof(server->buffer) - held;
	ssize_t length =
		socket_receive(event_get_fd(&connection->event), server->buffer + held, room);
	if (length < 0) {
		if (!socket_is_busy((int)-length))
			connection_end(connection, close_reason((int)-length));
		return EDGE_OVER;
	}
	if (length == 0) {
		connection_end(connection, SERVER_CLOSE_CLOSED);
		return EDGE_OVER;
	}
	size_t whole;
	uint64_t frames;
	int error = echo_stream_take(
		&connection->stream, server->buffer, held + (size_t)length, &whole, &frames);
	count(&server->counters.frames, frames);
	if (whole > 0 && !connection_send(connection, server->buffer, whole))
		return EDGE_OVER;
	if (error) {
		connection_end(connection, SERVER_CLOSE_INVALID);
		return EDGE_OVER;
	}
	if (connection->unsent)
		return EDGE_OVER;
	return (size_t)length == room ? EDGE_FULL : EDGE_SHORT;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	struct connection *connection = context;
	edge_read(&connection->event, what, connection_echo, connection);
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
	/* What arrived in the meantime raises no new edge. */
	on_readable(fd, EV_READ | EV_CLOSED, connection);
}

/* Why, for the log. text: REJECTION_MAX bytes. */
static void explain_rejection(
	const struct echo_server *server, enum server_reject reason, char *text)
{
	const struct echo_server_limits *limits = &server->applied;
	text[0] = '\0';
	switch (reason) {
	case SERVER_REJECT_NOT_ALLOWED:
		snprintf(text, REJECTION_MAX, "not allowed");
		break;
	case SERVER_REJECT_LIMIT:
		snprintf(text, REJECTION_MAX, "there are %zu already", limits->peers);
		break;
	case SERVER_REJECT_ADDRESS_LIMIT:
		snprintf(text, REJECTION_MAX, "its address has %zu already",
			limits->peers_per_address);
		break;
	case SERVER_REJECT_DESCRIPTORS:
		snprintf(text, REJECTION_MAX,
			"no file descriptors left for more than %zu: raise the limit (ulimit -n, LimitNOFILE=)",
			limits->peers);
		break;
	case SERVER_REJECT_MEMORY:
		snprintf(text, REJECTION_MAX, "out of memory");
		break;
	case SERVER_REJECT_OTHER:
	case SERVER_REJECTS:
		break;
	}
}

/* peer: NULL if it is not known. */
static void reject(struct echo_server *server, enum server_reject reason, const union address *peer)
{
	count(&server->counters.rejected[reason], 1);
	/* Once a minute: a peer that exhausts the descriptors must not fill the disk as well. */
	int64_t now_ns = clock_monotonic_ns();
	int64_t *logged_ns = &server->logged_ns[reason];
	if (*logged_ns && now_ns - *logged_ns < 60 * NS_PER_S)
		return;
	*logged_ns = now_ns;
	char why[REJECTION_MAX];
	char name[ADDRESS_TEXT_MAX] = "peers";
	if (peer)
		address_format(&peer->any, name);
	explain_rejection(server, reason, why);
	/* Anyone may try, as often as he likes. */
	log_write(server->log,
		reason == SERVER_REJECT_NOT_ALLOWED ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, NULL,
		"echo server: turning %s away: %s", name, why);
}

static void connection_start(
	struct echo_server *server, evutil_socket_t fd, struct admission_host *host)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	if (!connection) {
		admission_leave(server->admission, host);
		socket_close(fd);
		reject(server, SERVER_REJECT_MEMORY, NULL);
		return;
	}
	socket_tune(fd);
	connection->server = server;
	connection->host = host;
	connection->next = server->connections;
	connection->previous = &server->connections;
	if (connection->next)
		connection->next->previous = &connection->next;
	server->connections = connection;
	count(&server->counters.accepted, 1);
	count(&server->counters.connections, 1);
	event_assign(&connection->event, server->base, fd, READ_EVENTS, on_readable, connection);
	if (event_add(&connection->event, NULL) < 0)
		connection_end(connection, SERVER_CLOSE_OTHER);
}

static void pause_accepting(struct echo_server *server)
{
	for (size_t i = 0; i < server->listeners.count; i++)
		event_del(server->accept_events[i]);
	event_add(server->resume_event, &accept_pause);
}

/* Returns 0, or -1 without memory. */
static int resume_accepting(struct echo_server *server)
{
	for (size_t i = 0; i < server->listeners.count; i++)
		if (event_add(server->accept_events[i], NULL) < 0)
			return -1;
	return 0;
}

/*
 * Without a descriptor the peer would stay in the backlog, and the listening socket readable for
 * ever. Closing the spare one makes it possible to accept the peer, and to turn it away.
 */
static void reject_without_descriptor(struct echo_server *server, evutil_socket_t listen_fd)
{
	if (server->spare_fd >= 0) {
		union address peer;
		socket_close(server->spare_fd);
		evutil_socket_t fd = socket_accept(listen_fd, &peer);
		if (fd >= 0) {
			reject(server, SERVER_REJECT_DESCRIPTORS, &peer);
			socket_close(fd);
		}
		server->spare_fd = socket_open(AF_INET);
	}
	if (server->spare_fd < 0)
		pause_accepting(server);
}

/* error: positive. Returns whether to accept the next one at once. */
static bool handle_accept_error(struct echo_server *server, evutil_socket_t listen_fd, int error)
{
	switch (error) {
	case EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
		return false;
	case EMFILE:
	case ENFILE:
		reject_without_descriptor(server, listen_fd);
		return false;
	case ENOMEM:
	case ENOBUFS:
		reject(server, SERVER_REJECT_MEMORY, NULL);
		pause_accepting(server);
		return false;
	case ECONNABORTED:
	case EINTR:
		return true;
	default:
		/* accept(2): network errors that are already pending on the new connection. */
		count(&server->counters.rejected[SERVER_REJECT_OTHER], 1);
		return true;
	}
}

/* Takes the socket over. */
static void admit(struct echo_server *server, evutil_socket_t fd, const union address *peer)
{
	struct admission_host *host;
	enum server_reject why;
	if (admission_enter(server->admission, peer, &host, &why)) {
		connection_start(server, fd, host);
		return;
	}
	socket_close(fd);
	reject(server, why, peer);
}

static void on_acceptable(evutil_socket_t fd, short what, void *context)
{
	(void)what;
	struct echo_server *server = context;
	for (unsigned i = 0; i < ACCEPTS_IN_A_ROW; i++) {
		union address peer;
		evutil_socket_t accepted = socket_accept(fd, &peer);
		if (accepted >= 0)
			admit(server, accepted, &peer);
		else if (!handle_accept_error(server, fd, (int)-accepted))
			return;
	}
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct echo_server *server = context;
	if (server->spare_fd < 0)
		server->spare_fd = socket_open(AF_INET);
	resume_accepting(server);
}

/* Applies the limits, and ends the youngest connections that are too many. */
static void take_limits(struct echo_server *server)
{
	pthread_mutex_lock(&server->mutex);
	server->applied = server->limits;
	pthread_mutex_unlock(&server->mutex);
	admission_limit(server->admission, server->applied.peers, server->applied.peers_per_address,
		server->applied.is_wanted);
	struct connection *connection = server->connections;
	for (size_t surplus = admission_surplus(server->admission); surplus > 0; surplus--) {
		struct connection *next = connection->next;
		connection_end(connection, SERVER_CLOSE_LIMIT);
		connection = next;
	}
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct echo_server *server = context;
	waker_drain(&server->waker);
	heartbeat_answer(&server->heartbeat);
	take_limits(server);
	if (atomic_load(&server->is_stopping))
		event_base_loopbreak(server->base);
}

static void *serve(void *context)
{
	struct echo_server *server = context;
	event_base_dispatch(server->base);
	return NULL;
}

static void server_free(struct echo_server *server)
{
	struct connection *connection = server->connections;
	while (connection) {
		struct connection *next = connection->next;
		connection_free(connection);
		connection = next;
	}
	for (size_t i = 0; i < server->listeners.count; i++)
		if (server->accept_events[i])
			event_free(server->accept_events[i]);
	if (server->resume_event)
		event_free(server->resume_event);
	if (server->wake_event)
		event_free(server->wake_event);
	if (server->base)
		event_base_free(server->base);
	if (server->spare_fd >= 0)
		socket_close(server->spare_fd);
	listeners_close(&server->listeners);
	admission_free(server->admission);
	pthread_mutex_destroy(&server->mutex);
	waker_close(&server->waker);
	free(server);
}

static struct event_base *make_base(void)
{
	struct event_config *config = event_config_new();
	if (!config)
		return NULL;
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	struct event_base *base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

/* Returns 0 or a negative errno. */
static int make_events(struct echo_server *server)
{
	server->base = make_base();
	if (!server->base)
		return -ENOMEM;
	for (size_t i = 0; i < server->listeners.count; i++) {
		server->accept_events[i] = event_new(server->base, server->listeners.fds[i],
			EV_READ | EV_PERSIST, on_acceptable, server);
		if (!server->accept_events[i])
			return -ENOMEM;
	}
	server->resume_event = event_new(server->base, -1, 0, on_resume, server);
	server->wake_event = event_new(
		server->base, server->waker.read_fd, EV_READ | EV_PERSIST, on_wake, server);
	if (!server->resume_event || !server->wake_event)
		return -ENOMEM;
	if (resume_accepting(server) < 0 || event_add(server->wake_event, NULL) < 0)
		return -ENOMEM;
	return 0;
}

void echo_server_limit(struct echo_server *server, const struct echo_server_limits *limits)
{
	pthread_mutex_lock(&server->mutex);
	server->limits = *limits;
	pthread_mutex_unlock(&server->mutex);
	waker_wake(&server->waker);
}

int echo_server_start(struct listeners *listeners, const struct networks *allow,
	const struct echo_server_limits *limits, const struct log *log, struct echo_server **server)
{
	struct echo_server *made = calloc(1, sizeof(*made));
	int error = made ? waker_open(&made->waker) : -ENOMEM;
	if (error) {
		listeners_close(listeners);
		free(made);
		return error;
	}
	pthread_mutex_init(&made->mutex, NULL);
	made->log = log;
	made->limits = *limits;
	made->listeners = *listeners;
	*listeners = (struct listeners){0};
	made->spare_fd = socket_open(AF_INET);
	uint64_t seed;
	evutil_secure_rng_get_bytes(&seed, sizeof(seed));
	error = admission_new(allow, seed, &made->admission);
	if (!error)
		error = make_events(made);
	if (!error) {
		take_limits(made);
		error = thread_start(&made->thread, "echo-server", serve, made);
	}
	if (error) {
		server_free(made);
		return error;
	}
	*server = made;
	return 0;
}

void echo_server_read(const struct echo_server *server, struct server_values *values)
{
	const struct counters *counters = &server->counters;
	for (unsigned i = 0; i < SERVER_CLOSES; i++)
		values->closed[i] =
			atomic_load_explicit(&counters->closed[i], memory_order_relaxed);
	for (unsigned i = 0; i < SERVER_REJECTS; i++)
		values->rejected[i] =
			atomic_load_explicit(&counters->rejected[i], memory_order_relaxed);
	values->connections = atomic_load_explicit(&counters->connections, memory_order_relaxed);
	values->accepted = atomic_load_explicit(&counters->accepted, memory_order_relaxed);
	values->frames = atomic_load_explicit(&counters->frames, memory_order_relaxed);
}

bool echo_server_is_alive(struct echo_server *server, int64_t now_ns)
{
	bool is_alive = heartbeat_ask(&server->heartbeat, now_ns);
	waker_wake(&server->waker);
	return is_alive;
}

void echo_server_stop(struct echo_server *server)
{
	if (!server)
		return;
	atomic_store(&server->is_stopping, true);
	waker_wake(&server->waker);
	pthread_join(server->thread, NULL);
	server_free(server);
}
