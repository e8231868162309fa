/* SPDX-License-Identifier: MIT */
#include "scrape/http_server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error_text.h"
#include "base/networks.h"
#include "base/thread.h"
#include "net/socket.h"
#include "net/waker.h"

/* Connections accepted before the others get their turn. */
#define ACCEPTS_IN_A_ROW 16
/* Where there are few places, one address may have them all. */
#define FEW 32
/* Of each connection, in bytes; the kernel doubles it. Otherwise it keeps megabytes of answers. */
#define SEND_BUFFER (128 * 1024)
#define RECEIVE_BUFFER (32 * 1024)
/* From one turn of the handler to the next. */
static const struct timeval turn_pause = {.tv_sec = 5};
/* How long accepting pauses when there are no descriptors, or no memory. */
static const struct timeval accept_pause = {.tv_usec = 50000};
/* How often the log tells of clients that are turned away. */
#define LOG_PAUSE_NS (60 * NS_PER_S)

/* Where a client comes from: an IPv4 address, or the /64 network of an IPv6 one. */
struct origin {
	unsigned char bytes[NETWORK_BYTES];
};

struct client {
	struct http_server *server;
	unsigned index; /* In the server's list. */
	struct http_connection *connection;
	evutil_socket_t fd; /* The connection's. */
	struct event event;
	struct origin origin;
	size_t unsent; /* As counted in the server's. */
};

struct http_server {
	const struct log *log;
	struct http_handler handler;
	struct event_base *base;
	struct listeners listeners;
	struct event *accept_events[LISTENERS_MAX]; /* One for each listener. */
	struct event *resume_event;		    /* Ends a pause of accepting. */
	struct event *wake_event;
	struct event *turn_event; /* NULL: nobody wants turns. */
	struct waker waker;
	atomic_bool is_stopping;
	pthread_t thread;
	struct client **clients; /* Owned; client_count of them, in no order. */
	unsigned client_count;
	unsigned clients_max;
	size_t unsent;
	_Atomic uint64_t rejected[HTTP_REJECTS];
	int64_t logged_ns[HTTP_REJECTS]; /* 0 before the first. */
};

/* One thread writes, so no read-modify-write is needed. */
static void count(_Atomic uint64_t *counter)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, value + 1, memory_order_relaxed);
}

static const char *describe(enum http_reject reject)
{
	switch (reject) {
	case HTTP_REJECT_LIMIT:
		return "all places are taken";
	case HTTP_REJECT_ADDRESS_LIMIT:
		return "one address holds all the places that it may have";
	case HTTP_REJECT_DESCRIPTORS:
		return "no file descriptors left";
	case HTTP_REJECT_MEMORY:
		return "out of memory";
	case HTTP_REJECT_SLOW:
		return "they do not complete their requests";
	case HTTP_REJECT_STALLED:
		return "they do not read their answers";
	case HTTP_REJECT_OTHER:
	case HTTP_REJECTS:
		break;
	}
	return "";
}

static void note_rejection(struct http_server *server, enum http_reject reject, int64_t now_ns)
{
	int64_t *logged_ns = &server->logged_ns[reject];
	bool is_ours = reject == HTTP_REJECT_DESCRIPTORS || reject == HTTP_REJECT_MEMORY;
	if (*logged_ns != 0 && now_ns - *logged_ns < LOG_PAUSE_NS)
		return;
	*logged_ns = now_ns;
	log_write(server->log, is_ours ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, NULL,
		"http: turning clients away: %s", describe(reject));
}

static void reject(struct http_server *server, enum http_reject reason, int64_t now_ns)
{
	count(&server->rejected[reason]);
	note_rejection(server, reason, now_ns);
}

static void client_free(struct client *client)
{
	struct http_server *server = client->server;
	event_del(&client->event);
	http_connection_free(client->connection);
	struct client *last = server->clients[--server->client_count];
	server->clients[client->index] = last;
	last->index = client->index;
	server->unsent -= client->unsent;
	free(client);
}

static void on_ready(evutil_socket_t fd, short what, void *context);

