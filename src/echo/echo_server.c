/* SPDX-License-Identifier: MIT */
#include "echo/echo_server.h"

#include <errno.h>
#include <event2/event.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/thread.h"
#include "echo/admission.h"
#include "echo/connections.h"
#include "echo/refusals.h"
#include "net/saved_syn.h"
#include "net/socket.h"
#include "net/waker.h"

/* Connections accepted before the others get their turn. */
#define ACCEPTS_IN_A_ROW 64
/*
 * What the kernel may hold of a connection in either direction. It would be megabytes, otherwise, of
 * each peer that stops reading. Linux doubles it, for its own needs: 256 KiB are some 300 frames in
 * flight where each was sent alone, a probe each millisecond over 300 ms, and far more where several
 * were sent together.
 */
#define BUFFER_SIZE (128 * 1024)
/* For the words on why a peer is turned away. */
#define REJECTION_MAX 128
/* How long accepting pauses when memory or every descriptor, the spare one included, is used up. */
static const struct timeval accept_pause = {.tv_usec = 100000};

struct echo_server {
	const struct log *log;
	struct event_base *base;
	struct listeners listeners;
	struct event *accept_events[LISTENERS_MAX]; /* One for each listener. */
	struct event *resume_event;		    /* Ends a pause of accepting. */
	struct event *wake_event;
	struct waker waker;
	atomic_bool is_stopping;
	pthread_mutex_t mutex;		  /* Guards the next two. */
	struct echo_server_limits limits; /* What the thread is to take over. */
	struct refusals refusals;	  /* For other threads to read. */
	struct echo_server_limits applied;
	struct heartbeat heartbeat;
	evutil_socket_t spare_fd; /* Closed for a moment to turn a peer away when there are no
				     descriptors; or -1. */
	pthread_t thread;
	struct connections *connections;
	struct server_counters counters;
	struct admission *admission;
	bool reflects_dscp;
	int64_t logged_ns[SERVER_REJECTS]; /* When a rejection was logged last; 0 before. */
};

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
			"no file descriptors left: raise the limit (ulimit -n, LimitNOFILE=)");
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
static void log_rejection(
	struct echo_server *server, enum server_reject reason, const union address *peer)
{
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

static void reject(struct echo_server *server, enum server_reject reason, const union address *peer)
{
	server_counters_add(&server->counters.rejected[reason], 1);
	log_rejection(server, reason, peer);
	if (!peer)
		return;
	pthread_mutex_lock(&server->mutex);
	refusals_note(&server->refusals, reason, peer, clock_wall());
	pthread_mutex_unlock(&server->mutex);
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
	if (server->spare_fd < 0) {
		log_rejection(server, SERVER_REJECT_DESCRIPTORS, NULL);
		pause_accepting(server);
	}
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
		server_counters_add(&server->counters.rejected[SERVER_REJECT_OTHER], 1);
		return true;
	}
}

/* Takes the SYN, if it was kept, and sees that a marked class is measured on the way back, too. */
static struct saved_syn take_syn(const struct echo_server *server, evutil_socket_t fd)
{
	struct saved_syn syn = {0};
	if (saved_syn_take(fd, &syn) && server->reflects_dscp && syn.dscp != 0)
		(void)socket_mark(fd, syn.family, syn.dscp);
	return syn;
}

/* Takes the socket over. */
static void admit(struct echo_server *server, evutil_socket_t fd, const union address *peer)
{
	struct newcomer newcomer = {.address = *peer, .now = clock_wall()};
	enum server_reject why;
	if (admission_enter(server->admission, peer, &newcomer.host, &why)) {
		newcomer.syn = take_syn(server, fd);
		if (connections_add(server->connections, fd, &newcomer) == 0)
			return;
		admission_leave(server->admission, newcomer.host);
		why = SERVER_REJECT_MEMORY;
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
	connections_end_youngest(
		server->connections, admission_surplus(server->admission), SERVER_CLOSE_LIMIT);
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
	connections_free(server->connections);
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

/* Accepted sockets inherit it; asked for later, it would not bound the window that a peer is given. */
static void set_up_listeners(const struct listeners *listeners, bool keeps_syn)
{
	for (size_t i = 0; i < listeners->count; i++) {
		evutil_socket_t fd = listeners->fds[i];
		socket_set_option(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_SIZE);
		socket_set_option(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_SIZE);
		if (keeps_syn)
			saved_syn_keep(fd);
	}
}

void echo_server_limit(struct echo_server *server, const struct echo_server_limits *limits)
{
	pthread_mutex_lock(&server->mutex);
	server->limits = *limits;
	pthread_mutex_unlock(&server->mutex);
	waker_wake(&server->waker);
}

int echo_server_start(struct listeners *listeners, const struct echo_server_rules *rules,
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
	made->reflects_dscp = rules->reflects_dscp;
	set_up_listeners(&made->listeners, rules->reflects_dscp || rules->gives_stamps);
	made->spare_fd = socket_open(AF_INET);
	uint64_t seed;
	evutil_secure_rng_get_bytes(&seed, sizeof(seed));
	error = admission_new(rules->allow, seed, &made->admission);
	if (!error)
		error = make_events(made);
	if (!error)
		error = connections_new(made->base, made->admission, &made->counters,
			rules->gives_stamps, &made->connections);
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
	server_counters_read(&server->counters, values);
}

int echo_server_read_peers(struct echo_server *server, size_t limit, struct server_peers *peers)
{
	struct server_peers read = {0};
	int error = connections_list(server->connections, limit, &read.peers, &read.peer_count);
	if (error)
		return error;
	pthread_mutex_lock(&server->mutex);
	memcpy(read.refusals, server->refusals.list, sizeof(read.refusals));
	read.refusal_count = server->refusals.count;
	pthread_mutex_unlock(&server->mutex);
	*peers = read;
	return 0;
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
