/* SPDX-License-Identifier: MIT */
#include "probe/link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"
#include "base/clock.h"
#include "scripted.h"

#define S NS_PER_S
#define MS NS_PER_MS

/* A probe that only counts its calls. */
static struct {
	unsigned begun;
	unsigned sent;
	unsigned readable;
	unsigned settled;
	unsigned aborted;
	unsigned retired;
	bool refuses;
} calls;

static int init(struct link *link)
{
	(void)link;
	return 0;
}

static void begin(struct link *link, int64_t now_ns)
{
	(void)link;
	ck_assert_int_eq(now_ns, script.now_ns);
	calls.begun++;
}

static bool send_probe(struct link *link, int64_t due_ns, int64_t now_ns)
{
	(void)link;
	ck_assert_int_lt(due_ns, now_ns);
	calls.sent++;
	return !calls.refuses;
}

static void retire(struct connection *connection, int64_t now_ns)
{
	ck_assert_ptr_eq(connection, connection->link->retired);
	ck_assert_int_eq(now_ns, script.now_ns);
	calls.retired++;
}

static void readable(struct connection *connection, short what)
{
	(void)connection;
	(void)what;
	calls.readable++;
}

static void settle(struct link *link, int64_t now_ns)
{
	(void)link;
	ck_assert_int_eq(now_ns, script.now_ns);
	calls.settled++;
}

static void abandon(struct link *link)
{
	(void)link;
	calls.aborted++;
}

static void clear(struct link *link)
{
	(void)link;
}

static const struct probe_operations lasting = {
	.init = init,
	.begin = begin,
	.send = send_probe,
	.readable = readable,
	.retire = retire,
	.settle = settle,
	.abort = abandon,
	.clear = clear,
};

static const struct probe_operations dialling = {
	.init = init,
	.send = send_probe,
	.settle = settle,
	.abort = abandon,
	.clear = clear,
	.dials_each_time = true,
};

struct fixture {
	struct probe_context context;
	struct link link;
};

static void set_up(
	struct fixture *fixture, const char *address, const struct probe_operations *operations)
{
	struct target_options options = script_options(PROBE_KIND_ECHO);
	struct endpoint endpoint;
	const char *reason;
	memset(&calls, 0, sizeof(calls));
	script_begin(&fixture->context);
	ck_assert_int_eq(endpoint_parse(address, ENDPOINT_TO_DIAL, &endpoint, &reason), 0);
	ck_assert_int_eq(link_init(&fixture->link, operations, "server1", &endpoint, &options), 0);
	link_start(&fixture->link, &fixture->context, script.now_ns);
}

static void tear_down(struct fixture *fixture)
{
	link_abort(&fixture->link);
	link_clear(&fixture->link);
	script_end(&fixture->context);
}

static struct target_values values_of(const struct fixture *fixture)
{
	struct target_values values;
	target_stats_read(fixture->link.target.stats, &values);
	return values;
}

static uint64_t sum(const uint64_t *counts, size_t count)
{
	uint64_t total = 0;
	for (size_t i = 0; i < count; i++)
		total += counts[i];
	return total;
}

/* Lets the first attempt begin. */
static void begin_attempt(struct fixture *fixture)
{
	script_go_to(&fixture->context, script.now_ns);
}

static void connect_to_peer(struct fixture *fixture)
{
	begin_attempt(fixture);
	script_run(&fixture->context);
	ck_assert_int_eq(fixture->link.state, LINK_CONNECTED);
}

/* Leads to each state, by a name; the alarm is set as it is in that state. */
static void lead_to(struct fixture *fixture, enum link_state state)
{
	static const struct script_peer silent[] = {{'s', -EINPROGRESS, 0, true, false}};
	set_up(fixture, "name.example:4000", state == LINK_RESOLVED ? &dialling : &lasting);
	if (state == LINK_WAITING)
		return;
	begin_attempt(fixture);
	if (state == LINK_DIALLING) {
		script.peers = silent;
		script.peer_count = 1;
		script_answer("s", RESOLVER_FOUND);
	} else if (state != LINK_RESOLVING) {
		script_answer("abc", RESOLVER_FOUND);
		script_run(&fixture->context);
	}
	ck_assert_int_eq(fixture->link.state, state);
}

/* Refuses, does not answer, is unreachable, connects, connects at once. */
static const struct script_peer peers[] = {
	{'r', -EINPROGRESS, ECONNREFUSED, false, false},
	{'R', -ECONNREFUSED, 0, false, false},
	{'s', -EINPROGRESS, 0, true, false},
	{'t', -EINPROGRESS, 0, true, false},
	{'u', -ENETUNREACH, 0, false, false},
	{'i', 0, 0, false, true},
	{'o', 0, 0, false, false},
};

