/* SPDX-License-Identifier: MIT */
#include "probe/connect_probe.h"

#include <errno.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/container.h"
#include "net/socket.h"
#include "net/tcp_info.h"
#include "probe/dial.h"

static struct connect_probe *probe_of(struct link *link)
{
	return container_at(link, offsetof(struct connect_probe, link));
}

static int init(struct link *link)
{
	struct connect_probe *probe = probe_of(link);
	uint32_t size = 1;
	while (size < target_options_records(&link->target.options))
		size *= 2;
	probe->handshakes = calloc(size, sizeof(*probe->handshakes));
	if (!probe->handshakes)
		return -ENOMEM;
	probe->mask = size - 1;
	probe->first = 0;
	probe->next = 0;
	probe->answered_ns = 0;
	for (uint32_t i = 0; i < size; i++) {
		probe->handshakes[i].probe = probe;
		probe->handshakes[i].fd = -1;
	}
	return 0;
}

static void clear(struct link *link)
{
	free(probe_of(link)->handshakes);
}

static struct handshake *handshake_of(const struct connect_probe *probe, uint64_t number)
{
	return &probe->handshakes[number & probe->mask];
}

static int64_t patience_ns(const struct target *target)
{
	return target_options_patience_ns(&target->options);
}

static void end(struct handshake *handshake)
{
	event_del(&handshake->event);
	socket_close(handshake->fd);
	handshake->fd = -1;
	handshake->probe->link.target.context->lookout.open--;
}

static void abandon(struct link *link)
{
	struct connect_probe *probe = probe_of(link);
	for (uint64_t i = probe->first; i < probe->next; i++) {
		struct handshake *handshake = handshake_of(probe, i);
		if (handshake->fd < 0)
			continue;
		if (!handshake->is_settled)
			target_stats_timed_out(link->target.stats, 1);
		end(handshake);
	}
}

/*
 * No connection came about. The target is down, and its name may have other addresses by now,
 * unless a later handshake made one: a single lost handshake is not an outage, nor is a failed
 * one to another address.
 */
static void note_failed(struct handshake *handshake, int error, int64_t now_ns)
{
	struct link *link = &handshake->probe->link;
	struct target *target = &link->target;
	if (handshake->probe->answered_ns > handshake->departure_ns) {
		target_stats_connect_failed(target->stats, dial_failure(error));
		return;
	}
	/* Of many handshakes to one address that fails, the first passes the turn on. */
	addresses_pass(&link->addresses, &handshake->address);
	char why[DIAL_WHY_MAX];
	dial_describe(&target->options, &handshake->address, error, patience_ns(target), why,
		sizeof(why));
	target_stats_unreached(target->stats, dial_failure(error));
	target_report_down(target, why, now_ns);
	link_hurry_refresh(link, now_ns);
}

/* The host answered after rtt_ns. */
static void settle_answered(struct handshake *handshake, int64_t rtt_ns)
{
	struct target *target = &handshake->probe->link.target;
	bool is_late = handshake->is_settled || rtt_ns >= target_timeout_ns(target);
	if (!is_late) {
		target_received(target, rtt_ns);
		return;
	}
	if (!handshake->is_settled)
		target_timed_out(target, 1, handshake->departure_ns + rtt_ns);
	target_stats_late(target->stats);
}

static void note_connected(struct handshake *handshake, int64_t rtt_ns, int64_t now_ns)
{
	struct connect_probe *probe = handshake->probe;
	if (probe->answered_ns < handshake->departure_ns)
		probe->answered_ns = handshake->departure_ns;
	link_note_peer(&probe->link, &handshake->address, rtt_ns);
	target_report_up(&probe->link.target, &handshake->address, now_ns);
}

/* What came of a handshake. */
enum outcome {
	OUTCOME_CONNECTED,
	OUTCOME_REFUSED,
	OUTCOME_FAILED, /* The host did not answer. */
};

static enum outcome outcome_of(int error)
{
	/*
	 * One that is refused ends with ECONNREFUSED (RFC 9293 section 3.10.7.3), so any other
	 * reset is that of a connection.
	 */
	if (error == 0 || error == -ECONNRESET || error == -EPIPE)
		return OUTCOME_CONNECTED;
	return dial_failure(error) == CONNECT_FAILURE_REFUSED ? OUTCOME_REFUSED : OUTCOME_FAILED;
}

