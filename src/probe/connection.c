/* SPDX-License-Identifier: MIT */
#include "probe/connection.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/socket.h"
#include "net/tcp_info.h"

/* For one address to complete the handshake, and for a name to resolve before it counts as failed.
 */
#define CONNECT_TIMEOUT_NS (3 * NS_PER_S)

static void dial_next(struct target *target);

static void set_alarm(struct target *target, int64_t due_ns)
{
	alarms_set(&target->context->alarms, &target->alarm, due_ns);
}

/* Closes the socket, if there is one. is_abortive: with a reset, dropping what is to be sent. */
static void close_socket(struct target *target, bool is_abortive)
{
	if (target->fd < 0)
		return;
	event_del(&target->event);
	if (is_abortive) {
		struct linger linger = {.l_onoff = 1, .l_linger = 0};
		setsockopt(target->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	}
	close(target->fd);
	target->fd = -1;
}

void connection_abort(struct target *target)
{
	close_socket(target, false);
	/* The answer will find nobody. */
	if (target->query)
		target->query->owner = NULL;
	target->query = NULL;
	address_list_clear(&target->addresses);
	set_alarm(target, ALARM_NEVER);
}

/*
 * The attempt or the connection is over: reports why, and sets the alarm for the next attempt.
 * event: LINK_RESOLVE_FAILED, LINK_ADDRESSES_SPENT or LINK_LOST.
 */
static void fail(struct target *target, enum link_event event, const char *why)
{
	struct probe_context *context = target->context;
	int64_t now_ns = clock_monotonic_ns();
	target->state = link_next_state(target->state, event);
	target->counts_unsent = true;
	target->failures++;
	address_list_clear(&target->addresses);
	/*
	 * From the attempt's begin, so that one that ran into its timeout is not followed by a long
	 * pause as well; a connection's begin is long past.
	 */
	int64_t delay_ns = link_retry_delay_ns(target->failures, probe_context_random(context));
	int64_t least_ns = now_ns + link_retry_delay_ns(1, probe_context_random(context));
	int64_t due_ns = event == LINK_LOST ? now_ns + delay_ns : target->attempt_ns + delay_ns;
	set_alarm(target, due_ns > least_ns ? due_ns : least_ns);
	target_report_down(target, why, now_ns);
}

/* Counts the whole attempt as failed for the reason of its last address. */
static void fail_attempt(
	struct target *target, enum connect_failure failure, enum link_event event, const char *why)
{
	target_stats_connect_failed(target->stats, failure);
	fail(target, event, why);
}

static enum connect_failure failure_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
		return CONNECT_FAILURE_REFUSED;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EADDRNOTAVAIL:
		return CONNECT_FAILURE_UNREACHABLE;
	case ETIMEDOUT:
		return CONNECT_FAILURE_TIMEOUT;
	default:
		return CONNECT_FAILURE_OTHER;
	}
}

static void describe_failure(const union address *address, int error, char *why, size_t size)
{
	char text[SOCKET_ADDRESS_TEXT_MAX];
	socket_address_format(&address->any, text);
	switch (failure_of(error)) {
	case CONNECT_FAILURE_REFUSED:
		snprintf(why, size, "connection refused by %s", text);
		break;
	case CONNECT_FAILURE_UNREACHABLE:
		snprintf(why, size, "%s is unreachable", text);
		break;
	case CONNECT_FAILURE_TIMEOUT:
		snprintf(why, size, "%s does not answer within 3s", text);
		break;
	case CONNECT_FAILURE_RESOLVE:
	case CONNECT_FAILURE_OTHER:
	case CONNECT_FAILURES:
		if (error == EMFILE || error == ENFILE)
			snprintf(why, size, "no file descriptor left to connect to %s", text);
		else
			snprintf(why, size, "cannot connect to %s: error %d", text, error);
		break;
	}
}

/* One address did not work: tries the next, or ends the attempt. */
static void fail_address(struct target *target, int error)
{
	close_socket(target, true);
	if (target->next_address < target->addresses.count) {
		target->state = link_next_state(target->state, LINK_ADDRESS_FAILED);
		dial_next(target);
		return;
	}
	char why[2 * SOCKET_ADDRESS_TEXT_MAX];
	describe_failure(
		&target->addresses.addresses[target->next_address - 1], error, why, sizeof(why));
	fail_attempt(target, failure_of(error), LINK_ADDRESSES_SPENT, why);
}