static const struct {
	const char *says;
	const char *addresses;
	char good;
	const char *dialled;
	bool is_connected;
	enum connect_failure failure;
	int64_t least_ns; /* How long that takes. */
	int64_t most_ns;
	const char *log;
} attempts[] = {
	{"the first that connects is used", "abc", '\0', "a", true, 0, 0, 0,
		"connected to 192.0.2.97:4000"},
	{"so is one that connects at once", "oa", '\0', "o", true, 0, 0, 0,
		"connected to 192.0.2.111:4000"},
	{"the good one first", "abc", 'c', "c", true, 0, 0, 0, "connected to 192.0.2.99:4000"},
	{"one refuses, the next connects", "ra", '\0', "ra", true, 0, 0, 0,
		"connected to 192.0.2.97:4000"},
	{"one refuses at once, the next connects", "Ra", '\0', "Ra", true, 0, 0, 0,
		"connected to 192.0.2.97:4000"},
	{"one is unreachable", "ua", '\0', "ua", true, 0, 0, 0, "connected to 192.0.2.97:4000"},
	{"one is the socket itself", "ia", '\0', "ia", true, 0, 0, 0,
		"connected to 192.0.2.97:4000"},
	{"one is silent: the next 250 ms later", "sa", '\0', "sa", true, 0, 250 * MS, 250 * MS,
		"connected to 192.0.2.97:4000"},
	{"two are silent", "sta", '\0', "sta", true, 0, 500 * MS, 500 * MS,
		"connected to 192.0.2.97:4000"},
	{"all kinds of failure first", "rRuisa", '\0', "rRuisa", true, 0, 250 * MS, 250 * MS,
		"connected to 192.0.2.97:4000"},
	{"it refuses", "r", '\0', "r", false, CONNECT_FAILURE_REFUSED, 0, 0,
		"down: connection refused by 192.0.2.114:4000"},
	{"it is the socket itself", "i", '\0', "i", false, CONNECT_FAILURE_REFUSED, 0, 0,
		"down: connection refused by 192.0.2.105:4000"},
	{"it is silent", "s", '\0', "s", false, CONNECT_FAILURE_TIMEOUT, 3 * S, 3 * S,
		"down: 192.0.2.115:4000 does not answer within 3s"},
	{"it is unreachable", "u", '\0', "u", false, CONNECT_FAILURE_UNREACHABLE, 0, 0,
		"down: 192.0.2.117:4000 is unreachable"},
	{"the last one's failure counts", "ur", '\0', "ur", false, CONNECT_FAILURE_REFUSED, 0, 0,
		"down: connection refused by 192.0.2.114:4000"},
	{"unless there is a good one", "ur", 'u', "ur", false, CONNECT_FAILURE_UNREACHABLE, 0, 0,
		"down: 192.0.2.117:4000 is unreachable"},
	{"a silent one does not hold up the next attempt", "rs", '\0', "rs", false,
		CONNECT_FAILURE_REFUSED, 375 * MS, 500 * MS,
		"down: connection refused by 192.0.2.114:4000"},
	{"wherever it stands", "sr", '\0', "sr", false, CONNECT_FAILURE_REFUSED, 625 * MS, 750 * MS,
		"down: connection refused by 192.0.2.114:4000"},
	{"silent ones together", "st", '\0', "st", false, CONNECT_FAILURE_TIMEOUT, 3250 * MS,
		3250 * MS, "down: 192.0.2.116:4000 does not answer within 3s"},
	{"one that is there twice", "ss", '\0', "s", false, CONNECT_FAILURE_TIMEOUT, 3 * S, 3 * S,
		"down: 192.0.2.115:4000 does not answer within 3s"},
};

/* Lets the next thing happen: what is ready, or else what is due. */
static void step(struct fixture *fixture)
{
	enum link_state state = fixture->link.state;
	unsigned events = script.opened + script.closed;
	script_run(&fixture->context);
	bool is_quiet = fixture->link.state == state && script.opened + script.closed == events;
	if (is_quiet && alarms_next_ns(&fixture->context.alarms) != ALARM_NEVER)
		script_go_to(&fixture->context, alarms_next_ns(&fixture->context.alarms));
}

START_TEST(an_attempt_dials_the_addresses)
{
	struct fixture fixture;
	set_up(&fixture, "name.example:4000", &lasting);
	script.peers = peers;
	script.peer_count = ROWS(peers);
	if (attempts[_i].good)
		fixture.link.addresses.good = script_address(attempts[_i].good);
	begin_attempt(&fixture);
	script_answer(attempts[_i].addresses, RESOLVER_FOUND);
	int64_t begun_ns = script.now_ns;
	/* The next attempt begins by asking again. */
	for (int i = 0; i < 50 && !fixture.link.query && fixture.link.failures == 0 &&
			fixture.link.state == LINK_DIALLING;
		i++)
		step(&fixture);
	const char *says = attempts[_i].says;
	struct target_values values = values_of(&fixture);
	ck_assert_msg(
		strcmp(script.dialled, attempts[_i].dialled) == 0, "%s: %s", says, script.dialled);
	int64_t took_ns = script.now_ns - begun_ns;
	ck_assert_msg(took_ns >= attempts[_i].least_ns && took_ns <= attempts[_i].most_ns,
		"%s: %lld", says, (long long)took_ns);
	ck_assert_msg(strcmp(script.log, attempts[_i].log) == 0, "%s: %s", says, script.log);
	ck_assert_msg(
		(fixture.link.state == LINK_CONNECTED) == attempts[_i].is_connected, "%s", says);
	ck_assert_uint_eq(values.connects, attempts[_i].is_connected ? 1 : 0);
	ck_assert_uint_eq(
		sum(values.connect_failures, CONNECT_FAILURES), attempts[_i].is_connected ? 0 : 1);
	if (!attempts[_i].is_connected)
		ck_assert_uint_eq(values.connect_failures[attempts[_i].failure], 1);
	ck_assert_uint_eq(calls.begun, attempts[_i].is_connected ? 1 : 0);
	/* Start-up is over in either case. */
	ck_assert(fixture.link.target.counts_unsent);
	tear_down(&fixture);
}
END_TEST

/* Small letters up to `m` do not answer; `x` is the one that matters. */
static const struct script_peer dead[] = {
	{'a', -EINPROGRESS, 0, true, false},
	{'b', -EINPROGRESS, 0, true, false},
	{'c', -EINPROGRESS, 0, true, false},
	{'d', -EINPROGRESS, 0, true, false},
	{'e', -EINPROGRESS, 0, true, false},
	{'f', -EINPROGRESS, 0, true, false},
	{'g', -EINPROGRESS, 0, true, false},
	{'h', -EINPROGRESS, 0, true, false},
	{'i', -EINPROGRESS, 0, true, false},
	{'j', -EINPROGRESS, 0, true, false},
	{'k', -EINPROGRESS, 0, true, false},
	{'l', -EINPROGRESS, 0, true, false},
	{'x', -EINPROGRESS, ECONNREFUSED, false, false},
};
#define DEAD (ROWS(dead) - 1)

static const struct {
	const char *addresses;
	int64_t first_ns; /* How long the first connection takes, with dead ones before. */
} names_of_many[] = {
	{"x", 0},
	{"xa", 0},
	{"ax", 250 * MS},
	{"abcx", 750 * MS},
	{"abcdefx", 1500 * MS},
	{"abxcdef", 500 * MS},
	{"xabcdefghijkl", 0},
	{"abcdefgx", 1750 * MS},
	/* No more than 8 at a time: the next one once the first has failed. */
	{"abcdefghx", 3 * S},
	{"abcdefghijklx", 4 * S},
};

