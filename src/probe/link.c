/* SPDX-License-Identifier: MIT */
#include "probe/link.h"

#include <errno.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/duration.h"
#include "net/socket.h"
#include "net/tcp_info.h"
#include "net/timestamps.h"
#include "probe/dial.h"

/* For one address to complete the handshake, and for a name to resolve before that counts as
 * failed. */
#define CONNECT_TIMEOUT_NS (3 * NS_PER_S)

/* For a name to resolve before the address that it had is dialled. */
#define KNOWN_NAME_PATIENCE_NS NS_PER_S

/* Where each probe dials, the name is asked for again after this time. */
#define RESOLVE_PERIOD_NS (30 * NS_PER_S)

/* For the reason of a failure: an endpoint or two addresses, and some words. */
#define WHY_MAX (ENDPOINT_TEXT_MAX + 128)

int link_init(struct link *link, const struct probe_operations *operations, const char *name,
	const struct endpoint *endpoint, const struct target_options *options)
{
	*link = (struct link){
		.operations = operations,
		.fd = -1,
	};
	alarm_init(&link->alarm);
	int error = target_init(&link->target, name, endpoint, options);
	if (error)
		return error;
	error = operations->init(link);
	if (error)
		target_clear(&link->target);
	return error;
}

void link_clear(struct link *link)
{
	link->operations->clear(link);
	target_clear(&link->target);
}

void link_set_alarm(struct link *link, int64_t due_ns)
{
	alarms_set(&link->target.context->alarms, &link->alarm, due_ns);
}

void link_start(struct link *link, struct probe_context *context, int64_t dial_ns)
{
	link->target.context = context;
	link_set_alarm(link, dial_ns);
}

/* Closes the socket, if there is one. is_abortive: with a reset, dropping what was to be sent. */
static void close_socket(struct link *link, bool is_abortive)
{
	if (link->fd < 0)
		return;
	event_del(&link->event);
	if (is_abortive)
		socket_reset_on_close(link->fd);
	socket_close(link->fd);
	link->fd = -1;
}

void link_abort(struct link *link)
{
	if (!link->target.context)
		return;
	link->operations->abort(link);
	close_socket(link, false);
	/* Nobody will want the answer. */
	if (link->query)
		link->query->owner = NULL;
	link->query = NULL;
	addresses_clear(&link->addresses);
	link_set_alarm(link, ALARM_NEVER);
	link->target.context = NULL;
}

/*
 * The attempt or the connection is over: reports why, and sets the alarm for the next attempt.
 * event: LINK_RESOLVE_FAILED, LINK_ADDRESSES_EXHAUSTED or LINK_LOST.
 */
static void fail(struct link *link, enum link_event event, const char *why, int64_t now_ns)
{
	struct probe_context *context = link->target.context;
	link->state = link_next_state(link->state, event);
	link->target.counts_unsent = true;
	link->failures++;
	addresses_clear(&link->addresses);
	/*
	 * From the beginning of the attempt, so that one that ran into its timeout is not followed
	 * by a long pause as well; the beginning of a connection is long past.
	 */
	int64_t delay_ns = link_retry_delay_ns(link->failures, probe_context_random(context));
	int64_t least_ns = now_ns + link_retry_delay_ns(1, probe_context_random(context));
	int64_t due_ns = (event == LINK_LOST ? now_ns : link->attempt_ns) + delay_ns;
	link_set_alarm(link, due_ns > least_ns ? due_ns : least_ns);
	target_report_down(&link->target, why, now_ns);
}

static void fail_resolve(struct link *link, const char *reason, int64_t now_ns)
{
	char why[WHY_MAX];
	snprintf(why, sizeof(why), "cannot resolve %s: %s", link->target.address, reason);
	if (!link->is_failure_counted)
		target_stats_connect_failed(link->target.stats, CONNECT_FAILURE_RESOLVE);
	fail(link, LINK_RESOLVE_FAILED, why, now_ns);
}

