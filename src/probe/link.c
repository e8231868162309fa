/* SPDX-License-Identifier: MIT */
#include "probe/link.h"

#include <errno.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/duration.h"
#include "net/socket.h"
#include "net/tcp_info.h"
#include "net/timestamps.h"
#include "probe/dial.h"

/* For a name to resolve before that counts as failed. */
#define RESOLVE_TIMEOUT_NS (3 * NS_PER_S)

/* For a name to resolve before the address that it had is dialled. */
#define KNOWN_NAME_PATIENCE_NS NS_PER_S

/* How old an answer may be. */
#define RESOLVE_PERIOD_NS (30 * NS_PER_S)

/* A name is asked for again when the answer holds no longer, but not more often; while the target
 * is down, after this time. */
#define REFRESH_LEAST_NS (5 * NS_PER_S)

/* Names that were answered together are not asked for together. */
#define REFRESH_SPREAD_NS NS_PER_S

/* For the reason of a failure: an endpoint or two addresses, and some words. */
#define WHY_MAX (ENDPOINT_TEXT_MAX + 128)

static const struct dialling_operations dialling_operations;

int link_init(struct link *link, const struct probe_operations *operations, const char *name,
	const struct endpoint *endpoint, const struct target_options *options)
{
	*link = (struct link){
		.operations = operations,
		.due_ns = ALARM_NEVER,
	};
	alarm_init(&link->alarm);
	dialling_init(&link->dialling, &dialling_operations, &link->target, &link->addresses);
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

static void set_alarm(struct link *link)
{
	int64_t dialling_ns = link->dialling.due_ns;
	int64_t due_ns = link->due_ns < dialling_ns ? link->due_ns : dialling_ns;
	alarms_set(&link->target.context->alarms, &link->alarm, due_ns);
}

void link_set_alarm(struct link *link, int64_t due_ns)
{
	link->due_ns = due_ns;
	set_alarm(link);
}

static void on_rescheduled(struct dialling *dialling)
{
	set_alarm(container_at(dialling, offsetof(struct link, dialling)));
}

void link_start(struct link *link, struct probe_context *context, int64_t dial_ns)
{
	link->target.context = context;
	link_set_alarm(link, dial_ns);
}

/* Closes the connection, and frees it. is_abortive: with a reset, dropping what was to be sent. */
static void drop(struct connection *connection, bool is_abortive)
{
	event_del(&connection->event);
	if (is_abortive)
		socket_reset_on_close(connection->fd);
	socket_close(connection->fd);
	free(connection->one_way);
	free(connection);
}

/* How many segments were sent again over the connection since the last time. total: by now. */
static uint32_t count_retransmits(struct connection *connection, uint32_t total)
{
	uint32_t count = total - connection->retransmits;
	connection->retransmits = total;
	return count;
}

void link_drop_retired(struct link *link)
{
	struct connection *retired = link->retired;
	if (!retired)
		return;
	link->retired = NULL;
	struct tcp_facts facts = {0};
	if (tcp_info_read(retired->fd, &facts))
		target_stats_retransmitted(
			link->target.stats, count_retransmits(retired, facts.retransmits));
	drop(retired, false);
	link->target.context->spare_sockets++;
}

static void drop_connection(struct link *link, bool is_abortive)
{
	link_drop_retired(link);
	if (link->connection)
		drop(link->connection, is_abortive);
	link->connection = NULL;
}

void link_abort(struct link *link)
{
	if (!link->target.context)
		return;
	link->operations->abort(link);
	drop_connection(link, false);
	dialling_end(&link->dialling);
	/* Nobody will want the answer. */
	if (link->query)
		link->query->owner = NULL;
	link->query = NULL;
	addresses_clear(&link->addresses);
	link_set_alarm(link, ALARM_NEVER);
	link->target.context = NULL;
}

/*
 * When the next attempt begins, after an attempt that failed: counted from its beginning, so that one
 * that ran into its timeout is not followed by a long pause as well.
 */
static int64_t next_attempt_ns(struct link *link, int64_t begun_ns, int64_t now_ns)
{
	struct probe_context *context = link->target.context;
	int64_t due_ns =
		begun_ns + link_retry_delay_ns(link->failures + 1, probe_context_random(context));
	int64_t least_ns = now_ns + link_retry_delay_ns(1, probe_context_random(context));
	return due_ns > least_ns ? due_ns : least_ns;
}

/*
 * The attempt or the connection is over: reports why, and sets the alarm for the next attempt.
 * Handshakes that are under way may still succeed.
 * event: LINK_RESOLVE_FAILED, LINK_ATTEMPT_FAILED or LINK_LOST.
 */
static void fail(
	struct link *link, enum link_event event, const char *why, int64_t retry_ns, int64_t now_ns)
{
	link->state = link_next_state(link->state, event);
	link->target.counts_unsent = true;
	link->failures++;
	dialling_pause(&link->dialling);
	link_set_alarm(link, retry_ns);
	target_report_down(&link->target, why, now_ns);
}

static void fail_resolve(struct link *link, const char *reason, int64_t now_ns)
{
	char why[WHY_MAX];
	snprintf(why, sizeof(why), "cannot resolve %s: %s", link->target.address, reason);
	if (!link->is_failure_counted)
		target_stats_connect_failed(link->target.stats, CONNECT_FAILURE_RESOLVE);
	fail(link, LINK_RESOLVE_FAILED, why, next_attempt_ns(link, link->attempt_ns, now_ns),
		now_ns);
}

/* The handshake as the kernel timed it, if no retransmission spoilt that; else as it was seen
 * here. */
static int64_t handshake_ns(const struct dialled *dialled, int64_t now_ns)
{
	struct tcp_facts facts;
	if (tcp_info_read(dialled->fd, &facts) && facts.retransmits == 0 && facts.rtt_ns >= 0)
		return facts.rtt_ns;
	return now_ns - dialled->begun_ns;
}

void link_note_peer(struct link *link, const union address *peer, int64_t handshake_ns)
{
	struct addresses *addresses = &link->addresses;
	char to[ADDRESS_TEXT_MAX];
	address_format(&peer->any, to);
	target_stats_connected(link->target.stats, to, handshake_ns);
	bool is_current = addresses_contain(addresses, peer);
	if (is_current && addresses_have_good(addresses) &&
		!addresses_contain(addresses, &addresses->good)) {
		char from[ADDRESS_TEXT_MAX];
		address_format(&addresses->good.any, from);
		target_stats_moved(link->target.stats, clock_wall());
		log_write(link->target.context->log, LOG_LEVEL_INFO, link->target.name,
			"moved from %s to %s", from, to);
	}
	/* A handshake may have begun before the name moved. */
	if (is_current || !addresses_have_good(addresses))
		addresses->good = *peer;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	struct connection *connection = context;
	connection->link->operations->readable(connection, what);
}

/* Returns the connection, or NULL without memory. */
static struct connection *make_connection(struct link *link, const struct dialled *dialled)
{
	struct connection *made = calloc(1, sizeof(*made));
	if (!made)
		return NULL;
	made->link = link;
	made->fd = dialled->fd;
	made->peer = dialled->peer;
	/* The end of the stream is an edge of its own only if it is asked for. */
	event_assign(&made->event, link->target.context->base, made->fd,
		EV_READ | EV_CLOSED | EV_ET | EV_PERSIST, on_readable, made);
	if (event_add(&made->event, NULL) < 0) {
		free(made);
		return NULL;
	}
	return made;
}

/* The name has moved, and its new address is connected to: what is in flight may still be answered
 * over the old connection. */
static void retire(struct link *link, int64_t now_ns)
{
	link_drop_retired(link);
	link->target.context->spare_sockets--;
	link->retired = link->connection;
	link->operations->retire(link->retired, now_ns);
}

static int on_connected(struct dialling *dialling, const struct dialled *dialled, int64_t now_ns)
{
	struct link *link = container_at(dialling, offsetof(struct link, dialling));
	struct connection *made = make_connection(link, dialled);
	if (!made)
		return -ENOMEM;
	if (link->state == LINK_CONNECTED)
		retire(link, now_ns);
	else
		link_set_alarm(link, ALARM_NEVER);
	link->connection = made;
	link->state = link_next_state(link->state, LINK_ESTABLISHED);
	link->target.counts_unsent = true;
	char peer[ADDRESS_TEXT_MAX];
	address_format(&made->peer.any, peer);
	log_write(link->target.context->log, LOG_LEVEL_DEBUG, link->target.name, "connected to %s",
		peer);
	link_note_peer(link, &made->peer, handshake_ns(dialled, now_ns));
	addresses_clear(&link->addresses);
	link->operations->begin(link, now_ns);
	return 0;
}

/* The attempt is over, as far as it goes: those that do not answer may take longer than the pause
 * until the next one. */
static void end_attempt(struct link *link, int64_t retry_ns, int64_t now_ns)
{
	char why[WHY_MAX];
	dialling_describe(&link->dialling, why, sizeof(why));
	target_stats_connect_failed(link->target.stats, dial_failure(link->dialling.error));
	fail(link, LINK_ATTEMPT_FAILED, why, retry_ns, now_ns);
}

static void on_failed(struct dialling *dialling, bool is_spent, int64_t now_ns)
{
	struct link *link = container_at(dialling, offsetof(struct link, dialling));
	if (link->state == LINK_CONNECTED && is_spent) {
		char why[WHY_MAX];
		dialling_describe(dialling, why, sizeof(why));
		log_write(link->target.context->log, LOG_LEVEL_DEBUG, link->target.name,
			"not moved: %s", why);
		addresses_clear(&link->addresses);
	}
	if (link->state != LINK_DIALLING)
		return;
	int64_t due_ns = next_attempt_ns(link, link->attempt_ns, now_ns);
	if (is_spent)
		end_attempt(link, due_ns, now_ns);
	else if (link->due_ns == ALARM_NEVER)
		link_set_alarm(link, due_ns);
}

static const struct dialling_operations dialling_operations = {
	.connected = on_connected,
	.failed = on_failed,
	.rescheduled = on_rescheduled,
};

/* Notes how long an answer holds. */
static void schedule_refresh(struct link *link, int64_t valid_ns, int64_t now_ns)
{
	if (valid_ns < REFRESH_LEAST_NS)
		valid_ns = REFRESH_LEAST_NS;
	uint32_t random = probe_context_random(link->target.context);
	link->resolve_due_ns =
		now_ns + valid_ns + (int64_t)((uint64_t)REFRESH_SPREAD_NS * random >> 32);
}

/* There are addresses. */
static void use_addresses(struct link *link, int64_t now_ns)
{
	link_set_alarm(link, ALARM_NEVER);
	if (!link->operations->dials_each_time) {
		link->state = link_next_state(link->state, LINK_RESOLVED_TO_CONNECT);
		dialling_begin(&link->dialling, false, now_ns);
		return;
	}
	link->state = link_next_state(link->state, LINK_RESOLVED_FOR_PROBES);
	link->target.counts_unsent = true;
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
		/* They cannot change. */
		link->resolve_due_ns = INT64_MAX;
		addresses_take(&link->addresses, &list);
		use_addresses(link, now_ns);
	} else if (error == -EINPROGRESS) {
		bool is_known = addresses_have_good(&link->addresses);
		link_set_alarm(
			link, now_ns + (is_known ? KNOWN_NAME_PATIENCE_NS : RESOLVE_TIMEOUT_NS));
	} else {
		fail_resolve(link, "out of memory", now_ns);
	}
}

