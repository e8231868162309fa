/* SPDX-License-Identifier: MIT */
#include "probe/connect_probe.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "../unit.h"
#include "base/clock.h"
#include "scripted.h"

#define S NS_PER_S
#define MS NS_PER_MS
#define INTERVAL_NS (100 * MS)
#define TIMEOUT_NS (300 * MS)
#define PATIENCE_NS (TIMEOUT_NS + TARGET_GRACE_NS)
/* How many handshakes there is room for: see target_options_records(), up to a power of 2. */
#define ROOM 16

static const struct script_peer peers[] = {
	{'r', -EINPROGRESS, ECONNREFUSED, false, false},
	{'R', -ECONNREFUSED, ECONNREFUSED, false, false},
	{'s', -EINPROGRESS, 0, true, false},
	{'u', -ENETUNREACH, 0, false, false},
	{'h', -EINPROGRESS, EHOSTUNREACH, false, false},
	{'x', -EINPROGRESS, ECONNRESET, false, false},
	{'i', 0, 0, false, true},
	{'o', 0, 0, false, false},
};

struct fixture {
	struct probe_context context;
	struct probed_target *target;
};

/* A name with these addresses. */
static void set_up(struct fixture *fixture, const char *addresses)
{
	const struct target_options options = script_options(PROBE_KIND_CONNECT);
	script_begin(&fixture->context);
	script.peers = peers;
	script.peer_count = ROWS(peers);
	fixture->target = script_target(&fixture->context, "name.example:4000", &options);
	script_go_to(&fixture->context, script.now_ns);
	script_answer(addresses, RESOLVER_FOUND);
	ck_assert_int_eq(fixture->target->link.state, LINK_RESOLVED);
}

static void tear_down(struct fixture *fixture)
{
	link_abort(&fixture->target->link);
	struct target_values values = script_values(fixture->target);
	ck_assert_uint_eq(values.sent, values.received + values.timeouts);
	probed_target_free(fixture->target);
	script_end(&fixture->context);
}

static void probe(struct fixture *fixture)
{
	link_use_slot(&fixture->target->link, script.now_ns, script.now_ns);
}

static uint64_t failures_of(const struct target_values *values)
{
	uint64_t total = 0;
	for (int i = 0; i < CONNECT_FAILURES; i++)
		total += values->connect_failures[i];
	return total;
}

/* One handshake, whose end is seen some time after it began. */
static const struct {
	const char *says;
	char address;
	int64_t seen_ns;
	bool has_facts;
	struct tcp_facts facts;
	int64_t rtt_ns; /* 0: not received. */
	unsigned late;
	unsigned unsent;
	int failure; /* CONNECT_FAILURES: none. */
	bool is_connected;
	const char *log;
} outcomes[] = {
	{"connected at once", 'o', 0, false, {0}, 10, 0, 0, CONNECT_FAILURES, true,
		"up: 192.0.2.111:4000 answers"},
	{"timed by the kernel", 'o', 0, true, {.rtt_ns = 4}, 4, 0, 0, CONNECT_FAILURES, true,
		"up: 192.0.2.111:4000 answers"},
	{"refused", 'r', 7 * MS, false, {0}, 7 * MS, 0, 0, CONNECT_FAILURE_REFUSED, false,
		"down: connection refused by 192.0.2.114:4000"},
	{"refused at once", 'R', 0, false, {0}, 10, 0, 0, CONNECT_FAILURE_REFUSED, false,
		"down: connection refused by [2001:db8::52]:4000"},
	{"refused, and seen when it would be late", 'r', TIMEOUT_NS, false, {0}, 0, 1, 0,
		CONNECT_FAILURE_REFUSED, false, "down: connection refused by 192.0.2.114:4000"},
	{"reset after the handshake: it was connected", 'x', 7 * MS, true, {.rtt_ns = 3 * MS},
		3 * MS, 0, 0, CONNECT_FAILURES, true, "up: 192.0.2.120:4000 answers"},
	{"the kernel's time is that of a retransmitted SYN", 'x', 7 * MS, true,
		{.rtt_ns = 3 * MS, .retransmits = 1}, 7 * MS, 0, 0, CONNECT_FAILURES, true,
		"up: 192.0.2.120:4000 answers"},
	{"the kernel's time cannot exceed the elapsed time", 'x', 7 * MS, true, {.rtt_ns = 9 * MS},
		7 * MS, 0, 0, CONNECT_FAILURES, true, "up: 192.0.2.120:4000 answers"},
	{"the kernel does not know", 'x', 7 * MS, true, {.rtt_ns = -1}, 7 * MS, 0, 0,
		CONNECT_FAILURES, true, "up: 192.0.2.120:4000 answers"},
	{"connected, and seen late, but in time", 'x', 400 * MS, true, {.rtt_ns = 3 * MS}, 3 * MS,
		0, 0, CONNECT_FAILURES, true, "up: 192.0.2.120:4000 answers"},
	{"an unreachable host", 'h', 7 * MS, false, {0}, 0, 0, 0, CONNECT_FAILURE_UNREACHABLE,
		false, "down: 192.0.2.104:4000 is unreachable"},
	{"an unreachable network: nothing was sent", 'u', 0, false, {0}, 0, 0, 1,
		CONNECT_FAILURE_UNREACHABLE, false, "down: 192.0.2.117:4000 is unreachable"},
	{"connected to itself", 'i', 0, false, {0}, 10, 0, 0, CONNECT_FAILURE_REFUSED, false,
		"down: connection refused by 192.0.2.105:4000"},
};

