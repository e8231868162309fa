/* SPDX-License-Identifier: MIT */
#include "page/findings.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A break makes the kernel send a segment again so many times at most; more is from dropped ones. */
#define RETRANSMITS_PER_BREAK 6

struct row {
	const char *code;
	/* How many; 0: there is nothing to say. */
	uint64_t (*count)(const struct target_values *values);
	const char *one; /* Of what, and what became of it: "probe late". */
	const char *many;
	const char *meaning;
};

static uint64_t count_disconnects(const struct target_values *values)
{
	uint64_t count = 0;
	for (unsigned i = 0; i < DISCONNECTS; i++)
		count += values->disconnects[i];
	return count;
}

static uint64_t count_breaks(const struct target_values *values)
{
	uint64_t breaks = count_disconnects(values);
	for (unsigned i = 0; i < CONNECT_FAILURES; i++)
		breaks += values->connect_failures[i];
	return breaks;
}

/* Whether more was sent again than breaks alone explain. */
static bool has_drops(const struct target_values *values)
{
	return values->tcp_retransmits > RETRANSMITS_PER_BREAK * count_breaks(values) ||
	       values->peer_tcp_retransmits > 0;
}

static uint64_t refused(const struct target_values *values)
{
	return values->connect_failures[CONNECT_FAILURE_REFUSED];
}

static uint64_t unreachable(const struct target_values *values)
{
	return values->connect_failures[CONNECT_FAILURE_UNREACHABLE];
}

static uint64_t unresolved(const struct target_values *values)
{
	return values->connect_failures[CONNECT_FAILURE_RESOLVE];
}

static uint64_t unanswered(const struct target_values *values)
{
	return values->connect_failures[CONNECT_FAILURE_TIMEOUT];
}

static uint64_t failed_here(const struct target_values *values)
{
	return values->connect_failures[CONNECT_FAILURE_LOCAL];
}

static uint64_t failed_otherwise(const struct target_values *values)
{
	return values->connect_failures[CONNECT_FAILURE_OTHER];
}

static uint64_t invalid(const struct target_values *values)
{
	return values->disconnects[DISCONNECT_INVALID];
}

static uint64_t reset(const struct target_values *values)
{
	return values->disconnects[DISCONNECT_RESET];
}

static uint64_t closed(const struct target_values *values)
{
	return values->disconnects[DISCONNECT_CLOSED];
}

static uint64_t stalled_path(const struct target_values *values)
{
	return values->tcp_retransmits > 0 ? values->disconnects[DISCONNECT_STALLED] : 0;
}

static uint64_t stalled_peer(const struct target_values *values)
{
	return values->tcp_retransmits > 0 ? 0 : values->disconnects[DISCONNECT_STALLED];
}

static uint64_t broken_otherwise(const struct target_values *values)
{
	return values->disconnects[DISCONNECT_OTHER];
}

static uint64_t unsent(const struct target_values *values)
{
	return values->unsent;
}

static uint64_t late_repaired(const struct target_values *values)
{
	return has_drops(values) ? values->late : 0;
}

static uint64_t late_slow(const struct target_values *values)
{
	return has_drops(values) ? 0 : values->late;
}

static uint64_t unreturned(const struct target_values *values)
{
	return values->timeouts - values->late - values->unsent;
}

static uint64_t lost(const struct target_values *values)
{
	return count_disconnects(values) > 0 ? unreturned(values) : 0;
}

/* Over a connection that holds TCP loses nothing; a handshake is a connection of its own. */
static uint64_t swallowed(const struct target_values *values)
{
	bool is_echo = values->connects < values->received;
	return count_disconnects(values) == 0 && is_echo ? unreturned(values) : 0;
}

static uint64_t retransmitted(const struct target_values *values)
{
	return has_drops(values) ? values->tcp_retransmits : 0;
}

static uint64_t retransmitted_by_peer(const struct target_values *values)
{
	return values->peer_tcp_retransmits;
}

static uint64_t slow_out(const struct target_values *values)
{
	return values->slow[SLOW_OUT];
}