/* Lets things happen until it is connected, answering whatever is asked; refuses_until_ns: x. */
static void connect_to_x(struct fixture *fixture, const char *addresses, int64_t refuses_until_ns)
{
	for (int i = 0; i < 1000 && fixture->link.state != LINK_CONNECTED; i++) {
		script.peer_count = script.now_ns < refuses_until_ns ? DEAD + 1 : DEAD;
		if (script.query)
			script_answer(addresses, RESOLVER_FOUND);
		step(fixture);
	}
	ck_assert_int_eq(fixture->link.state, LINK_CONNECTED);
	ck_assert_int_eq(script_letter(&fixture->link.connection->peer), 'x');
}

START_TEST(dead_addresses_cost_an_outage_nothing)
{
	struct fixture fixture;
	set_up(&fixture, "name.example:4000", &lasting);
	script.peers = dead;
	int64_t begun_ns = script.now_ns;
	const char *addresses = names_of_many[_i].addresses;
	begin_attempt(&fixture);
	connect_to_x(&fixture, addresses, 0);
	int64_t first_ns = script.now_ns - begun_ns;
	ck_assert_msg(
		first_ns == names_of_many[_i].first_ns, "%s: %lld", addresses, (long long)first_ns);
	link_note_reply(&fixture.link, fixture.link.connection, script.now_ns);
	/* It restarts, which takes 3 s: pauses of 0.5, 1, 2, 4 s, less a quarter. */
	link_lose(&fixture.link, DISCONNECT_RESET, script.now_ns);
	int64_t lost_ns = script.now_ns;
	connect_to_x(&fixture, addresses, lost_ns + 3 * S);
	int64_t outage_ns = script.now_ns - lost_ns;
	ck_assert_msg(outage_ns >= 3 * S && outage_ns <= 7 * S, "%s: %lld", addresses,
		(long long)outage_ns);
	ck_assert_uint_eq(values_of(&fixture).moves, 0);
	tear_down(&fixture);
}
END_TEST

START_TEST(of_many_dead_addresses_each_attempt_dials_others)
{
	struct fixture fixture;
	set_up(&fixture, "name.example:4000", &lasting);
	script.peers = dead;
	script.peer_count = ROWS(dead);
	begin_attempt(&fixture);
	/* The first refuses, so attempts end early. */
	for (int i = 0; i < 200; i++) {
		if (script.query)
			script_answer("xabcdefghijkl", RESOLVER_FOUND);
		step(&fixture);
		ck_assert_uint_le(script.opened - script.closed, 8);
	}
	for (const char *letter = "abcdefghijkl"; *letter; letter++)
		ck_assert_ptr_nonnull(strchr(script.dialled, *letter));
	tear_down(&fixture);
}
END_TEST

START_TEST(without_spare_sockets_addresses_wait_for_each_other)
{
	struct fixture fixture;
	set_up(&fixture, "name.example:4000", &lasting);
	script.peers = peers;
	script.peer_count = ROWS(peers);
	fixture.context.spare_sockets = 0;
	begin_attempt(&fixture);
	int64_t begun_ns = script.now_ns;
	script_answer("sa", RESOLVER_FOUND);
	for (int i = 0; i < 50 && fixture.link.state == LINK_DIALLING; i++)
		step(&fixture);
	ck_assert_str_eq(script.dialled, "sa");
	ck_assert_int_eq(script.now_ns - begun_ns, 3 * S);
	ck_assert_int_eq(fixture.link.state, LINK_CONNECTED);
	fixture.context.spare_sockets = SCRIPT_SPARE_SOCKETS;
	tear_down(&fixture);
}
END_TEST