void link_hurry_refresh(struct link *link, int64_t now_ns)
{
	if (link->resolve_due_ns != INT64_MAX && link->resolve_due_ns > now_ns + REFRESH_LEAST_NS)
		link->resolve_due_ns = now_ns + REFRESH_LEAST_NS;
}

/* Asks for the name's addresses again, while the present ones stay in use. */
static void refresh(struct link *link, int64_t now_ns)
{
	/* If that fails, the old addresses have to do. */
	struct address_list list;
	link->resolve_due_ns = now_ns + RESOLVE_PERIOD_NS;
	if (resolve(link, &list) == 0)
		address_list_clear(&list);
}

/* If the name has moved, its new addresses are dialled while the old connection stays in use. */
static void follow(struct link *link, struct address_list *list, int64_t now_ns)
{
	struct addresses *addresses = &link->addresses;
	addresses_take(addresses, list);
	if (addresses_contain(addresses, &link->connection->peer)) {
		/* That of a new address may still be under way, which the name has no more. */
		dialling_end(&link->dialling);
		addresses_clear(addresses);
	} else {
		dialling_begin(&link->dialling, true, now_ns);
	}
}

/* Often name servers and target are behind the same dead link: dials the address of before. */
static void dial_good(struct link *link, int64_t now_ns)
{
	link->resolve_due_ns = now_ns + RESOLVE_PERIOD_NS;
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
	int64_t valid_ns = query->valid_ns;
	query->list = (struct address_list){0};
	resolver_query_free(query);
	link->query = NULL;
	if (result != RESOLVER_FOUND) {
		on_unresolved(link, result, reason, now_ns);
		return;
	}
	schedule_refresh(link, valid_ns, now_ns);
	switch (link->state) {
	case LINK_RESOLVING:
		addresses_take(&link->addresses, &list);
		use_addresses(link, now_ns);
		return;
	case LINK_DIALLING:
		/* Whatever is being dialled is not disturbed: these come next. */
		addresses_take(&link->addresses, &list);
		dialling_go_on(&link->dialling, now_ns);
		return;
	case LINK_RESOLVED:
		addresses_renew(&link->addresses, &list);
		return;
	case LINK_CONNECTED:
		follow(link, &list, now_ns);
		return;
	case LINK_WAITING:
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
	duration_format(RESOLVE_TIMEOUT_NS, patience);
	char why[WHY_MAX];
	snprintf(why, sizeof(why), "%s does not resolve within %s", link->target.address, patience);
	target_report_down(&link->target, why, now_ns);
}

void link_on_alarm(struct alarm *alarm, int64_t now_ns)
{
	struct link *link = container_at(alarm, offsetof(struct link, alarm));
	if (link->dialling.due_ns <= now_ns) {
		dialling_on_alarm(&link->dialling, now_ns);
		set_alarm(link);
		return;
	}
	link_set_alarm(link, ALARM_NEVER);
	switch (link->state) {
	case LINK_WAITING:
		begin_attempt(link, now_ns);
		return;
	case LINK_RESOLVING:
		on_slow_name(link, now_ns);
		return;
	case LINK_DIALLING:
		end_attempt(link, now_ns, now_ns);
		return;
	case LINK_CONNECTED:
	case LINK_RESOLVED:
		link->operations->settle(link, now_ns);
		return;
	}
}

void link_review_alarm(struct alarm *alarm, int64_t now_ns)
{
	struct link *link = container_at(alarm, offsetof(struct link, alarm));
	bool is_probing = link->state == LINK_CONNECTED || link->state == LINK_RESOLVED;
	if (is_probing && link->due_ns > now_ns)
		link->operations->settle(link, now_ns);
}

void link_use_slot(struct link *link, int64_t due_ns, int64_t now_ns)
{
	bool can_send = link->state == LINK_CONNECTED || link->state == LINK_RESOLVED;
	if (can_send && now_ns >= link->resolve_due_ns)
		refresh(link, now_ns);
	if (!can_send || !link->operations->send(link, due_ns, now_ns))
		target_count_unsent(&link->target);
}

void link_note_reply(struct link *link, struct connection *connection, int64_t now_ns)
{
	if (connection->has_replied)
		return;
	connection->has_replied = true;
	link->failures = 0;
	target_report_up(&link->target, &connection->peer, now_ns);
}

void link_read_tcp_info(struct link *link)
{
	struct tcp_facts facts;
	if (tcp_info_read(link->connection->fd, &facts))
		target_stats_tcp(link->target.stats,
			count_retransmits(link->connection, facts.retransmits), facts.rtt_ns,
			facts.min_rtt_ns);
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
	address_format(&link->connection->peer.any, peer);
	snprintf(why, sizeof(why), "the connection to %s was %s", peer, describe(reason));
	/* What the kernel still holds for a dead or false peer is of no use to anyone. */
	drop_connection(link, reason == DISCONNECT_STALLED || reason == DISCONNECT_INVALID);
	fail(link, LINK_LOST, why, next_attempt_ns(link, now_ns, now_ns), now_ns);
}