START_TEST(each_outcome_of_a_handshake_is_counted_and_logged)
{
	struct fixture fixture;
	const char addresses[] = {outcomes[_i].address, '\0'};
	set_up(&fixture, addresses);
	script.has_facts = outcomes[_i].has_facts;
	script.facts = outcomes[_i].facts;
	script.tick_ns = outcomes[_i].seen_ns ? 0 : 10;
	int64_t begun_ns = script.now_ns;
	probe(&fixture);
	if (outcomes[_i].seen_ns) {
		script.now_ns = begun_ns + outcomes[_i].seen_ns;
		script_run(&fixture.context);
	}
	const char *says = outcomes[_i].says;
	struct target_values values = script_values(fixture.target);
	bool is_received = outcomes[_i].rtt_ns != 0;
	ck_assert_msg(values.sent == 1, "%s", says);
	ck_assert_msg(values.received == (is_received ? 1 : 0), "%s", says);
	ck_assert_msg(values.timeouts == (is_received ? 0 : 1), "%s", says);
	ck_assert_msg(values.late == outcomes[_i].late, "%s", says);
	ck_assert_msg(values.unsent == outcomes[_i].unsent, "%s", says);
	if (is_received)
		ck_assert_msg(values.last_rtt_ns == outcomes[_i].rtt_ns, "%s: %lld", says,
			(long long)values.last_rtt_ns);
	ck_assert_msg(values.connected == outcomes[_i].is_connected, "%s", says);
	ck_assert_uint_eq(values.connects, outcomes[_i].is_connected ? 1 : 0);
	bool has_failed = outcomes[_i].failure != CONNECT_FAILURES;
	ck_assert_uint_eq(failures_of(&values), has_failed ? 1 : 0);
	if (has_failed)
		ck_assert_uint_eq(values.connect_failures[outcomes[_i].failure], 1);
	ck_assert_uint_eq(values.tcp_retransmits, outcomes[_i].facts.retransmits);
	ck_assert_msg(strcmp(script.log, outcomes[_i].log) == 0, "%s: %s", says, script.log);
	ck_assert_uint_eq(script.opened, script.closed);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_silent_host_times_out_and_is_given_up)
{
	struct fixture fixture;
	set_up(&fixture, "s");
	int64_t begun_ns = script.now_ns;
	probe(&fixture);
	ck_assert_uint_eq(fixture.context.lookout.open, 1);
	ck_assert_int_eq(fixture.context.lookout.latest_ns, begun_ns);
	ck_assert_int_eq(fixture.target->link.alarm.due_ns, begun_ns + TIMEOUT_NS);
	script_go_to(&fixture.context, begun_ns + TIMEOUT_NS);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 1);
	ck_assert_uint_eq(script.closed, 0);
	ck_assert_int_eq(fixture.target->link.alarm.due_ns, begun_ns + PATIENCE_NS);
	script.has_facts = true;
	script.facts.retransmits = 1;
	script_go_to(&fixture.context, begun_ns + PATIENCE_NS);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.timeouts, 1);
	ck_assert_uint_eq(values.late, 0);
	ck_assert_uint_eq(values.connect_failures[CONNECT_FAILURE_TIMEOUT], 1);
	ck_assert_uint_eq(values.tcp_retransmits, 1);
	ck_assert_str_eq(script.log, "down: 192.0.2.115:4000 does not answer within 800ms");
	ck_assert_uint_eq(script.closed, 1);
	ck_assert_int_eq(fixture.target->link.alarm.due_ns, ALARM_NEVER);
	tear_down(&fixture);
}
END_TEST