static void drain(int far_fd)
{
	char bytes[4096];
	while (recv(far_fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

/* One refuses, the other answers later than the next attempt begins. */
START_TEST(an_address_may_answer_after_its_attempt)
{
	struct fixture fixture;
	set_up(&fixture, "name.example:4000", &lasting);
	script.peers = peers;
	script.peer_count = ROWS(peers);
	begin_attempt(&fixture);
	script_answer("rs", RESOLVER_FOUND);
	while (!script.query)
		step(&fixture);
	ck_assert_int_eq(fixture.link.state, LINK_RESOLVING);
	if (_i > 0)
		script_answer("rs", RESOLVER_FOUND);
	script_each_peer(drain);
	script_run(&fixture.context);
	ck_assert_int_eq(fixture.link.state, LINK_CONNECTED);
	ck_assert_int_eq(script_letter(&fixture.link.connection->peer), 's');
	ck_assert_uint_eq(values_of(&fixture).connects, 1);
	ck_assert_uint_eq(script.opened - script.closed, 1);
	tear_down(&fixture);
}
END_TEST

static const struct {
	const char *says;
	const char *before;
	const char *answer; /* NULL: a failure. */
	enum resolver_result failure;
	const char *dialled; /* Because of the answer. */
	char peer;
	unsigned moves;
} refreshes[] = {
	{"nothing changes", "ab", "ab", 0, "", 'a', 0},
	{"another order", "ab", "ba", 0, "", 'a', 0},
	{"one more", "ab", "cab", 0, "", 'a', 0},
	{"one less", "ab", "a", 0, "", 'a', 0},
	{"no word from the name servers", "ab", NULL, RESOLVER_FAILED, "", 'a', 0},
	{"there is no such name", "ab", NULL, RESOLVER_NOT_FOUND, "", 'a', 0},
	{"another address", "a", "b", 0, "b", 'b', 1},
	{"others", "ab", "bc", 0, "b", 'b', 1},
	{"another family", "a", "B", 0, "B", 'B', 1},
	{"the new one connects at once", "a", "o", 0, "o", 'o', 1},
	{"the first of the new ones refuses", "a", "rb", 0, "rb", 'b', 1},
	{"the first of the new ones is silent", "a", "sb", 0, "sb", 'b', 1},
	{"the new one refuses", "a", "r", 0, "r", 'a', 0},
	{"the new one is silent", "a", "s", 0, "s", 'a', 0},
};

/* Until nothing more happens within the time of a handshake. */
static void settle_down(struct fixture *fixture)
{
	int64_t until_ns = script.now_ns + 4 * S;
	while (script.now_ns < until_ns) {
		script_run(&fixture->context);
		script_go_to(&fixture->context, script.now_ns + 50 * MS);
	}
}

START_TEST(a_name_that_moves_is_followed)
{
	struct fixture fixture;
	set_up(&fixture, "name.example:4000", &lasting);
	script.peers = peers;
	script.peer_count = ROWS(peers);
	begin_attempt(&fixture);
	script_answer(refreshes[_i].before, RESOLVER_FOUND);
	script_run(&fixture.context);
	size_t dialled = strlen(script.dialled);
	int64_t due_ns = fixture.link.resolve_due_ns;
	ck_assert_int_ge(due_ns, script.now_ns + 30 * S);
	ck_assert_int_le(due_ns, script.now_ns + 31 * S);
	script_go_to(&fixture.context, due_ns - 1);
	link_use_slot(&fixture.link, script.now_ns - 1, script.now_ns);
	ck_assert_ptr_null(script.query);
	script_go_to(&fixture.context, due_ns);
	link_use_slot(&fixture.link, script.now_ns - 1, script.now_ns);
	ck_assert_ptr_nonnull(script.query);
	script_answer(refreshes[_i].answer, refreshes[_i].failure);
	settle_down(&fixture);
	const char *says = refreshes[_i].says;
	struct target_values values = values_of(&fixture);
	ck_assert_msg(strcmp(script.dialled + dialled, refreshes[_i].dialled) == 0, "%s: %s", says,
		script.dialled);
	ck_assert_msg(
		script_letter(&fixture.link.connection->peer) == refreshes[_i].peer, "%s", says);
	ck_assert_msg(values.moves == refreshes[_i].moves, "%s", says);
	ck_assert_uint_eq(calls.retired, refreshes[_i].moves);
	ck_assert_uint_eq(values.connects, 1 + refreshes[_i].moves);
	ck_assert_uint_eq(sum(values.connect_failures, CONNECT_FAILURES), 0);
	ck_assert_uint_eq(sum(values.disconnects, DISCONNECTS), 0);
	ck_assert(values.connected);
	if (refreshes[_i].moves > 0) {
		char line[64] = "moved from 192.0.2.97:4000 to ";
		ck_assert_int_eq(strncmp(script.log, line, strlen(line)), 0);
		ck_assert_ptr_nonnull(strstr(script.log, values.peer));
		link_drop_retired(&fixture.link);
	}
	ck_assert_uint_eq(script.opened - script.closed, 1);
	tear_down(&fixture);
}
END_TEST

/* Allowed are a, b and c. */
static const struct {
	const char *says;
	const char *before;
	const char *answer; /* The next one; NULL: there is none. */
	const char *dialled;
	char peer; /* NUL: it is not connected. */
	uint64_t failures;
} forbidden[] = {
	{"all of them", "xy", NULL, "", '\0', 1},
	{"of IPv6", "A", NULL, "", '\0', 1},
	{"the first", "xa", NULL, "a", 'a', 0},
	{"all but the last", "xyzb", NULL, "b", 'b', 0},
	{"the name moves there", "a", "x", "a", 'a', 0},
	{"the name moves there and elsewhere", "a", "xb", "ab", 'b', 0},
	{"the name moves to what is allowed", "a", "c", "ac", 'c', 0},
};

START_TEST(what_is_not_allowed_is_never_dialled)
{
	struct fixture fixture;
	struct destinations allowed = {0};
	const char *reason;
	const char *says = forbidden[_i].says;
	set_up(&fixture, "name.example:4000", &lasting);
	ck_assert_int_eq(destinations_add(&allowed, "192.0.2.96/30:4000", &reason), 0);
	fixture.link.target.allowed = &allowed;
	begin_attempt(&fixture);
	script_answer(forbidden[_i].before, RESOLVER_FOUND);
	script_run(&fixture.context);
	if (forbidden[_i].answer) {
		script_go_to(&fixture.context, fixture.link.resolve_due_ns);
		link_use_slot(&fixture.link, script.now_ns - 1, script.now_ns);
		script_answer(forbidden[_i].answer, RESOLVER_FOUND);
		script_run(&fixture.context);
	}
	struct target_values values = values_of(&fixture);
	ck_assert_msg(
		strcmp(script.dialled, forbidden[_i].dialled) == 0, "%s: %s", says, script.dialled);
	ck_assert_msg(values.connect_failures[CONNECT_FAILURE_OTHER] == forbidden[_i].failures,
		"%s", says);
	ck_assert_msg(values.connected == (forbidden[_i].peer != '\0'), "%s", says);
	if (values.connected)
		ck_assert_msg(script_letter(&fixture.link.connection->peer) == forbidden[_i].peer,
			"%s", says);
	else
		ck_assert_ptr_nonnull(strstr(script.log, " is not among what may be probed"));
	link_drop_retired(&fixture.link);
	tear_down(&fixture);
	destinations_clear(&allowed);
}
END_TEST

START_TEST(a_name_is_not_asked_for_more_often_than_all_5_s)
{
	struct fixture fixture;
	set_up(&fixture, "name.example:4000", &lasting);
	script.valid_ns = 0;
	begin_attempt(&fixture);
	script_answer("a", RESOLVER_FOUND);
	script_run(&fixture.context);
	ck_assert_int_ge(fixture.link.resolve_due_ns, script.now_ns + 5 * S);
	ck_assert_int_le(fixture.link.resolve_due_ns, script.now_ns + 6 * S);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_move_is_counted_if_the_connection_was_lost_before)
{
	struct fixture fixture;
	set_up(&fixture, "name.example:4000", &lasting);
	begin_attempt(&fixture);
	script_answer("ab", RESOLVER_FOUND);
	script_run(&fixture.context);
	/* To another address that the name has: no move. */
	static const struct script_peer gone[] = {{'a', -ECONNREFUSED, 0, false, false}};
	script.peers = gone;
	script.peer_count = 1;
	link_lose(&fixture.link, DISCONNECT_RESET, script.now_ns);
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	script_answer("ab", RESOLVER_FOUND);
	script_run(&fixture.context);
	ck_assert_uint_eq(values_of(&fixture).connects, 2);
	ck_assert_uint_eq(values_of(&fixture).moves, 0);
	link_lose(&fixture.link, DISCONNECT_RESET, script.now_ns);
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	script_answer("c", RESOLVER_FOUND);
	script_run(&fixture.context);
	ck_assert_uint_eq(values_of(&fixture).connects, 3);
	ck_assert_uint_eq(values_of(&fixture).moves, 1);
	ck_assert_str_eq(script.log, "moved from 192.0.2.98:4000 to 192.0.2.99:4000");
	tear_down(&fixture);
}
END_TEST

START_TEST(the_old_connection_may_break_before_the_new_one_is_there)
{
	struct fixture fixture;
	set_up(&fixture, "name.example:4000", &lasting);
	script.peers = peers;
	script.peer_count = ROWS(peers);
	begin_attempt(&fixture);
	script_answer("a", RESOLVER_FOUND);
	script_run(&fixture.context);
	script_go_to(&fixture.context, fixture.link.resolve_due_ns);
	link_use_slot(&fixture.link, script.now_ns - 1, script.now_ns);
	script_answer("s", RESOLVER_FOUND);
	link_lose(&fixture.link, DISCONNECT_RESET, script.now_ns);
	ck_assert_int_eq(fixture.link.state, LINK_WAITING);
	script_each_peer(drain);
	script_run(&fixture.context);
	ck_assert_int_eq(fixture.link.state, LINK_CONNECTED);
	ck_assert_int_eq(script_letter(&fixture.link.connection->peer), 's');
	ck_assert_uint_eq(values_of(&fixture).moves, 1);
	ck_assert_uint_eq(calls.retired, 0);
	tear_down(&fixture);
}
END_TEST

START_TEST(local_failures_are_logged)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.97:4000", &lasting);
	script.open_error = -EMFILE;
	begin_attempt(&fixture);
	ck_assert_str_eq(
		script.log, "down: no file descriptors left to connect to 192.0.2.97:4000");
	ck_assert_uint_eq(values_of(&fixture).connect_failures[CONNECT_FAILURE_LOCAL], 1);
	tear_down(&fixture);
	set_up(&fixture, "name.example:4000", &lasting);
	script.ask_error = -ENOMEM;
	begin_attempt(&fixture);
	ck_assert_str_eq(script.log, "down: cannot resolve name.example:4000: out of memory");
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	ck_assert_uint_eq(values_of(&fixture).connect_failures[CONNECT_FAILURE_RESOLVE], 2);
	ck_assert_int_eq(fixture.link.state, LINK_WAITING);
	tear_down(&fixture);
}
END_TEST

/* When the next attempt is due after a number of failures; jitter takes off up to a quarter. */
static const struct {
	const char *says;
	unsigned before; /* Attempts that failed before this one. */
	int64_t lasted_ns;
	int64_t least_ns; /* After the end of the attempt. */
	int64_t most_ns;
} retries[] = {
	{"the first failure", 0, 0, 375 * MS, 500 * MS},
	{"the second", 1, 0, 750 * MS, 1000 * MS},
	{"the third", 2, 0, 1500 * MS, 2000 * MS},
	{"the fourth", 3, 0, 3000 * MS, 4000 * MS},
	{"the fifth and all after it", 4, 0, 3750 * MS, 5000 * MS},
	{"the hundredth", 99, 0, 3750 * MS, 5000 * MS},
	{"the pause begins with the attempt", 4, 3 * S, 750 * MS, 2000 * MS},
	{"but is never shorter than the first one", 1, 3 * S, 375 * MS, 500 * MS},
};

START_TEST(pauses_between_attempts_grow)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.115:4000", &lasting);
	fixture.context.random = (uint32_t)_i + 1;
	fixture.link.failures = retries[_i].before;
	script.peers = peers;
	script.peer_count = ROWS(peers);
	begin_attempt(&fixture);
	ck_assert_int_eq(fixture.link.state, LINK_DIALLING);
	if (retries[_i].lasted_ns > 0) {
		script_go_to(&fixture.context, script.now_ns + retries[_i].lasted_ns);
	} else {
		static const struct script_peer refuses[] = {{'s', 0, ECONNREFUSED, false, false}};
		tear_down(&fixture);
		set_up(&fixture, "192.0.2.115:4000", &lasting);
		fixture.context.random = (uint32_t)_i + 1;
		fixture.link.failures = retries[_i].before;
		script.peers = refuses;
		script.peer_count = 1;
		begin_attempt(&fixture);
	}
	ck_assert_int_eq(fixture.link.state, LINK_WAITING);
	ck_assert_uint_eq(fixture.link.failures, retries[_i].before + 1);
	int64_t pause_ns = fixture.link.alarm.due_ns - script.now_ns;
	ck_assert_msg(pause_ns >= retries[_i].least_ns && pause_ns <= retries[_i].most_ns,
		"%s: %lld", retries[_i].says, (long long)pause_ns);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_connection_that_carried_a_reply_resets_the_pauses)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.97:4000", &lasting);
	connect_to_peer(&fixture);
	fixture.link.failures = 7;
	link_lose(&fixture.link, DISCONNECT_CLOSED, script.now_ns);
	ck_assert_uint_eq(fixture.link.failures, 8);
	ck_assert_int_ge(fixture.link.alarm.due_ns - script.now_ns, 3750 * MS);
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	script_run(&fixture.context);
	ck_assert_int_eq(fixture.link.state, LINK_CONNECTED);
	unsigned changes = script.changes;
	link_note_reply(&fixture.link, fixture.link.connection, script.now_ns);
	link_note_reply(&fixture.link, fixture.link.connection, script.now_ns);
	ck_assert_uint_eq(script.changes, changes + 1);
	ck_assert(script.is_up);
	ck_assert_uint_eq(fixture.link.failures, 0);
	link_lose(&fixture.link, DISCONNECT_CLOSED, script.now_ns);
	ck_assert_int_le(fixture.link.alarm.due_ns - script.now_ns, 500 * MS);
	/* Only a reply suggests that the next connection will work as well. */
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	script_run(&fixture.context);
	ck_assert(!script.is_up);
	link_note_reply(&fixture.link, fixture.link.connection, script.now_ns);
	ck_assert(script.is_up);
	tear_down(&fixture);
}
END_TEST

