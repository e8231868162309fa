/* SPDX-License-Identifier: MIT */
#include "probe/connection.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/socket.h"
#include "net/tcp_info.h"
#include "probe/dial.h"

/* For one address to complete the handshake, and for a name to resolve before it counts as failed.
 */
#define CONNECT_TIMEOUT_NS (3 * NS_PER_S)

/* For a name to resolve before the address that it had is dialled. */
#define KNOWN_NAME_PATIENCE_NS NS_PER_S

/* Where each probe dials anew, the name is asked for again so often. */
#define RESOLVE_PERIOD_NS (30 * NS_PER_S)

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
	if (is_abortive)
		socket_reset_on_close(target->fd);
	socket_close(target->fd);
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

/* One address did not work: tries the next, or ends the attempt. */
static void fail_address(struct target *target, int error)
{
	struct tcp_facts facts;
	if (target->fd >= 0 && tcp_info_read(target->fd, &facts))
		target_stats_retransmitted(target->stats, facts.retransmits);
	close_socket(target, true);
	if (target->next_address < target->addresses.count) {
		target->state = link_next_state(target->state, LINK_ADDRESS_FAILED);
		dial_next(target);
		return;
	}
	char why[2 * ADDRESS_TEXT_MAX];
	dial_describe(target, &target->dialled, error, CONNECT_TIMEOUT_NS, why, sizeof(why));
	fail_attempt(target, dial_failure(error), LINK_ADDRESSES_SPENT, why);
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
	target->peer = target->dialled;
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
	char peer[ADDRESS_TEXT_MAX];
	address_format(&target->peer.any, peer);
	target->state = link_next_state(target->state, LINK_ESTABLISHED);
	target->counts_unsent = true;
	target->has_replied = false;
	target->retransmits = 0;
	target->out_of_order = 0;
	target->least_rtt_ns = INT64_MAX;
	target->tcp_info_due_ns = now_ns;
	target_stats_connected(target->stats, peer, handshake_ns(target, now_ns));
	log_write(context->log, LOG_LEVEL_DEBUG, target->name, "connected to %s", peer);
	set_alarm(target, ALARM_NEVER);
}

static void on_writable(evutil_socket_t fd, short what, void *owner)
{
	(void)what;
	struct target *target = owner;
	int error = dial_result(fd);
	if (error)
		fail_address(target, error);
	else
		establish(target);
}

/* Dials addresses until one may work. On return the target is connecting, probing or waiting. */
static void dial_next(struct target *target)
{
	struct probe_context *context = target->context;
	target->dialled = target->addresses.addresses[target->next_address++];
	target->dialled_ns = clock_monotonic_ns();
	int error = dial_begin(target, &target->dialled, &target->fd);
	if (target->fd >= 0)
		event_assign(
			&target->event, context->base, target->fd, EV_WRITE, on_writable, target);
	if (error == EINPROGRESS && event_add(&target->event, NULL) < 0)
		error = ENOMEM;
	if (error == EINPROGRESS)
		set_alarm(target, target->dialled_ns + CONNECT_TIMEOUT_NS);
	else if (error)
		fail_address(target, error);
	else
		on_writable(target->fd, EV_WRITE, target);
}

/* The address that worked last goes first: a dead one before it would cost every attempt its
 * timeout. */
static void prefer_last_peer(struct target *target)
{
	union address *addresses = target->addresses.addresses;
	for (size_t i = 1; i < target->addresses.count; i++) {
		if (!address_is_same(&addresses[i], &target->peer))
			continue;
		union address first = addresses[0];
		addresses[0] = addresses[i];
		addresses[i] = first;
		return;
	}
}

/* Takes over where the target is to be found; the one that worked last comes first. */
static void take_addresses(struct target *target, const struct address_list *list)
{
	address_list_clear(&target->addresses);
	target->addresses = *list;
	target->next_address = 0;
	prefer_last_peer(target);
}

/* The same while each probe dials one of them in turn: whose turn it is, it stays. Else those at
 * the end would never be dialled where names are asked for often and probes are rare. */
static void renew_addresses(struct target *target, const struct address_list *list)
{
	const struct address_list *old = &target->addresses;
	const union address turn = old->addresses[target->next_address % old->count];
	take_addresses(target, list);
	for (size_t i = 0; i < target->addresses.count; i++)
		if (address_is_same(&target->addresses.addresses[i], &turn))
			target->next_address = i;
}

static void begin_connecting(struct target *target)
{
	target->state = link_next_state(target->state, LINK_RESOLVED);
	if (target->options.probe == PROBE_KIND_ECHO) {
		dial_next(target);
		return;
	}
	/* Each probe dials on its own. */
	target->state = link_next_state(target->state, LINK_ESTABLISHED);
	target->counts_unsent = true;
	target->resolve_due_ns = clock_monotonic_ns() + RESOLVE_PERIOD_NS;
	set_alarm(target, ALARM_NEVER);
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
	fail_attempt(target, CONNECT_FAILURE_RESOLVE, LINK_RESOLVE_FAILED, why);
}