START_TEST(an_answer_within_the_grace_period_is_late)
{
	static const struct script_peer silent[] = {{'w', -EINPROGRESS, 0, true, false}};
	struct fixture fixture;
	set_up(&fixture, "w");
	script.peers = silent;
	script.peer_count = 1;
	int64_t begun_ns = script.now_ns;
	probe(&fixture);
	script_go_to(&fixture.context, begun_ns + TIMEOUT_NS);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 1);
	/* The retransmitted SYN gets through: the peer reads what kept the socket unwritable. */
	char bytes[65536];
	while (recv(script.far_fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	script.now_ns = begun_ns + TIMEOUT_NS + 100 * MS;
	/* The kernel may think that it was in time, but the probe is already settled. */
	script.has_facts = true;
	script.facts = (struct tcp_facts){.rtt_ns = 5 * MS};
	script_run(&fixture.context);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.received, 0);
	ck_assert_uint_eq(values.timeouts, 1);
	ck_assert_uint_eq(values.late, 1);
	ck_assert_uint_eq(values.connects, 1);
	ck_assert(values.connected);
	tear_down(&fixture);
}
END_TEST

START_TEST(settling_looks_before_it_counts_anything_as_lost)
{
	struct fixture fixture;
	set_up(&fixture, "s");
	int64_t begun_ns = script.now_ns;
	probe(&fixture);
	/* By now the kernel knows that it has ended, but nobody has looked yet. */
	script.is_over_now = true;
	script.has_facts = true;
	script.facts = (struct tcp_facts){.rtt_ns = 5 * MS};
	script_go_to(&fixture.context, begun_ns + TIMEOUT_NS);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.received, 1);
	ck_assert_uint_eq(values.timeouts, 0);
	ck_assert_int_eq(values.last_rtt_ns, 5 * MS);
	tear_down(&fixture);
}
END_TEST

START_TEST(one_lost_handshake_among_many_is_not_an_outage)
{
	struct fixture fixture;
	set_up(&fixture, "sa");
	int64_t begun_ns = script.now_ns;
	probe(&fixture);
	union address silent = script_address('s');
	addresses_pass(&fixture.target->link.addresses, &silent);
	script.now_ns += INTERVAL_NS;
	probe(&fixture);
	ck_assert(script.is_up);
	unsigned changes = script.changes;
	/* The first is given up, but a later one was answered. */
	script_go_to(&fixture.context, begun_ns + PATIENCE_NS);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.connect_failures[CONNECT_FAILURE_TIMEOUT], 1);
	ck_assert(values.connected);
	ck_assert_uint_eq(script.changes, changes);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_failure_passes_the_turn_to_the_next_address)
{
	struct fixture fixture;
	set_up(&fixture, "Rao");
	for (int i = 0; i < 4; i++) {
		probe(&fixture);
		script.now_ns += INTERVAL_NS;
	}
	ck_assert_str_eq(script.dialled, "Raaa");
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.received, 4);
	ck_assert_uint_eq(values.connects, 3);
	ck_assert_str_eq(values.peer, "192.0.2.97:4000");
	tear_down(&fixture);
}
END_TEST