static const struct {
	enum disconnect reason;
	bool is_abortive;
	const char *log;
} losses[] = {
	{DISCONNECT_CLOSED, false,
		"down: the connection to 192.0.2.97:4000 was closed by the peer"},
	{DISCONNECT_RESET, false, "down: the connection to 192.0.2.97:4000 was reset by the peer"},
	{DISCONNECT_STALLED, true,
		"down: the connection to 192.0.2.97:4000 was stalled: no replies"},
	{DISCONNECT_INVALID, true,
		"down: the connection to 192.0.2.97:4000 was dropped: the reply was not an echo"},
	{DISCONNECT_OTHER, false, "down: the connection to 192.0.2.97:4000 was broken"},
};

START_TEST(each_end_of_a_connection_is_counted_logged_and_followed_by_an_attempt)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.97:4000", &lasting);
	connect_to_peer(&fixture);
	ck_assert(values_of(&fixture).connected);
	script.now_ns += 3600 * S;
	link_lose(&fixture.link, losses[_i].reason, script.now_ns);
	struct target_values values = values_of(&fixture);
	ck_assert_uint_eq(values.disconnects[losses[_i].reason], 1);
	ck_assert_uint_eq(sum(values.disconnects, DISCONNECTS), 1);
	ck_assert(!values.connected);
	ck_assert_str_eq(values.peer, "192.0.2.97:4000");
	ck_assert_str_eq(script.log, losses[_i].log);
	ck_assert_int_eq(script.was_reset, losses[_i].is_abortive);
	ck_assert_ptr_null(fixture.link.connection);
	ck_assert_uint_eq(calls.aborted, 1);
	ck_assert_int_eq(fixture.link.state, LINK_WAITING);
	ck_assert_int_gt(fixture.link.alarm.due_ns, script.now_ns);
	ck_assert_int_le(fixture.link.alarm.due_ns, script.now_ns + 500 * MS);
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	script_run(&fixture.context);
	ck_assert_uint_eq(values_of(&fixture).connects, 2);
	tear_down(&fixture);
}
END_TEST