/*
 * Dialling a port of this machine that nobody listens on, the kernel may choose that same port as
 * the source, and TCP's simultaneous open (RFC 9293 section 3.5) connects the socket to itself: a
 * perfect echo of nothing.
 */
static bool is_connected_to_itself(int fd)
{
	union address own = {0};
	union address peer = {0};
	socklen_t own_length = sizeof(own);
	socklen_t peer_length = sizeof(peer);
	if (getsockname(fd, &own.any, &own_length) < 0 ||
		getpeername(fd, &peer.any, &peer_length) < 0)
		return false;
	return own_length == peer_length && memcmp(&own, &peer, own_length) == 0;
}

/* The handshake as the kernel timed it, where that is untouched by retransmission; else as it was
 * seen here. */
static int64_t handshake_ns(const struct target *target, int64_t now_ns)
{
	struct tcp_facts facts;
	if (tcp_info_read(target->fd, &facts) && facts.retransmits == 0 && facts.rtt_ns >= 0)
		return facts.rtt_ns;
	return now_ns - target->dialled_ns;
}

static void establish(struct target *target)
{
	struct probe_context *context = target->context;
	if (is_connected_to_itself(target->fd)) {
		fail_address(target, ECONNREFUSED);
		return;
	}
	target->peer = target->addresses.addresses[target->next_address - 1];
	address_list_clear(&target->addresses);
	event_del(&target->event);
	event_assign(&target->event, context->base, target->fd,
		EV_READ | EV_CLOSED | EV_ET | EV_PERSIST, context->on_readable, target);
	if (event_add(&target->event, NULL) < 0) {
		close_socket(target, true);
		fail_attempt(target, CONNECT_FAILURE_OTHER, LINK_ADDRESSES_SPENT, "no memory left");
		return;
	}
	int64_t now_ns = clock_monotonic_ns();
	char peer[SOCKET_ADDRESS_TEXT_MAX];
	socket_address_format(&target->peer.any, peer);
	target->state = link_next_state(target->state, LINK_ESTABLISHED);
	target->counts_unsent = true;
	target->has_replied = false;
	target->retransmits = 0;
	target->tcp_info_due_ns = now_ns;
	target_stats_connected(target->stats, peer, handshake_ns(target, now_ns));
	log_write(context->log, LOG_LEVEL_DEBUG, target->name, "connected to %s", peer);
	set_alarm(target, ALARM_NEVER);
}

static void on_writable(evutil_socket_t fd, short what, void *owner)
{
	(void)what;
	struct target *target = owner;
	int error = 0;
	socklen_t length = sizeof(error);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		error = errno;
	if (error)
		fail_address(target, error);
	else
		establish(target);
}

/* Opens a socket and begins the handshake. Returns 0, EINPROGRESS, or another errno. */
static int begin_handshake(struct target *target, const union address *address)
{
	struct probe_context *context = target->context;
	target->fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (target->fd < 0)
		return errno;
	socket_tune(target->fd);
	if (!arrival_enable(target->fd))
		context->has_timestamps = false;
	event_assign(&target->event, context->base, target->fd, EV_WRITE, on_writable, target);
	if (connect(target->fd, &address->any, address_length(address)) == 0)
		return 0;
	if (errno == EINPROGRESS && event_add(&target->event, NULL) < 0)
		return ENOMEM;
	return errno;
}

/* Dials addresses until one may work. On return the target is connecting, probing or waiting. */
static void dial_next(struct target *target)
{
	const union address *address = &target->addresses.addresses[target->next_address++];
	target->dialled_ns = clock_monotonic_ns();
	int error = begin_handshake(target, address);
	if (error == EINPROGRESS)
		set_alarm(target, target->dialled_ns + CONNECT_TIMEOUT_NS);
	else if (error)
		fail_address(target, error);
	else
		establish(target);
}

/* The address that worked last goes first: a dead one before it would cost every attempt its
 * timeout. */
static void prefer_last_peer(struct target *target)
{
	union address *addresses = target->addresses.addresses;
	socklen_t length = address_length(&target->peer);
	for (size_t i = 1; i < target->addresses.count; i++) {
		if (addresses[i].any.sa_family != target->peer.any.sa_family ||
			memcmp(&addresses[i], &target->peer, length) != 0)
			continue;
		union address first = addresses[0];
		addresses[0] = addresses[i];
		addresses[i] = first;
		return;
	}
}