/* The handshake as the kernel timed it, if no retransmission spoilt that; else as it was seen
 * here. */
static int64_t handshake_ns(const struct link *link, int64_t now_ns)
{
	struct tcp_facts facts;
	if (tcp_info_read(link->fd, &facts) && facts.retransmits == 0 && facts.rtt_ns >= 0)
		return facts.rtt_ns;
	return now_ns - link->dialled_ns;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	struct link *link = context;
	link->operations->readable(link, what);
}

/* Returns 0 or -ENOMEM. */
static int establish(struct link *link, int64_t now_ns)
{
	struct probe_context *context = link->target.context;
	event_del(&link->event);
	/* The end of the stream is an edge of its own only if it is asked for. */
	event_assign(&link->event, context->base, link->fd,
		EV_READ | EV_CLOSED | EV_ET | EV_PERSIST, on_readable, link);
	if (event_add(&link->event, NULL) < 0)
		return -ENOMEM;
	link->state = link_next_state(link->state, LINK_ESTABLISHED);
	link->target.counts_unsent = true;
	link->addresses.good = link->dialled;
	link->has_replied = false;
	link->retransmits = 0;
	char peer[ADDRESS_TEXT_MAX];
	address_format(&link->dialled.any, peer);
	target_stats_connected(link->target.stats, peer, handshake_ns(link, now_ns));
	log_write(context->log, LOG_LEVEL_DEBUG, link->target.name, "connected to %s", peer);
	addresses_clear(&link->addresses);
	link_set_alarm(link, ALARM_NEVER);
	link->operations->begin(link, now_ns);
	return 0;
}

/* The handshake with an address is over. error: how it failed, or 0. Returns 0 once connected, or a
 * negative errno with its socket closed. */
static int conclude(struct link *link, int error, int64_t now_ns)
{
	if (!error)
		error = establish(link, now_ns);
	if (!error)
		return 0;
	struct tcp_facts facts;
	if (link->fd >= 0 && tcp_info_read(link->fd, &facts))
		target_stats_retransmitted(link->target.stats, facts.retransmits);
	close_socket(link, true);
	link->state = link_next_state(link->state, LINK_ADDRESS_FAILED);
	return error;
}

static void on_dialled(evutil_socket_t fd, short what, void *context);

/* Returns 0 if the handshake is done already, -EINPROGRESS while it is under way, or another
 * negative errno. */
static int dial(struct link *link)
{
	struct probe_context *context = link->target.context;
	link->dialled_ns = clock_monotonic_ns();
	int error = dial_begin(&link->target.options, &link->dialled, &link->fd);
	if (link->fd < 0)
		return error;
	/* The kernel turns them on with a delay, in the background: the sooner, the better. */
	if (!timestamps_enable(link->fd))
		context->has_timestamps = false;
	event_assign(&link->event, context->base, link->fd, EV_WRITE, on_dialled, link);
	if (error == -EINPROGRESS && event_add(&link->event, NULL) < 0)
		return -ENOMEM;
	return error ? error : dial_result(link->fd);
}

/* Dials one address after another until one may work. error: how the one before failed, if there
 * was one. Afterwards the link is dialling, connected or waiting. */
static void dial_next(struct link *link, int error, int64_t now_ns)
{
	while (addresses_next(&link->addresses, &link->dialled)) {
		error = dial(link);
		if (error == -EINPROGRESS) {
			link_set_alarm(link, link->dialled_ns + CONNECT_TIMEOUT_NS);
			return;
		}
		error = conclude(link, error, clock_monotonic_ns());
		if (!error)
			return;
	}
	char why[WHY_MAX];
	dial_describe(
		&link->target.options, &link->dialled, error, CONNECT_TIMEOUT_NS, why, sizeof(why));
	target_stats_connect_failed(link->target.stats, dial_failure(error));
	fail(link, LINK_ADDRESSES_EXHAUSTED, why, now_ns);
}