/* An answer from the resolver, in each state. */
static const struct {
	enum link_state state;
	const char *says;
	const char *letters; /* NULL: a failure. */
	enum link_state state_then;
	const char *dialled_then; /* In the next turn. */
	unsigned failures_then;
} answers[] = {
	{LINK_RESOLVING, "the answer it waits for", "xy", LINK_DIALLING, "x", 0},
	{LINK_RESOLVING, "there is no such name", NULL, LINK_WAITING, "", 1},
	{LINK_DIALLING, "a late one does not disturb what is being dialled", "sx", LINK_DIALLING,
		"s", 0},
	{LINK_DIALLING, "a late failure changes nothing", NULL, LINK_DIALLING, "s", 0},
	{LINK_CONNECTED, "the name has moved", "xy", LINK_CONNECTED, "ax", 0},
	{LINK_CONNECTED, "it has not", "xa", LINK_CONNECTED, "a", 0},
	{LINK_CONNECTED, "a late failure is dropped", NULL, LINK_CONNECTED, "a", 0},
	{LINK_WAITING, "for the next attempt it would be stale", "xy", LINK_WAITING, "", 0},
	{LINK_WAITING, "so would a failure", NULL, LINK_WAITING, "", 0},
	{LINK_RESOLVED, "a refresh", "xy", LINK_RESOLVED, "", 0},
	{LINK_RESOLVED, "a failed refresh keeps the old addresses", NULL, LINK_RESOLVED, "", 0},
};

/* A query that may be pending in any state. */
static void ask(struct fixture *fixture)
{
	if (fixture->link.query)
		return;
	const struct resolver_question question = {.owner = &fixture->link};
	ck_assert_int_eq(resolver_ask(NULL, NULL, &question, &fixture->link.query), 0);
}

START_TEST(each_state_handles_an_answer_in_its_own_way)
{
	struct fixture fixture;
	lead_to(&fixture, answers[_i].state);
	ask(&fixture);
	script_answer(answers[_i].letters, RESOLVER_NOT_FOUND);
	ck_assert_ptr_null(fixture.link.query);
	ck_assert_msg(fixture.link.state == answers[_i].state_then, "%s", answers[_i].says);
	ck_assert_msg(strcmp(script.dialled, answers[_i].dialled_then) == 0, "%s: %s",
		answers[_i].says, script.dialled);
	ck_assert_uint_eq(values_of(&fixture).connect_failures[CONNECT_FAILURE_RESOLVE],
		answers[_i].failures_then);
	if (answers[_i].state == LINK_DIALLING && answers[_i].letters) {
		script_go_to(&fixture.context, fixture.link.alarm.due_ns);
		ck_assert_str_eq(script.dialled, "sx");
	}
	if (answers[_i].state == LINK_RESOLVED)
		ck_assert_int_eq(script_letter(addresses_turn(&fixture.link.addresses)),
			answers[_i].letters ? 'x' : 'a');
	tear_down(&fixture);
}
END_TEST

START_TEST(a_name_that_hangs_is_counted_once)
{
	struct fixture fixture;
	lead_to(&fixture, LINK_RESOLVING);
	int64_t asked_ns = script.now_ns;
	ck_assert_int_eq(fixture.link.alarm.due_ns, asked_ns + 3 * S);
	script_go_to(&fixture.context, asked_ns + 10 * S);
	ck_assert_str_eq(script.log, "down: name.example:4000 does not resolve within 3s");
	ck_assert_int_eq(fixture.link.state, LINK_RESOLVING);
	ck_assert(fixture.link.target.counts_unsent);
	ck_assert_uint_eq(values_of(&fixture).connect_failures[CONNECT_FAILURE_RESOLVE], 1);
	/* Its answer is welcome whenever it comes; the failure has already been counted. */
	script_answer(NULL, RESOLVER_FAILED);
	ck_assert_uint_eq(values_of(&fixture).connect_failures[CONNECT_FAILURE_RESOLVE], 1);
	ck_assert_int_eq(fixture.link.state, LINK_WAITING);
	/* The next attempt counts again. */
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	script_answer(NULL, RESOLVER_FAILED);
	ck_assert_uint_eq(values_of(&fixture).connect_failures[CONNECT_FAILURE_RESOLVE], 2);
	tear_down(&fixture);
}
END_TEST