/* Waits for what the connection wants, or until its deadline. */
static void client_watch(struct client *client, enum http_want want, int64_t now_ns)
{
	if (want == HTTP_WANT_END) {
		client_free(client);
		return;
	}
	int64_t left_ns = http_connection_pace(client->connection)->deadline_ns - now_ns;
	if (left_ns < 0 || want == HTTP_WANT_TURN)
		left_ns = 0;
	/* Rounded up: a deadline that has nearly come would be waited for again and again. */
	left_ns += NS_PER_US - 1;
	const struct timeval left = {
		.tv_sec = (int)(left_ns / NS_PER_S),
		.tv_usec = (int)(left_ns % NS_PER_S / NS_PER_US),
	};
	short events = want == HTTP_WANT_WRITE ? EV_WRITE : EV_READ;
	event_del(&client->event);
	event_assign(&client->event, client->server->base, client->fd, events, on_ready, client);
	if (event_add(&client->event, &left) < 0)
		client_free(client);
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct client *client = context;
	struct http_server *server = client->server;
	int64_t now_ns = clock_monotonic_ns();
	const struct http_pace *pace = http_connection_pace(client->connection);
	enum http_want want = HTTP_WANT_END;
	if (now_ns < pace->deadline_ns) {
		want = http_connection_turn(client->connection, now_ns);
	} else {
		if (pace->phase == HTTP_PHASE_RECEIVING)
			reject(server, HTTP_REJECT_SLOW, now_ns);
		else if (pace->phase == HTTP_PHASE_SENDING)
			reject(server, HTTP_REJECT_STALLED, now_ns);
		want = http_connection_expire(client->connection, now_ns);
	}
	size_t unsent = http_connection_unsent(client->connection);
	server->unsent += unsent - client->unsent;
	client->unsent = unsent;
	client_watch(client, want, now_ns);
}

static void client_start(
	struct http_server *server, evutil_socket_t fd, const struct origin *origin, int64_t now_ns)
{
	struct client *client = calloc(1, sizeof(*client));
	struct http_connection *connection =
		client ? http_connection_new(fd, &server->handler, now_ns) : NULL;
	if (!connection) {
		free(client);
		socket_close(fd);
		reject(server, HTTP_REJECT_MEMORY, now_ns);
		return;
	}
	*client = (struct client){.server = server, .connection = connection, .fd = fd};
	client->origin = *origin;
	client->index = server->client_count;
	server->clients[server->client_count++] = client;
	event_assign(&client->event, server->base, fd, EV_READ, on_ready, client);
	client_watch(client, HTTP_WANT_READ, now_ns);
}

static struct origin origin_of(const union address *peer)
{
	struct origin origin = {0};
	network_bytes(peer, origin.bytes);
	if (!network_is_v4(origin.bytes))
		memset(origin.bytes + NETWORK_BYTES / 2, 0, NETWORK_BYTES / 2);
	return origin;
}