START_TEST(the_name_is_resolved_again_sooner_while_the_target_is_down)
{
	struct fixture fixture;
	set_up(&fixture, "a");
	int64_t begun_ns = script.now_ns;
	unsigned asked = script.asked;
	script.now_ns = begun_ns + 30 * S - 1;
	probe(&fixture);
	ck_assert_uint_eq(script.asked, asked);
	int64_t due_ns = fixture.target->link.resolve_due_ns;
	ck_assert_int_ge(due_ns, begun_ns + 30 * S);
	ck_assert_int_le(due_ns, begun_ns + 31 * S);
	script.now_ns = due_ns;
	probe(&fixture);
	ck_assert_uint_eq(script.asked, asked + 1);
	script_answer("R", RESOLVER_FOUND);
	probe(&fixture);
	ck_assert(!script_values(fixture.target).connected);
	int64_t down_ns = script.now_ns;
	script.now_ns = down_ns + 5 * S - 1;
	probe(&fixture);
	ck_assert_uint_eq(script.asked, asked + 1);
	script.now_ns = down_ns + 5 * S;
	probe(&fixture);
	ck_assert_uint_eq(script.asked, asked + 2);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_full_ring_settles_before_it_refuses)
{
	struct fixture fixture;
	set_up(&fixture, "s");
	int64_t begun_ns = script.now_ns;
	for (unsigned i = 0; i < ROOM; i++)
		probe(&fixture);
	ck_assert_uint_eq(fixture.context.lookout.open, ROOM);
	probe(&fixture);
	ck_assert_uint_eq(script_values(fixture.target).unsent, 1);
	/* By now the first have to be given up. */
	script.now_ns = begun_ns + PATIENCE_NS;
	probe(&fixture);
	ck_assert_uint_eq(script_values(fixture.target).unsent, 1);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, ROOM + 1);
	ck_assert_uint_eq(fixture.context.lookout.open, 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(without_descriptors_nothing_is_sent)
{
	struct fixture fixture;
	set_up(&fixture, "a");
	script.open_error = -EMFILE;
	probe(&fixture);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.unsent, 1);
	ck_assert_uint_eq(values.connect_failures[CONNECT_FAILURE_LOCAL], 1);
	ck_assert_str_eq(
		script.log, "down: no file descriptors left to connect to 192.0.2.97:4000");
	tear_down(&fixture);
}
END_TEST

START_TEST(what_is_not_allowed_is_passed_over)
{
	struct fixture fixture;
	struct destinations allowed = {0};
	const char *reason;
	set_up(&fixture, "xo");
	ck_assert_int_eq(destinations_add(&allowed, "192.0.2.111", &reason), 0);
	fixture.target->link.target.allowed = &allowed;
	probe(&fixture);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.unsent, 1);
	ck_assert_uint_eq(values.connect_failures[CONNECT_FAILURE_OTHER], 1);
	ck_assert_str_eq(script.log, "down: 192.0.2.120:4000 is not among what may be probed");
	ck_assert_uint_eq(script.opened, 0);
	probe(&fixture);
	ck_assert_uint_eq(script_values(fixture.target).received, 1);
	ck_assert_str_eq(script.dialled, "o");
	tear_down(&fixture);
	destinations_clear(&allowed);
}
END_TEST

START_TEST(lateness_against_the_slot_is_counted)
{
	struct fixture fixture;
	set_up(&fixture, "s");
	link_use_slot(&fixture.target->link, script.now_ns - 7 * MS, script.now_ns);
	struct histogram lag = {0};
	live_histogram_add_to(&fixture.context.lag, &lag);
	ck_assert_uint_eq(lag.sum_ns, 7 * MS);
	tear_down(&fixture);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("connect_probe");
	tcase_add_loop_test(
		tcase, each_outcome_of_a_handshake_is_counted_and_logged, 0, ROWS(outcomes));
	tcase_add_test(tcase, a_silent_host_times_out_and_is_given_up);
	tcase_add_test(tcase, an_answer_within_the_grace_period_is_late);
	tcase_add_test(tcase, settling_looks_before_it_counts_anything_as_lost);
	tcase_add_test(tcase, one_lost_handshake_among_many_is_not_an_outage);
	tcase_add_test(tcase, a_failure_passes_the_turn_to_the_next_address);
	tcase_add_test(tcase, the_name_is_resolved_again_sooner_while_the_target_is_down);
	tcase_add_test(tcase, a_full_ring_settles_before_it_refuses);
	tcase_add_test(tcase, without_descriptors_nothing_is_sent);
	tcase_add_test(tcase, what_is_not_allowed_is_passed_over);
	tcase_add_test(tcase, lateness_against_the_slot_is_counted);
	return unit_run("probe/connect_probe", tcase);
}