static void start_handshakes(struct target *target, const struct address_list *list)
{
	target->state = link_next_state(target->state, LINK_RESOLVED);
	target->addresses = *list;
	target->next_address = 0;
	prefer_last_peer(target);
	dial_next(target);
}

static void fail_resolve(struct target *target, const char *reason)
{
	char why[ENDPOINT_TEXT_MAX + 128];
	snprintf(why, sizeof(why), "cannot resolve %s: %s", target->address, reason);
	if (target->alarm.due_ns == ALARM_NEVER) {
		/* Counted when it took too long. */
		fail(target, LINK_RESOLVE_FAILED, why);
		return;
	}
	target->lane = RESOLVER_LANE_FAILED;
	fail_attempt(target, CONNECT_FAILURE_RESOLVE, LINK_RESOLVE_FAILED, why);
}

void connection_dial(struct target *target, int64_t now_ns)
{
	struct probe_context *context = target->context;
	struct endpoint endpoint;
	const char *reason;
	int error = endpoint_parse(target->address, ENDPOINT_TO_DIAL, &endpoint, &reason);
	assert(error == 0);
	struct address_list list;
	target->state = link_next_state(target->state, LINK_RETRY_DUE);
	target->attempt_ns = now_ns;
	error = address_list_from_numeric(&endpoint, &list);
	if (error == 0) {
		start_handshakes(target, &list);
		return;
	}
	if (error == -ENOENT)
		error = resolver_ask(context->resolver, context->inbox, &endpoint, target->lane,
			target, &target->query);
	set_alarm(target, now_ns + CONNECT_TIMEOUT_NS);
	if (error)
		fail_resolve(target, "no resources left");
}

void connection_on_resolved(struct target *target, struct resolver_query *query)
{
	target->query = NULL;
	if (query->failure) {
		fail_resolve(target, gai_strerror(query->failure));
		resolver_query_free(query);
		return;
	}
	struct address_list list = query->list;
	query->list = (struct address_list){0};
	resolver_query_free(query);
	target->lane = RESOLVER_LANE_KNOWN;
	start_handshakes(target, &list);
}

void connection_on_time_up(struct target *target, int64_t now_ns)
{
	if (target->state == LINK_CONNECTING) {
		fail_address(target, ETIMEDOUT);
		return;
	}
	/* The system's resolver cannot be hurried; its answer will do whenever it comes. */
	target->lane = RESOLVER_LANE_FAILED;
	target->counts_unsent = true;
	target_stats_connect_failed(target->stats, CONNECT_FAILURE_RESOLVE);
	char why[ENDPOINT_TEXT_MAX + 64];
	snprintf(why, sizeof(why), "%s does not resolve within 3s", target->address);
	target_report_down(target, why, now_ns);
}

void connection_read_tcp_info(struct target *target)
{
	struct tcp_facts facts;
	if (!tcp_info_read(target->fd, &facts))
		return;
	target_stats_tcp(target->stats, facts.retransmits - target->retransmits, facts.rtt_ns,
		facts.min_rtt_ns);
	target->retransmits = facts.retransmits;
}

static const char *describe(enum disconnect reason)
{
	switch (reason) {
	case DISCONNECT_CLOSED:
		return "closed by the peer";
	case DISCONNECT_RESET:
		return "reset by the peer";
	case DISCONNECT_STALLED:
		return "stalled: answers stay out";
	case DISCONNECT_INVALID:
		return "dropped: what came back was no echo";
	case DISCONNECT_OTHER:
	case DISCONNECTS:
		break;
	}
	return "broken";
}

void connection_lose(struct target *target, enum disconnect reason)
{
	connection_read_tcp_info(target);
	uint64_t lost = flight_abandon(&target->flight);
	for (uint64_t i = 0; i < lost; i++)
		target_stats_timed_out(target->stats);
	target_stats_disconnected(target->stats, reason);
	char peer[SOCKET_ADDRESS_TEXT_MAX];
	char why[2 * SOCKET_ADDRESS_TEXT_MAX];
	socket_address_format(&target->peer.any, peer);
	snprintf(why, sizeof(why), "the connection to %s was %s", peer, describe(reason));
	/* What the kernel still holds for a dead or false peer is of no use to anyone. */
	bool is_abortive = reason == DISCONNECT_STALLED || reason == DISCONNECT_INVALID;
	close_socket(target, is_abortive);
	target->reply_length = 0;
	target->frame_length = 0;
	fail(target, LINK_LOST, why);
}