static bool origin_is_same(const struct origin *a, const struct origin *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* How many clients come from there. */
static unsigned clients_from(const struct http_server *server, const struct origin *origin)
{
	unsigned count = 0;
	for (unsigned i = 0; i < server->client_count; i++)
		count += origin_is_same(origin, &server->clients[i]->origin);
	return count;
}

/*
 * Ends the connection that goes first, of those from one origin or, if origin is NULL, of all. Returns
 * whether there was one.
 */
static bool make_room(struct http_server *server, const struct origin *origin, int64_t now_ns)
{
	struct client *first = NULL;
	for (unsigned i = 0; i < server->client_count; i++) {
		struct client *client = server->clients[i];
		const struct http_pace *pace = http_connection_pace(client->connection);
		if (origin && !origin_is_same(origin, &client->origin))
			continue;
		if (!http_pace_may_go(pace, now_ns))
			continue;
		if (!first || http_pace_goes_before(pace, http_connection_pace(first->connection)))
			first = client;
	}
	if (first)
		client_free(first);
	return first != NULL;
}

/* Somebody is turned away: the new client, or one that has waited for longer. */
static void admit(
	struct http_server *server, evutil_socket_t fd, const union address *peer, int64_t now_ns)
{
	const struct origin origin = origin_of(peer);
	bool are_few = server->clients_max <= FEW;
	unsigned of_one_max = are_few ? server->clients_max : server->clients_max / 2;
	enum http_reject reason = HTTP_REJECTS;
	const struct origin *from = NULL;
	if (clients_from(server, &origin) >= of_one_max) {
		reason = HTTP_REJECT_ADDRESS_LIMIT;
		from = &origin;
	} else if (server->client_count >= server->clients_max) {
		reason = HTTP_REJECT_LIMIT;
	}
	if (reason != HTTP_REJECTS) {
		reject(server, reason, now_ns);
		if (!make_room(server, from, now_ns)) {
			socket_close(fd);
			return;
		}
	}
	socket_tune(fd);
	socket_set_option(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
	socket_set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	client_start(server, fd, &origin, now_ns);
}

static void pause_accepting(struct http_server *server)
{
	for (size_t i = 0; i < server->listeners.count; i++)
		event_del(server->accept_events[i]);
	event_add(server->resume_event, &accept_pause);
}

/* Returns 0, or -1 without memory. */
static int resume_accepting(struct http_server *server)
{
	for (size_t i = 0; i < server->listeners.count; i++)
		if (event_add(server->accept_events[i], NULL) < 0)
			return -1;
	return 0;
}

/* error: positive. Returns whether to accept the next one at once. */
static bool handle_accept_error(struct http_server *server, int error, int64_t now_ns)
{
	enum http_reject reason = HTTP_REJECT_MEMORY;
	switch (error) {
	case EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
		return false;
	case EMFILE:
	case ENFILE:
		reason = HTTP_REJECT_DESCRIPTORS;
		break;
	case ENOMEM:
	case ENOBUFS:
		break;
	case ECONNABORTED:
	case EINTR:
		return true;
	default:
		/* accept(2): network errors that are already pending on the new connection. */
		count(&server->rejected[HTTP_REJECT_OTHER]);
		return true;
	}
	/* The new client waits until there is room for it. */
	if (make_room(server, NULL, now_ns)) {
		reject(server, reason, now_ns);
		return true;
	}
	note_rejection(server, reason, now_ns);
	pause_accepting(server);
	return false;
}

static void on_acceptable(evutil_socket_t fd, short what, void *context)
{
	(void)what;
	struct http_server *server = context;
	int64_t now_ns = clock_monotonic_ns();
	for (unsigned i = 0; i < ACCEPTS_IN_A_ROW; i++) {
		union address peer = {0};
		evutil_socket_t accepted = socket_accept(fd, &peer);
		if (accepted >= 0)
			admit(server, accepted, &peer, now_ns);
		else if (!handle_accept_error(server, (int)-accepted, now_ns))
			return;
	}
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	resume_accepting(context);
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct http_server *server = context;
	waker_drain(&server->waker);
	if (atomic_load(&server->is_stopping))
		event_base_loopbreak(server->base);
}

static void *serve(void *context)
{
	struct http_server *server = context;
	/* A scrape can wait, a probe cannot. */
	int error = thread_give_way();
	if (error) {
		char why[ERROR_TEXT_MAX];
		error_text(-error, why);
		log_write(server->log, LOG_LEVEL_WARNING, NULL,
			"http: cannot give way to probes on a busy machine: %s", why);
	}
	event_base_dispatch(server->base);
	return NULL;
}

static void server_free(struct http_server *server)
{
	for (unsigned i = server->client_count; i > 0; i--)
		client_free(server->clients[i - 1]);
	free(server->clients);
	for (size_t i = 0; i < server->listeners.count; i++)
		if (server->accept_events[i])
			event_free(server->accept_events[i]);
	if (server->resume_event)
		event_free(server->resume_event);
	if (server->turn_event)
		event_free(server->turn_event);
	if (server->wake_event)
		event_free(server->wake_event);
	if (server->base)
		event_base_free(server->base);
	listeners_close(&server->listeners);
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

static void on_turn(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	const struct http_server *server = context;
	server->handler.turn(server->handler.context);
}

/* Returns 0 or a negative errno. */
static int make_turn_event(struct http_server *server)
{
	if (!server->handler.turn)
		return 0;
	server->turn_event = event_new(server->base, -1, EV_PERSIST, on_turn, server);
	return server->turn_event && event_add(server->turn_event, &turn_pause) == 0 ? 0 : -ENOMEM;
}

/* Returns 0 or a negative errno. */
static int make_events(struct http_server *server)
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
	return make_turn_event(server);
}

int http_server_start(struct listeners *listeners, unsigned connections_max,
	const struct http_handler *handler, const struct log *log, struct http_server **server)
{
	struct http_server *made = calloc(1, sizeof(*made));
	struct client **clients = calloc(connections_max, sizeof(struct client *));
	int error = made && clients ? waker_open(&made->waker) : -ENOMEM;
	if (error) {
		listeners_close(listeners);
		free(clients);
		free(made);
		return error;
	}
	made->clients = clients;
	made->log = log;
	made->handler = *handler;
	made->clients_max = connections_max;
	made->listeners = *listeners;
	*listeners = (struct listeners){0};
	error = make_events(made);
	/* The thread's handler may want to know it. */
	*server = made;
	if (!error)
		error = thread_start(&made->thread, "http", serve, made);
	if (error) {
		server_free(made);
		return error;
	}
	return 0;
}

size_t http_server_unsent(const struct http_server *server)
{
	return server->unsent;
}

void http_server_read(const struct http_server *server, uint64_t rejected[HTTP_REJECTS])
{
	for (unsigned i = 0; i < HTTP_REJECTS; i++)
		rejected[i] = atomic_load_explicit(&server->rejected[i], memory_order_relaxed);
}

void http_server_stop(struct http_server *server)
{
	if (!server)
		return;
	atomic_store(&server->is_stopping, true);
	waker_wake(&server->waker);
	pthread_join(server->thread, NULL);
	server_free(server);
}