/* The handshake under way came to its end, or to ours. */
static void end_dialling(struct link *link, int error, int64_t now_ns)
{
	error = conclude(link, error, now_ns);
	if (error)
		dial_next(link, error, now_ns);
}

static void on_dialled(evutil_socket_t fd, short what, void *context)
{
	(void)what;
	int64_t now_ns = clock_monotonic_ns();
	end_dialling(context, dial_result(fd), now_ns);
}

/* There are addresses. */
static void use_addresses(struct link *link, int64_t now_ns)
{
	if (!link->operations->dials_each_time) {
		link->state = link_next_state(link->state, LINK_RESOLVED_TO_CONNECT);
		dial_next(link, 0, now_ns);
		return;
	}
	link->state = link_next_state(link->state, LINK_RESOLVED_FOR_PROBES);
	link->target.counts_unsent = true;
	link->resolve_due_ns = now_ns + RESOLVE_PERIOD_NS;
	link_set_alarm(link, ALARM_NEVER);
}

/* Asks for the name's addresses, unless an answer is still to come. Returns 0 with *list
 * overwritten, -EINPROGRESS, or another negative errno. */
static int resolve(struct link *link, struct address_list *list)
{
	const struct target *target = &link->target;
	if (link->query)
		return -EINPROGRESS;
	int family = dial_family(&target->options);
	struct endpoint endpoint;
	target_endpoint(target, &endpoint);
	int error = address_list_from_numeric(&endpoint, family, list);
	if (error != -ENOENT)
		return error;
	const struct resolver_question question = {
		.endpoint = &endpoint,
		.family = family,
		.max_age_ns = RESOLVE_PERIOD_NS,
		.owner = link,
	};
	error = resolver_ask(
		target->context->resolver, target->context->inbox, &question, &link->query);
	return error ? error : -EINPROGRESS;
}

/* Begins an attempt. */
static void begin_attempt(struct link *link, int64_t now_ns)
{
	link->state = link_next_state(link->state, LINK_RETRY_DUE);
	link->attempt_ns = now_ns;
	link->is_failure_counted = false;
	struct address_list list;
	int error = resolve(link, &list);
	if (!error) {
		addresses_take(&link->addresses, &list);
		use_addresses(link, now_ns);
	} else if (error == -EINPROGRESS) {
		bool is_known = addresses_have_good(&link->addresses);
		link_set_alarm(
			link, now_ns + (is_known ? KNOWN_NAME_PATIENCE_NS : CONNECT_TIMEOUT_NS));
	} else {
		fail_resolve(link, "out of memory", now_ns);
	}
}

void link_refresh(struct link *link, int64_t now_ns)
{
	link->resolve_due_ns = now_ns + RESOLVE_PERIOD_NS;
	/* If that fails, the old addresses have to do. */
	struct address_list list;
	if (resolve(link, &list) == 0)
		addresses_renew(&link->addresses, &list);
}

/* Often name servers and target are behind the same dead link: dials the address of before. */
static void dial_good(struct link *link, int64_t now_ns)
{
	if (addresses_take_good(&link->addresses) < 0)
		fail_resolve(link, "out of memory", now_ns);
	else
		use_addresses(link, now_ns);
}

/* A name that cannot be asked for may still be what it was; one that does not exist is not. */
static void on_unresolved(
	struct link *link, enum resolver_result result, const char *reason, int64_t now_ns)
{
	if (link->state != LINK_RESOLVING)
		return;
	if (result == RESOLVER_FAILED && addresses_have_good(&link->addresses))
		dial_good(link, now_ns);
	else
		fail_resolve(link, reason, now_ns);
}