START_TEST(while_a_known_name_hangs_its_last_address_is_dialled)
{
	struct fixture fixture;
	lead_to(&fixture, LINK_CONNECTED);
	link_lose(&fixture.link, DISCONNECT_RESET, script.now_ns);
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	ck_assert_int_eq(fixture.link.state, LINK_RESOLVING);
	ck_assert_int_eq(fixture.link.alarm.due_ns, script.now_ns + S);
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	ck_assert_str_eq(script.dialled, "aa");
	script_run(&fixture.context);
	ck_assert_int_eq(fixture.link.state, LINK_CONNECTED);
	ck_assert_uint_eq(values_of(&fixture).connect_failures[CONNECT_FAILURE_RESOLVE], 0);
	/* The query is still pending, so another attempt does not ask again. */
	unsigned asked = script.asked;
	link_lose(&fixture.link, DISCONNECT_RESET, script.now_ns);
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	ck_assert_uint_eq(script.asked, asked);
	script_answer("b", RESOLVER_FOUND);
	ck_assert_str_eq(script.dialled, "aab");
	tear_down(&fixture);
}
END_TEST

static const struct {
	const char *says;
	enum resolver_result result;
	bool is_dialled;
} known_names[] = {
	{"no word from the name servers", RESOLVER_FAILED, true},
	{"the name is gone", RESOLVER_NOT_FOUND, false},
};

START_TEST(a_known_name_that_cannot_be_asked_for_is_dialled_at_once)
{
	struct fixture fixture;
	lead_to(&fixture, LINK_CONNECTED);
	link_lose(&fixture.link, DISCONNECT_RESET, script.now_ns);
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	ck_assert_int_eq(fixture.link.state, LINK_RESOLVING);
	script_answer(NULL, known_names[_i].result);
	bool is_dialled = known_names[_i].is_dialled;
	ck_assert_msg(strcmp(script.dialled, is_dialled ? "aa" : "a") == 0, "%s: %s",
		known_names[_i].says, script.dialled);
	ck_assert_uint_eq(
		values_of(&fixture).connect_failures[CONNECT_FAILURE_RESOLVE], is_dialled ? 0 : 1);
	script_run(&fixture.context);
	ck_assert_int_eq(fixture.link.state, is_dialled ? LINK_CONNECTED : LINK_WAITING);
	tear_down(&fixture);
}
END_TEST

START_TEST(numeric_addresses_need_no_resolver)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.97:4000", &lasting);
	connect_to_peer(&fixture);
	ck_assert_uint_eq(script.asked, 0);
	ck_assert_str_eq(script.dialled, "a");
	tear_down(&fixture);
}
END_TEST

START_TEST(a_target_that_dials_with_each_probe_is_resolved_and_never_connected)
{
	struct fixture fixture;
	lead_to(&fixture, LINK_RESOLVED);
	ck_assert_str_eq(script.dialled, "");
	ck_assert(!values_of(&fixture).connected);
	ck_assert(fixture.link.target.counts_unsent);
	ck_assert_int_eq(fixture.link.alarm.due_ns, ALARM_NEVER);
	/* A refresh asks once, however long the answer takes. */
	unsigned asked = script.asked;
	for (int i = 0; i < 2; i++) {
		script.now_ns = fixture.link.resolve_due_ns;
		link_use_slot(&fixture.link, script.now_ns - 1, script.now_ns);
		ck_assert_uint_eq(script.asked, asked + 1);
		ck_assert_int_eq(fixture.link.resolve_due_ns, script.now_ns + 30 * S);
	}
	tear_down(&fixture);
}
END_TEST

/* What the alarm does in each state, and what a slot does. */
static const struct {
	enum link_state state;
	enum link_state state_then;
	unsigned settled;
	unsigned sent;
} states[] = {
	{LINK_WAITING, LINK_RESOLVING, 0, 0},
	{LINK_RESOLVING, LINK_RESOLVING, 0, 0},
	{LINK_DIALLING, LINK_WAITING, 0, 0},
	{LINK_CONNECTED, LINK_CONNECTED, 1, 1},
	{LINK_RESOLVED, LINK_RESOLVED, 1, 1},
};

START_TEST(each_state_handles_an_alarm_in_its_own_way)
{
	struct fixture fixture;
	lead_to(&fixture, states[_i].state);
	link_set_alarm(&fixture.link, ALARM_NEVER);
	link_on_alarm(&fixture.link.alarm, script.now_ns);
	ck_assert_int_eq(fixture.link.state, states[_i].state_then);
	ck_assert_uint_eq(calls.settled, states[_i].settled);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_slot_is_unsent_unless_a_probe_can_be_sent)
{
	struct fixture fixture;
	lead_to(&fixture, states[_i].state);
	/* During start-up nothing is counted. */
	fixture.link.target.counts_unsent = false;
	link_use_slot(&fixture.link, script.now_ns - 1, script.now_ns);
	ck_assert_uint_eq(calls.sent, states[_i].sent);
	ck_assert_uint_eq(values_of(&fixture).unsent, 0);
	fixture.link.target.counts_unsent = true;
	link_use_slot(&fixture.link, script.now_ns - 1, script.now_ns);
	ck_assert_uint_eq(values_of(&fixture).unsent, states[_i].sent ? 0 : 1);
	calls.refuses = true;
	link_use_slot(&fixture.link, script.now_ns - 1, script.now_ns);
	ck_assert_uint_eq(values_of(&fixture).unsent, states[_i].sent ? 1 : 2);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_link_can_be_stopped_in_each_state)
{
	struct fixture fixture;
	lead_to(&fixture, states[_i].state);
	ask(&fixture);
	link_abort(&fixture.link);
	ck_assert_uint_eq(script.opened, script.closed);
	ck_assert_ptr_null(script.query->owner);
	ck_assert_int_eq(alarms_next_ns(&fixture.context.alarms), ALARM_NEVER);
	/* The answer has no owner any more. */
	script_answer("a", RESOLVER_FOUND);
	link_abort(&fixture.link);
	tear_down(&fixture);
}
END_TEST

static const struct {
	const char *says;
	bool has_facts;
	uint32_t retransmits;
	int64_t rtt_ns;
	int64_t connect_ns;
} handshakes[] = {
	{"timed by the kernel", true, 0, 7 * MS, 7 * MS},
	{"a SYN was retransmitted: as it was seen", true, 1, 7 * MS, 50 * MS},
	{"the kernel does not know", true, 0, -1, 50 * MS},
	{"the kernel does not say", false, 0, 7 * MS, 50 * MS},
};