/* The handshake came to its end. error: 0 or a negative errno. */
static void conclude(struct handshake *handshake, int error, int64_t now_ns)
{
	struct target_stats *stats = handshake->probe->link.target.stats;
	int64_t rtt_ns = now_ns - handshake->departure_ns;
	struct tcp_facts facts = {.rtt_ns = -1};
	if (tcp_info_read(handshake->fd, &facts))
		target_stats_retransmitted(stats, facts.retransmits);
	end(handshake);
	switch (outcome_of(error)) {
	case OUTCOME_CONNECTED:
		/* With a SYN sent again the kernel's is that one's RTT. */
		if (facts.retransmits == 0 && facts.rtt_ns >= 0 && facts.rtt_ns < rtt_ns)
			rtt_ns = facts.rtt_ns;
		settle_answered(handshake, rtt_ns);
		note_connected(handshake, rtt_ns, now_ns);
		return;
	case OUTCOME_REFUSED:
		settle_answered(handshake, rtt_ns);
		break;
	case OUTCOME_FAILED:
		if (!handshake->is_settled)
			target_stats_timed_out(stats, 1);
		break;
	}
	note_failed(handshake, error, now_ns);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	(void)what;
	int64_t now_ns = clock_monotonic_ns();
	conclude(context, dial_result(fd), now_ns);
}

/* Skips handshakes that have ended; returns whether there is room for one more. */
static bool has_room(struct connect_probe *probe)
{
	while (probe->first < probe->next && handshake_of(probe, probe->first)->fd < 0)
		probe->first++;
	return probe->next - probe->first <= probe->mask;
}

static void set_alarm(struct connect_probe *probe)
{
	const struct target *target = &probe->link.target;
	int64_t next_ns = ALARM_NEVER;
	for (uint64_t i = probe->first; i < probe->next; i++) {
		const struct handshake *handshake = handshake_of(probe, i);
		if (handshake->fd < 0)
			continue;
		int64_t due_ns =
			handshake->departure_ns +
			(handshake->is_settled ? patience_ns(target) : target_timeout_ns(target));
		if (due_ns < next_ns)
			next_ns = due_ns;
	}
	link_set_alarm(&probe->link, next_ns);
}

static void settle_handshake(struct handshake *handshake, int64_t now_ns)
{
	struct target *target = &handshake->probe->link.target;
	int64_t age_ns = now_ns - handshake->departure_ns;
	if (age_ns < target_timeout_ns(target))
		return;
	/* The kernel may know of its end, and nobody looked yet. */
	if (socket_is_dialled(handshake->fd)) {
		conclude(handshake, dial_result(handshake->fd), now_ns);
		return;
	}
	if (!handshake->is_settled) {
		handshake->is_settled = true;
		target_timed_out(target, 1, now_ns);
	}
	if (age_ns >= patience_ns(target))
		conclude(handshake, -ETIMEDOUT, now_ns);
}

static void settle(struct link *link, int64_t now_ns)
{
	struct connect_probe *probe = probe_of(link);
	for (uint64_t i = probe->first; i < probe->next; i++) {
		struct handshake *handshake = handshake_of(probe, i);
		if (handshake->fd >= 0)
			settle_handshake(handshake, now_ns);
	}
	has_room(probe);
	set_alarm(probe);
}

/* Returns 0 if the handshake is done, -EINPROGRESS while it is under way, or another negative
 * errno; with handshake->fd below 0 nothing was sent. */
static int dial(struct handshake *handshake)
{
	const struct target *target = &handshake->probe->link.target;
	int error =
		dial_begin(&target->options, target->allowed, &handshake->address, &handshake->fd);
	if (handshake->fd < 0)
		return error;
	target->context->lookout.open++;
	event_assign(&handshake->event, target->context->base, handshake->fd, EV_WRITE, on_writable,
		handshake);
	if (error == -EINPROGRESS && event_add(&handshake->event, NULL) < 0)
		error = -ENOMEM;
	/* On this machine the answer is there at once. */
	if (!error || (error == -EINPROGRESS && socket_is_dialled(handshake->fd)))
		return dial_result(handshake->fd);
	if (error != -EINPROGRESS && error != -ECONNREFUSED)
		end(handshake);
	return error;
}

static bool send_probe(struct link *link, int64_t due_ns, int64_t now_ns)
{
	struct connect_probe *probe = probe_of(link);
	struct probe_context *context = link->target.context;
	if (!has_room(probe)) {
		settle(link, now_ns);
		if (!has_room(probe))
			return false;
	}
	struct handshake *handshake = handshake_of(probe, probe->next);
	handshake->address = *addresses_turn(&link->addresses);
	handshake->is_settled = false;
	handshake->departure_ns = clock_monotonic_ns();
	int error = dial(handshake);
	if (handshake->fd < 0) {
		note_failed(handshake, error, handshake->departure_ns);
		return false;
	}
	probe->next++;
	context->lookout.latest_ns = handshake->departure_ns;
	target_stats_sent(link->target.stats);
	live_histogram_record(&context->lag, handshake->departure_ns - due_ns);
	int64_t overdue_ns = handshake->departure_ns + target_timeout_ns(&link->target);
	if (error != -EINPROGRESS)
		conclude(handshake, error, clock_monotonic_ns());
	else if (link->alarm.due_ns > overdue_ns)
		link_set_alarm(link, overdue_ns);
	return true;
}

const struct probe_operations connect_probe_operations = {
	.init = init,
	.send = send_probe,
	.settle = settle,
	.abort = abandon,
	.clear = clear,
	.dials_each_time = true,
};