void link_on_resolved(struct link *link, struct resolver_query *query, int64_t now_ns)
{
	struct address_list list = query->list;
	enum resolver_result result = query->result;
	const char *reason = query->reason;
	query->list = (struct address_list){0};
	resolver_query_free(query);
	link->query = NULL;
	if (result != RESOLVER_FOUND) {
		on_unresolved(link, result, reason, now_ns);
		return;
	}
	switch (link->state) {
	case LINK_RESOLVING:
		addresses_take(&link->addresses, &list);
		use_addresses(link, now_ns);
		return;
	case LINK_DIALLING:
		/* Whatever is being dialled is not disturbed: these come next. */
		addresses_take(&link->addresses, &list);
		addresses_skip(&link->addresses, &link->dialled);
		return;
	case LINK_RESOLVED:
		addresses_renew(&link->addresses, &list);
		return;
	case LINK_WAITING:
	case LINK_CONNECTED:
		/* To the next attempt they would be old. */
		address_list_clear(&list);
		return;
	}
}

/* The name does not resolve in time. */
static void on_slow_name(struct link *link, int64_t now_ns)
{
	link->target.counts_unsent = true;
	if (addresses_have_good(&link->addresses)) {
		dial_good(link, now_ns);
		return;
	}
	/* The system's resolver cannot be hurried; its answer will do whenever it comes. */
	link->is_failure_counted = true;
	target_stats_connect_failed(link->target.stats, CONNECT_FAILURE_RESOLVE);
	char patience[DURATION_TEXT_MAX];
	duration_format(CONNECT_TIMEOUT_NS, patience);
	char why[WHY_MAX];
	snprintf(why, sizeof(why), "%s does not resolve within %s", link->target.address, patience);
	target_report_down(&link->target, why, now_ns);
}

void link_on_alarm(struct alarm *alarm, int64_t now_ns)
{
	struct link *link = container_at(alarm, offsetof(struct link, alarm));
	switch (link->state) {
	case LINK_WAITING:
		begin_attempt(link, now_ns);
		return;
	case LINK_RESOLVING:
		on_slow_name(link, now_ns);
		return;
	case LINK_DIALLING:
		end_dialling(link, -ETIMEDOUT, now_ns);
		return;
	case LINK_CONNECTED:
	case LINK_RESOLVED:
		link->operations->settle(link, now_ns);
		return;
	}
}

void link_use_slot(struct link *link, int64_t due_ns, int64_t now_ns)
{
	bool can_send = link->state == LINK_CONNECTED || link->state == LINK_RESOLVED;
	if (!can_send || !link->operations->send(link, due_ns, now_ns))
		target_count_unsent(&link->target);
}

void link_note_reply(struct link *link, int64_t now_ns)
{
	if (link->has_replied)
		return;
	link->has_replied = true;
	link->failures = 0;
	target_report_up(&link->target, &link->dialled, now_ns);
}

void link_read_tcp_info(struct link *link)
{
	struct tcp_facts facts;
	if (!tcp_info_read(link->fd, &facts))
		return;
	target_stats_tcp(link->target.stats, facts.retransmits - link->retransmits, facts.rtt_ns,
		facts.min_rtt_ns);
	link->retransmits = facts.retransmits;
}

static const char *describe(enum disconnect reason)
{
	switch (reason) {
	case DISCONNECT_CLOSED:
		return "closed by the peer";
	case DISCONNECT_RESET:
		return "reset by the peer";
	case DISCONNECT_STALLED:
		return "stalled: no replies";
	case DISCONNECT_INVALID:
		return "dropped: the reply was not an echo";
	case DISCONNECT_OTHER:
	case DISCONNECTS:
		break;
	}
	return "broken";
}

void link_lose(struct link *link, enum disconnect reason, int64_t now_ns)
{
	link_read_tcp_info(link);
	link->operations->abort(link);
	target_stats_disconnected(link->target.stats, reason);
	char peer[ADDRESS_TEXT_MAX];
	char why[WHY_MAX];
	address_format(&link->dialled.any, peer);
	snprintf(why, sizeof(why), "the connection to %s was %s", peer, describe(reason));
	/* What the kernel still holds for a dead or false peer is of no use to anyone. */
	close_socket(link, reason == DISCONNECT_STALLED || reason == DISCONNECT_INVALID);
	fail(link, LINK_LOST, why, now_ns);
}