START_TEST(the_handshakes_time_is_the_kernels_if_it_knows)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.97:4000", &lasting);
	begin_attempt(&fixture);
	script.has_facts = handshakes[_i].has_facts;
	script.facts = (struct tcp_facts){
		.retransmits = handshakes[_i].retransmits, .rtt_ns = handshakes[_i].rtt_ns};
	script.now_ns += 50 * MS;
	script_run(&fixture.context);
	ck_assert_msg(values_of(&fixture).last_connect_ns == handshakes[_i].connect_ns, "%s",
		handshakes[_i].says);
	tear_down(&fixture);
}
END_TEST

START_TEST(retransmissions_add_up_over_attempts_and_connections)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.115:4000", &lasting);
	script.peers = peers;
	script.peer_count = ROWS(peers);
	script.has_facts = true;
	script.facts = (struct tcp_facts){.retransmits = 2, .rtt_ns = 5 * MS, .min_rtt_ns = 4 * MS};
	begin_attempt(&fixture);
	script_go_to(&fixture.context, script.now_ns + 3 * S);
	/* The SYNs of an attempt that failed. */
	ck_assert_uint_eq(values_of(&fixture).tcp_retransmits, 2);
	script.peer_count = 0;
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	script.facts.retransmits = 1;
	script_run(&fixture.context);
	ck_assert_int_eq(fixture.link.state, LINK_CONNECTED);
	link_read_tcp_info(&fixture.link);
	ck_assert_uint_eq(values_of(&fixture).tcp_retransmits, 3);
	script.facts.retransmits = 4;
	link_read_tcp_info(&fixture.link);
	link_read_tcp_info(&fixture.link);
	ck_assert_uint_eq(values_of(&fixture).tcp_retransmits, 6);
	ck_assert_int_eq(values_of(&fixture).tcp_rtt_ns, 5 * MS);
	ck_assert_int_eq(values_of(&fixture).tcp_min_rtt_ns, 4 * MS);
	/* What came since the last reading is added at the end. */
	script.facts.retransmits = 9;
	link_lose(&fixture.link, DISCONNECT_STALLED, script.now_ns);
	ck_assert_uint_eq(values_of(&fixture).tcp_retransmits, 11);
	/* Another connection counts from 0. */
	script_go_to(&fixture.context, fixture.link.alarm.due_ns);
	script.facts.retransmits = 2;
	script_run(&fixture.context);
	link_read_tcp_info(&fixture.link);
	ck_assert_uint_eq(values_of(&fixture).tcp_retransmits, 13);
	tear_down(&fixture);
}
END_TEST

START_TEST(missing_timestamps_are_noted_in_the_context)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.97:4000", &lasting);
	script.has_timestamps = false;
	connect_to_peer(&fixture);
	ck_assert(!fixture.context.has_timestamps);
	tear_down(&fixture);
}
END_TEST

START_TEST(what_the_peer_sends_goes_to_the_probe)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.97:4000", &lasting);
	connect_to_peer(&fixture);
	script_run(&fixture.context);
	ck_assert_uint_eq(calls.readable, 0);
	ck_assert_int_eq(send(script.far_fd, "x", 1, 0), 1);
	script_run(&fixture.context);
	ck_assert_uint_eq(calls.readable, 1);
	/* Edge-triggered events report only what is new. */
	script_run(&fixture.context);
	ck_assert_uint_eq(calls.readable, 1);
	tear_down(&fixture);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("link");
	tcase_add_loop_test(tcase, an_attempt_dials_the_addresses, 0, ROWS(attempts));
	tcase_add_loop_test(tcase, dead_addresses_cost_an_outage_nothing, 0, ROWS(names_of_many));
	tcase_add_test(tcase, of_many_dead_addresses_each_attempt_dials_others);
	tcase_add_test(tcase, without_spare_sockets_addresses_wait_for_each_other);
	tcase_add_loop_test(tcase, an_address_may_answer_after_its_attempt, 0, 2);
	tcase_add_loop_test(tcase, a_name_that_moves_is_followed, 0, ROWS(refreshes));
	tcase_add_loop_test(tcase, what_is_not_allowed_is_never_dialled, 0, ROWS(forbidden));
	tcase_add_test(tcase, a_name_is_not_asked_for_more_often_than_all_5_s);
	tcase_add_test(tcase, a_move_is_counted_if_the_connection_was_lost_before);
	tcase_add_test(tcase, the_old_connection_may_break_before_the_new_one_is_there);
	tcase_add_test(tcase, local_failures_are_logged);
	tcase_add_loop_test(tcase, pauses_between_attempts_grow, 0, ROWS(retries));
	tcase_add_test(tcase, a_connection_that_carried_a_reply_resets_the_pauses);
	tcase_add_loop_test(tcase,
		each_end_of_a_connection_is_counted_logged_and_followed_by_an_attempt, 0,
		ROWS(losses));
	tcase_add_loop_test(tcase, each_state_handles_an_answer_in_its_own_way, 0, ROWS(answers));
	tcase_add_test(tcase, a_name_that_hangs_is_counted_once);
	tcase_add_test(tcase, while_a_known_name_hangs_its_last_address_is_dialled);
	tcase_add_loop_test(tcase, a_known_name_that_cannot_be_asked_for_is_dialled_at_once, 0,
		ROWS(known_names));
	tcase_add_test(tcase, numeric_addresses_need_no_resolver);
	tcase_add_test(tcase, a_target_that_dials_with_each_probe_is_resolved_and_never_connected);
	tcase_add_loop_test(tcase, each_state_handles_an_alarm_in_its_own_way, 0, ROWS(states));
	tcase_add_loop_test(tcase, a_slot_is_unsent_unless_a_probe_can_be_sent, 0, ROWS(states));
	tcase_add_loop_test(tcase, a_link_can_be_stopped_in_each_state, 0, ROWS(states));
	tcase_add_loop_test(
		tcase, the_handshakes_time_is_the_kernels_if_it_knows, 0, ROWS(handshakes));
	tcase_add_test(tcase, retransmissions_add_up_over_attempts_and_connections);
	tcase_add_test(tcase, missing_timestamps_are_noted_in_the_context);
	tcase_add_test(tcase, what_the_peer_sends_goes_to_the_probe);
	return unit_run("probe/link", tcase);
}