static uint64_t slow_back(const struct target_values *values)
{
	return values->slow[SLOW_BACK];
}

static uint64_t slow_peer(const struct target_values *values)
{
	return values->slow[SLOW_PEER];
}

static uint64_t missed(const struct target_values *values)
{
	return values->missed_slots;
}

static uint64_t duplicates(const struct target_values *values)
{
	return values->duplicates;
}

/* In the order of the table in docs/reading-losses.md. */
static const struct row rows[] = {
	{"refused", refused, "attempt refused", "attempts refused",
		"nothing listens there, or a firewall answers"},
	{"unreachable", unreachable, "attempt without a route", "attempts without a route",
		"the network is down, or a router knows no way"},
	{"unresolved", unresolved, "look-up of the name failed", "look-ups of the name failed",
		"the name server is wrong or does not answer"},
	{"unanswered", unanswered, "attempt unanswered", "attempts unanswered",
		"the path is dead, or a firewall drops them"},
	{"failed_here", failed_here, "attempt failed on this machine",
		"attempts failed on this machine",
		"it had no file descriptor or no memory left, no fault of the network"},
	{"failed", failed_otherwise, "attempt failed", "attempts failed", "the log says why"},
	{"invalid", invalid, "connection with answers that are no echoes",
		"connections with answers that are no echoes", "the peer is not an echo server"},
	{"reset", reset, "connection reset", "connections reset",
		"a firewall, or a machine that has restarted"},
	{"closed", closed, "connection closed by the peer", "connections closed by the peer",
		"its program ended, or gives connections a limited time"},
	{"stalled_path", stalled_path, "connection stalled", "connections stalled",
		"the path was dead for more than a second, as segments were retransmitted in vain"},
	{"stalled_peer", stalled_peer, "connection stalled", "connections stalled",
		"the peer's program stopped, while its machine went on"},
	{"broken", broken_otherwise, "connection broken", "connections broken", "the log says why"},
	{"unsent", unsent, "probe unsent", "probes unsent",
		"there was no connection to send them over"},
	{"late_repaired", late_repaired, "probe late", "probes late",
		"the path dropped segments, and TCP repaired it"},
	{"late_slow", late_slow, "probe late", "probes late",
		"the path or the peer was slow, but nothing was dropped"},
	{"lost", lost, "probe without any reply", "probes without any reply",
		"under way when a connection broke"},
	{"swallowed", swallowed, "probe without any reply", "probes without any reply",
		"the peer's program did not return them, as no connection broke"},
	{"retransmitted", retransmitted, "segment retransmitted from here",
		"segments retransmitted from here", "the path there drops segments"},
	{"retransmitted_by_peer", retransmitted_by_peer, "segment retransmitted by the peer",
		"segments retransmitted by the peer", "the path back drops segments"},
	{"slow_out", slow_out, "probe slow on the way out", "probes slow on the way out",
		"a full queue, a detour or dropped segments in that direction"},
	{"slow_back", slow_back, "reply slow on the way back", "replies slow on the way back",
		"a full queue, a detour or dropped segments in that direction"},
	{"slow_peer", slow_peer, "probe slow at the peer", "probes slow at the peer",
		"its program or its machine was busy"},
	{"missed", missed, "slot missed", "slots missed",
		"this program did not get to run: its own fault, and no loss"},
	{"duplicates", duplicates, "reply came twice", "replies came twice",
		"the peer sends them again"},
};

unsigned findings_make(const struct target_values *values, struct finding findings[FINDINGS_MAX])
{
	_Static_assert(sizeof(rows) / sizeof(rows[0]) <= FINDINGS_MAX, "FINDINGS_MAX");
	unsigned made = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		uint64_t count = row->count(values);
		if (count == 0)
			continue;
		struct finding *finding = &findings[made++];
		finding->code = row->code;
		finding->count = count;
		snprintf(finding->text, sizeof(finding->text), "%" PRIu64 " %s: %s.", count,
			count == 1 ? row->one : row->many, row->meaning);
	}
	return made;
}