static int family_of(const struct target *target)
{
	if (target->options.ip_version == IP_VERSION_4)
		return AF_INET;
	if (target->options.ip_version == IP_VERSION_6)
		return AF_INET6;
	if (target->options.source[0] == '\0')
		return AF_UNSPEC;
	return strchr(target->options.source, ':') ? AF_INET6 : AF_INET;
}

/* Asks for the name's addresses, unless an answer is still to come. Returns 0 with *list
 * overwritten, -EINPROGRESS, or another negative errno. */
static int resolve(struct target *target, struct address_list *list)
{
	struct probe_context *context = target->context;
	struct endpoint endpoint;
	const char *reason;
	if (target->query)
		return -EINPROGRESS;
	int error = endpoint_parse(target->address, ENDPOINT_TO_DIAL, &endpoint, &reason);
	assert(error == 0);
	error = address_list_from_numeric(&endpoint, family_of(target), list);
	if (error != -ENOENT)
		return error;
	const struct resolver_question question = {
		.endpoint = &endpoint,
		.family = family_of(target),
		.lane = target->lane,
		.owner = target,
	};
	error = resolver_ask(context->resolver, context->inbox, &question, &target->query);
	return error ? error : -EINPROGRESS;
}

/* Whether it was connected before, so that an address is known. */
static bool has_peer(const struct target *target)
{
	return target->peer.any.sa_family != AF_UNSPEC;
}

void connection_dial(struct target *target, int64_t now_ns)
{
	target->state = link_next_state(target->state, LINK_RETRY_DUE);
	target->attempt_ns = now_ns;
	struct address_list list;
	int error = resolve(target, &list);
	if (error == 0) {
		take_addresses(target, &list);
		begin_connecting(target);
		return;
	}
	set_alarm(
		target, now_ns + (has_peer(target) ? KNOWN_NAME_PATIENCE_NS : CONNECT_TIMEOUT_NS));
	if (error != -EINPROGRESS)
		fail_resolve(target, "no resources left");
}

void connection_refresh(struct target *target, int64_t now_ns)
{
	target->resolve_due_ns = now_ns + RESOLVE_PERIOD_NS;
	/* Where that fails, the old addresses have to do. */
	struct address_list list;
	if (resolve(target, &list) == 0)
		renew_addresses(target, &list);
}

/* Whether each probe dials on its own by now; then there are addresses. */
static bool dials_each_time(const struct target *target)
{
	return target->state == LINK_PROBING && target->options.probe == PROBE_KIND_CONNECT;
}

void connection_on_resolved(struct target *target, struct resolver_query *query)
{
	struct address_list list = query->list;
	int failure = query->failure;
	query->list = (struct address_list){0};
	resolver_query_free(query);
	target->query = NULL;
	target->lane = failure ? RESOLVER_LANE_FAILED : RESOLVER_LANE_KNOWN;
	if (target->state == LINK_RESOLVING) {
		if (failure) {
			fail_resolve(target, address_list_error(failure));
			return;
		}
		take_addresses(target, &list);
		begin_connecting(target);
	} else if (!failure && target->state == LINK_CONNECTING) {
		/* Whatever is being dialled is not disturbed: these come next. */
		take_addresses(target, &list);
		if (address_is_same(&target->addresses.addresses[0], &target->dialled))
			target->next_address = 1;
	} else if (!failure && dials_each_time(target)) {
		renew_addresses(target, &list);
	} else {
		/* To the next attempt they would be old. */
		address_list_clear(&list);
	}
}

/* The name's addresses of before, when its resolver hangs: often both are behind one dead link. */
static void dial_last_peer(struct target *target)
{
	struct address_list list = {.addresses = malloc(sizeof(*list.addresses)), .count = 1};
	if (!list.addresses) {
		fail_resolve(target, "no memory left");
		return;
	}
	list.addresses[0] = target->peer;
	take_addresses(target, &list);
	begin_connecting(target);
}

void connection_on_time_up(struct target *target, int64_t now_ns)
{
	if (target->state == LINK_CONNECTING) {
		fail_address(target, ETIMEDOUT);
		return;
	}
	target->lane = RESOLVER_LANE_FAILED;
	target->counts_unsent = true;
	if (has_peer(target)) {
		dial_last_peer(target);
		return;
	}
	/* The system's resolver cannot be hurried; its answer will do whenever it comes. */
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
	target_stats_timed_out(target->stats, flight_abandon(&target->flight));
	target_stats_disconnected(target->stats, reason);
	char peer[ADDRESS_TEXT_MAX];
	char why[2 * ADDRESS_TEXT_MAX];
	address_format(&target->peer.any, peer);
	snprintf(why, sizeof(why), "the connection to %s was %s", peer, describe(reason));
	/* What the kernel still holds for a dead or false peer is of no use to anyone. */
	bool is_abortive = reason == DISCONNECT_STALLED || reason == DISCONNECT_INVALID;
	close_socket(target, is_abortive);
	target->reply_length = 0;
	target->frame_length = 0;
	fail(target, LINK_LOST, why);
}
