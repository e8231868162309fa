/* SPDX-License-Identifier: MIT */
#include "measure/target_stats.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "../random.h"
#include "../unit.h"

#define WINDOW 10

static struct target_stats *make_stats(void)
{
	struct target_stats *stats;
	ck_assert_int_eq(target_stats_new(WINDOW, &stats), 0);
	return stats;
}

static struct target_values initial_values(void)
{
	return (struct target_values){
		.last_rtt_ns = -1,
		.jitter_ns = -1,
		.last_connect_ns = -1,
		.tcp_rtt_ns = -1,
		.tcp_min_rtt_ns = -1,
		.stamped = -1,
		.one_way_ns = {-1, -1},
		.one_way_error_ns = -1,
		.seen_ttl = -1,
		.seen_dscp = -1,
		.seen_mss_bytes = -1,
	};
}

static void check_same(
	const struct target_values *left, const struct target_values *right, const char *says)
{
	ck_assert_msg(left->sent == right->sent, "%s: sent", says);
	ck_assert_msg(left->received == right->received, "%s: received", says);
	ck_assert_msg(left->timeouts == right->timeouts, "%s: timeouts", says);
	ck_assert_msg(left->late == right->late, "%s: late", says);
	ck_assert_msg(left->unsent == right->unsent, "%s: unsent", says);
	ck_assert_msg(left->duplicates == right->duplicates, "%s: duplicates", says);
	ck_assert_msg(left->missed_slots == right->missed_slots, "%s: missed slots", says);
	ck_assert_msg(left->connects == right->connects, "%s: connects", says);
	ck_assert_msg(left->moves == right->moves, "%s: moves", says);
	ck_assert_msg(memcmp(left->connect_failures, right->connect_failures,
			      sizeof(left->connect_failures)) == 0,
		"%s: connect failures", says);
	ck_assert_msg(memcmp(left->disconnects, right->disconnects, sizeof(left->disconnects)) == 0,
		"%s: disconnects", says);
	ck_assert_msg(left->failure.kind == right->failure.kind &&
			      left->failure.reason == right->failure.reason,
		"%s: failure", says);
	ck_assert_msg(left->latest.unix_ns == right->latest.unix_ns &&
			      left->latest.kind == right->latest.kind &&
			      left->latest.failure.kind == right->latest.failure.kind &&
			      left->latest.failure.reason == right->latest.failure.reason,
		"%s: latest", says);
	ck_assert_msg(left->tcp_retransmits == right->tcp_retransmits, "%s: retransmits", says);
	ck_assert_msg(memcmp(&left->rtt, &right->rtt, sizeof(left->rtt)) == 0, "%s: RTTs", says);
	ck_assert_msg(left->last_rtt_ns == right->last_rtt_ns, "%s: last RTT", says);
	ck_assert_msg(left->jitter_ns == right->jitter_ns, "%s: jitter", says);
	ck_assert_msg(left->last_connect_ns == right->last_connect_ns, "%s: last connect", says);
	ck_assert_msg(left->tcp_rtt_ns == right->tcp_rtt_ns, "%s: kernel's RTT", says);
	ck_assert_msg(left->tcp_min_rtt_ns == right->tcp_min_rtt_ns, "%s: minimum RTT", says);
	ck_assert_msg(left->window_settled == right->window_settled, "%s: settled", says);
	ck_assert_msg(left->window_lost == right->window_lost, "%s: lost", says);
	ck_assert_msg(left->connected == right->connected, "%s: connected", says);
	ck_assert_msg(left->stamped == right->stamped, "%s: stamped", says);
	ck_assert_msg(left->stamps_rejected == right->stamps_rejected, "%s: rejected", says);
	ck_assert_msg(left->peer_ns == right->peer_ns, "%s: residence", says);
	ck_assert_msg(memcmp(left->excess_ns, right->excess_ns, sizeof(left->excess_ns)) == 0,
		"%s: excess", says);
	ck_assert_msg(memcmp(left->slow, right->slow, sizeof(left->slow)) == 0, "%s: slow", says);
	ck_assert_msg(left->peer_tcp_retransmits == right->peer_tcp_retransmits,
		"%s: the peer's retransmits", says);
	ck_assert_msg(memcmp(left->one_way_ns, right->one_way_ns, sizeof(left->one_way_ns)) == 0,
		"%s: one way", says);
	ck_assert_msg(left->one_way_error_ns == right->one_way_error_ns, "%s: error", says);
	ck_assert_msg(left->seen_ttl == right->seen_ttl, "%s: TTL", says);
	ck_assert_msg(left->seen_dscp == right->seen_dscp, "%s: DSCP", says);
	ck_assert_msg(left->seen_mss_bytes == right->seen_mss_bytes, "%s: MSS", says);
	ck_assert_msg(strcmp(left->peer, right->peer) == 0, "%s: peer", says);
}

/* Each one takes a single step, and changes a copy as that step should. */

static void sends(struct target_stats *stats, struct target_values *values)
{
	target_stats_sent(stats);
	values->sent++;
}

static void receives(struct target_stats *stats, struct target_values *values)
{
	target_stats_received(stats, 250000);
	values->received++;
	values->rtt.counts[2]++;
	values->rtt.sum_ns += 250000;
	values->last_rtt_ns = 250000;
	/* All are the same. */
	values->jitter_ns = 0;
	values->window_settled++;
}

static void times_out(struct target_stats *stats, struct target_values *values)
{
	target_stats_timed_out(stats, 1);
	values->timeouts++;
	values->window_settled++;
	values->window_lost++;
}

static void loses_none(struct target_stats *stats, struct target_values *values)
{
	(void)values;
	target_stats_timed_out(stats, 0);
}

static void has_no_connection(struct target_stats *stats, struct target_values *values)
{
	target_stats_unsent(stats);
	values->sent++;
	values->timeouts++;
	values->unsent++;
	values->window_settled++;
	values->window_lost++;
}

static void hears_late(struct target_stats *stats, struct target_values *values)
{
	target_stats_late(stats);
	values->late++;
}

static void hears_twice(struct target_stats *stats, struct target_values *values)
{
	target_stats_duplicate(stats);
	values->duplicates++;
}

static void misses_slots(struct target_stats *stats, struct target_values *values)
{
	target_stats_missed(stats, 17);
	values->missed_slots += 17;
}

static void connects(struct target_stats *stats, struct target_values *values)
{
	target_stats_connected(stats, "192.0.2.1:4000", 123456);
	values->connects++;
	values->connected = true;
	values->last_connect_ns = 123456;
	strcpy(values->peer, "192.0.2.1:4000");
}

static void moves(struct target_stats *stats, struct target_values *values)
{
	target_stats_moved(stats, (struct wall_time){.unix_ns = 7});
	values->moves++;
}

static void fails_to_connect(struct target_stats *stats, struct target_values *values)
{
	for (int i = 0; i < CONNECT_FAILURES; i++) {
		for (int times = 0; times <= i; times++)
			target_stats_connect_failed(stats, (enum connect_failure)i);
		values->connect_failures[i] += (uint64_t)i + 1;
		values->failure = target_failure_of_connect((enum connect_failure)i);
	}
}

/* What is said of the connection is not true any more. */
static void forget_connection(struct target_values *values)
{
	values->connected = false;
	values->jitter_ns = -1;
	values->tcp_rtt_ns = -1;
	values->tcp_min_rtt_ns = -1;
}

static void reaches_nobody_any_more(struct target_stats *stats, struct target_values *values)
{
	connects(stats, values);
	for (int i = 0; i < CONNECT_FAILURES; i++) {
		for (int times = 0; times <= i; times++)
			target_stats_unreached(stats, (enum connect_failure)i);
		values->connect_failures[i] += (uint64_t)i + 1;
		values->failure = target_failure_of_connect((enum connect_failure)i);
	}
	forget_connection(values);
}

static void disconnects(struct target_stats *stats, struct target_values *values)
{
	for (int i = 0; i < DISCONNECTS; i++) {
		for (int times = 0; times <= i; times++)
			target_stats_disconnected(stats, (enum disconnect)i);
		values->disconnects[i] += (uint64_t)i + 1;
		values->failure = target_failure_of_disconnect((enum disconnect)i);
	}
	forget_connection(values);
}

static void goes_up(struct target_stats *stats, struct target_values *values)
{
	target_stats_up(stats, (struct wall_time){.unix_ns = 11});
	values->latest = (struct target_event){.unix_ns = 11, .kind = TARGET_EVENT_UP};
}

static void goes_down(struct target_stats *stats, struct target_values *values)
{
	target_stats_down(stats, (struct wall_time){.unix_ns = 12});
	values->latest = (struct target_event){
		.unix_ns = 12, .kind = TARGET_EVENT_DOWN, .failure = values->failure};
}

static void asks_the_kernel(struct target_stats *stats, struct target_values *values)
{
	target_stats_tcp(stats, 3, 52000, 31000);
	values->tcp_retransmits += 3;
	values->tcp_rtt_ns = 52000;
	values->tcp_min_rtt_ns = 31000;
}

static void sends_again(struct target_stats *stats, struct target_values *values)
{
	target_stats_retransmitted(stats, 0);
	target_stats_retransmitted(stats, 5);
	values->tcp_retransmits += 5;
}

static void asks_the_kernel_in_vain(struct target_stats *stats, struct target_values *values)
{
	target_stats_tcp(stats, 0, -1, -1);
	values->tcp_rtt_ns = -1;
	values->tcp_min_rtt_ns = -1;
}

static void learns_of_stamps(struct target_stats *stats, struct target_values *values)
{
	target_stats_stamping(stats);
	values->stamped = 1;
}

static void is_seen(struct target_stats *stats, struct target_values *values)
{
	target_stats_seen(stats, 57, 46, 1460);
	values->seen_ttl = 57;
	values->seen_dscp = 46;
	values->seen_mss_bytes = 1460;
}

static void is_seen_without_a_size(struct target_stats *stats, struct target_values *values)
{
	target_stats_seen(stats, 1, 0, 0);
	values->seen_ttl = 1;
	values->seen_dscp = 0;
}

static void is_stamped(struct target_stats *stats, struct target_values *values)
{
	const struct target_stamp stamp = {
		.residence_ns = 11,
		.is_known = true,
		.excess_ns = {22, 33},
		.is_slow = true,
		.where = SLOW_BACK,
		.one_way_ns = {44, 55},
		.one_way_error_ns = 66,
		.retransmits = 77,
	};
	for (int i = 0; i < 2; i++)
		target_stats_stamped(stats, &stamp);
	values->peer_ns += 22;
	values->excess_ns[DIRECTION_OUT] += 44;
	values->excess_ns[DIRECTION_BACK] += 66;
	values->slow[SLOW_BACK] += 2;
	values->one_way_ns[DIRECTION_OUT] = 44;
	values->one_way_ns[DIRECTION_BACK] = 55;
	values->one_way_error_ns = 66;
	values->peer_tcp_retransmits += 154;
}

/* What is not known counts as nothing. */
static void is_stamped_by_unknown_clocks(struct target_stats *stats, struct target_values *values)
{
	const struct target_stamp stamp = {
		.residence_ns = 11,
		.excess_ns = {22, 33},
		.where = SLOW_PEER,
		.one_way_ns = {-1, -1},
		.one_way_error_ns = -1,
	};
	target_stats_stamped(stats, &stamp);
	values->peer_ns += 11;
}

static void is_lied_to(struct target_stats *stats, struct target_values *values)
{
	target_stats_stamp_rejected(stats);
	values->stamps_rejected++;
}

/* What a peer said of one connection is not true of the next; what it said in all stays. */
static void changes_its_peer(struct target_stats *stats, struct target_values *values)
{
	learns_of_stamps(stats, values);
	is_stamped(stats, values);
	is_seen(stats, values);
	connects(stats, values);
	values->stamped = 0;
	values->one_way_ns[DIRECTION_OUT] = values->one_way_ns[DIRECTION_BACK] = -1;
	values->one_way_error_ns = -1;
	values->seen_ttl = values->seen_dscp = values->seen_mss_bytes = -1;
}

static void loses_its_peer(struct target_stats *stats, struct target_values *values)
{
	learns_of_stamps(stats, values);
	is_seen(stats, values);
	disconnects(stats, values);
	values->stamped = 0;
	values->seen_ttl = values->seen_dscp = values->seen_mss_bytes = -1;
}

static const struct {
	const char *says;
	void (*step)(struct target_stats *stats, struct target_values *values);
} steps[] = {
	{"stamping", learns_of_stamps},
	{"seen", is_seen},
	{"seen without a segment size", is_seen_without_a_size},
	{"stamped", is_stamped},
	{"stamped by unknown clocks", is_stamped_by_unknown_clocks},
	{"rejected", is_lied_to},
	{"another peer", changes_its_peer},
	{"no peer", loses_its_peer},
	{"sent", sends},
	{"received", receives},
	{"timed out", times_out},
	{"none timed out", loses_none},
	{"unsent", has_no_connection},
	{"late", hears_late},
	{"duplicate", hears_twice},
	{"missed", misses_slots},
	{"connected", connects},
	{"moved", moves},
	{"up", goes_up},
	{"down", goes_down},
	{"connect failed", fails_to_connect},
	{"unreached", reaches_nobody_any_more},
	{"disconnected", disconnects},
	{"kernel's values", asks_the_kernel},
	{"sent again", sends_again},
	{"no kernel's values", asks_the_kernel_in_vain},
};

START_TEST(everything_is_zero_or_unknown_at_first)
{
	struct target_stats *stats = make_stats();
	struct target_values expected = initial_values();
	struct target_values values;
	target_stats_read(stats, &values);
	check_same(&values, &expected, "new");
	ck_assert_uint_eq(target_values_in_flight(&values), 0);
	target_stats_free(stats);
}
END_TEST

START_TEST(a_step_changes_its_values_and_no_other)
{
	struct target_stats *stats = make_stats();
	struct target_values expected = initial_values();
	struct target_values values;
	for (int times = 0; times < 2; times++) {
		steps[_i].step(stats, &expected);
		target_stats_read(stats, &values);
		check_same(&values, &expected, steps[_i].says);
	}
	/* Nor does it after all the others. */
	for (int i = 0; i < ROWS(steps); i++)
		steps[i].step(stats, &expected);
	steps[_i].step(stats, &expected);
	target_stats_read(stats, &values);
	check_same(&values, &expected, steps[_i].says);
	target_stats_free(stats);
}
END_TEST

START_TEST(round_trips_update_histogram_jitter_and_last_value)
{
	struct target_stats *stats = make_stats();
	static const int64_t rtts_ns[] = {0, 100000, 100001, 1638400000, 1638400001, 1600};
	for (int i = 0; i < ROWS(rtts_ns); i++) {
		target_stats_sent(stats);
		target_stats_received(stats, rtts_ns[i]);
	}
	struct target_values values;
	target_stats_read(stats, &values);
	ck_assert_uint_eq(values.received, 6);
	ck_assert_uint_eq(values.rtt.counts[0], 3);
	ck_assert_uint_eq(values.rtt.counts[1], 1);
	ck_assert_uint_eq(values.rtt.counts[14], 1);
	ck_assert_uint_eq(values.rtt.counts[HISTOGRAM_BOUNDS], 1);
	ck_assert_uint_eq(values.rtt.sum_ns, UINT64_C(3277001602));
	ck_assert_int_eq(values.last_rtt_ns, 1600);
	ck_assert_int_gt(values.jitter_ns, 0);
	target_stats_free(stats);
}
END_TEST

/* c: connects, r: a reply, l: a late one, d: a duplicate, t: a timeout, x: the connection ends,
 * u: it cannot be reached; and whether it counts as connected after each. */
static const struct {
	const char *says;
	const char *steps;
	const char *connected;
} lives[] = {
	{"at first the connection is enough", "c", "1"},
	{"it answers", "crxc", "1101"},
	{"it answers late", "ctlxc", "11101"},
	{"it doubles replies", "cdxc", "1101"},
	{"it accepts and never answers", "ctxctxctx", "110000000"},
	{"it accepts and closes", "cxcxcx", "100000"},
	{"it answers after all", "cxctrtxc", "10001101"},
	{"it answers late after all", "cxctl", "10001"},
	{"refusals in between change nothing", "cxucuc", "100000"},
	{"it never was reached before", "uuc", "001"},
};

START_TEST(a_target_that_never_answers_is_not_connected_for_long)
{
	struct target_stats *stats = make_stats();
	struct target_values values;
	for (int i = 0; lives[_i].steps[i]; i++) {
		switch (lives[_i].steps[i]) {
		case 'c':
			target_stats_connected(stats, "192.0.2.1:4000", 1);
			break;
		case 'r':
			target_stats_received(stats, 1);
			break;
		case 'l':
			target_stats_late(stats);
			break;
		case 'd':
			target_stats_duplicate(stats);
			break;
		case 't':
			target_stats_timed_out(stats, 1);
			break;
		case 'x':
			target_stats_disconnected(stats, DISCONNECT_STALLED);
			break;
		case 'u':
			target_stats_unreached(stats, CONNECT_FAILURE_REFUSED);
			break;
		}
		target_stats_read(stats, &values);
		ck_assert_msg(values.connected == (lives[_i].connected[i] == '1'), "%s: %d",
			lives[_i].says, i);
		if (strchr("ux", lives[_i].steps[i]))
			continue;
		target_stats_tcp(stats, 0, 2, 1);
		target_stats_read(stats, &values);
		ck_assert_int_eq(values.tcp_rtt_ns, values.connected ? 2 : -1);
		ck_assert_int_eq(values.tcp_min_rtt_ns, values.connected ? 1 : -1);
	}
	target_stats_free(stats);
}
END_TEST

START_TEST(the_window_forgets_what_is_older)
{
	struct target_stats *stats = make_stats();
	struct target_values values;
	for (int i = 0; i < 3; i++)
		target_stats_unsent(stats);
	target_stats_received(stats, 1);
	target_stats_read(stats, &values);
	ck_assert_double_eq(target_values_loss(&values, 100), 75);
	for (int i = 0; i < WINDOW - 1; i++)
		target_stats_received(stats, 1);
	target_stats_read(stats, &values);
	ck_assert_uint_eq(values.window_settled, WINDOW);
	ck_assert_double_eq(target_values_loss(&values, 100), 0);
	target_stats_free(stats);
}
END_TEST

/* Each after one reply, in a window of WINDOW probes. */
static const struct {
	const char *says;
	uint64_t count;
	uint32_t settled;
	uint32_t lost;
} outages[] = {
	{"none", 0, 1, 0},
	{"one", 1, 2, 1},
	{"the window is full, including the reply", WINDOW - 1, WINDOW, WINDOW - 1},
	{"a whole window", WINDOW, WINDOW, WINDOW},
	{"one more than the window holds", WINDOW + 1, WINDOW, WINDOW},
	{"many windows", 100 * WINDOW + 7, WINDOW, WINDOW},
};

START_TEST(many_losses_at_once_count_like_single_ones)
{
	struct target_stats *at_once = make_stats();
	struct target_stats *alone = make_stats();
	struct target_values values;
	struct target_values expected;
	target_stats_received(at_once, 1);
	target_stats_received(alone, 1);
	target_stats_timed_out(at_once, outages[_i].count);
	for (uint64_t i = 0; i < outages[_i].count; i++)
		target_stats_timed_out(alone, 1);
	/* Then replies push them out of the window, one by one. */
	for (int i = 0; i <= WINDOW; i++) {
		target_stats_read(at_once, &values);
		target_stats_read(alone, &expected);
		check_same(&values, &expected, outages[_i].says);
		if (i == 0) {
			ck_assert_uint_eq(values.timeouts, outages[_i].count);
			ck_assert_uint_eq(values.window_settled, outages[_i].settled);
			ck_assert_uint_eq(values.window_lost, outages[_i].lost);
		}
		target_stats_received(at_once, 1);
		target_stats_received(alone, 1);
	}
	target_stats_free(at_once);
	target_stats_free(alone);
}
END_TEST

static const struct {
	const char *says;
	uint32_t settled;
	uint32_t lost;
	double percent;
} losses[] = {
	{"an empty window has lost nothing", 0, 0, 0},
	{"none of one", 1, 0, 0},
	{"one of one", 1, 1, 100},
	{"one of eight", 8, 1, 12.5},
	{"one of a million", 1000000, 1, 0.0001},
	{"all of a million", 1000000, 1000000, 100},
};

START_TEST(loss_is_a_share_of_the_window)
{
	struct target_values values = {
		.window_settled = losses[_i].settled, .window_lost = losses[_i].lost};
	/* Some processors calculate with more digits than they store. */
	ck_assert_msg(fabs(target_values_loss(&values, 100) - losses[_i].percent) < 1e-12, "%s",
		losses[_i].says);
}
END_TEST

START_TEST(a_peer_text_that_is_too_long_is_cut)
{
	struct target_stats *stats = make_stats();
	char peer[2 * ADDRESS_TEXT_MAX];
	memset(peer, 'x', sizeof(peer));
	peer[sizeof(peer) - 1] = '\0';
	target_stats_connected(stats, peer, 1);
	struct target_values values;
	target_stats_read(stats, &values);
	ck_assert_uint_eq(strlen(values.peer), ADDRESS_TEXT_MAX - 1);
	target_stats_connected(stats, "[::1]:1", 1);
	target_stats_read(stats, &values);
	ck_assert_str_eq(values.peer, "[::1]:1");
	target_stats_free(stats);
}
END_TEST

START_TEST(keeps_a_distribution_of_round_trips)
{
	struct target_stats *stats = make_stats();
	struct target_values values;
	struct distribution distribution;
	const struct target_distributions copies = {.rtt = &distribution};
	static const int64_t rtts_ns[] = {0, 499, 500, 1000000, 1000400, 5000000000};
	for (int i = 0; i < ROWS(rtts_ns); i++)
		target_stats_received(stats, rtts_ns[i]);
	target_stats_read_all(stats, &values, &copies);
	ck_assert_uint_eq(values.received, ROWS(rtts_ns));
	ck_assert_uint_eq(distribution_count(&distribution), ROWS(rtts_ns));
	ck_assert_uint_eq(distribution.counts[0], 3);
	ck_assert_uint_eq(distribution.counts[distribution_bucket(1000000)], 2);
	/* 0, 0, 1, 1000, 1000 and 5000000 us. */
	ck_assert_uint_eq(distribution.sum_us, 5002001);
	ck_assert_uint_eq(distribution.square_sum_us2, UINT64_C(25000002000001));
	target_stats_free(stats);
}
END_TEST

/* Both directions get the excess of each stamp, where it is known. */
static void stamp(struct target_stats *stats, bool is_known)
{
	target_stats_received(stats, 10000000);
	target_stats_stamped(stats,
		&(struct target_stamp){.is_known = is_known, .excess_ns = {1000000, 3000000}});
}

START_TEST(keeps_distributions_of_the_excess_if_asked_to)
{
	struct target_stats *stats = make_stats();
	struct target_values values;
	struct distribution out = {.sum_us = 7};
	struct distribution back = {.sum_us = 7};
	const struct target_distributions copies = {.excess = {&out, &back}};
	stamp(stats, true);
	target_stats_read_all(stats, &values, &copies);
	ck_assert(!target_stats_keeps_excess(stats));
	ck_assert_uint_eq(out.sum_us, 7);
	target_stats_free(stats);

	stats = make_stats();
	ck_assert_int_eq(target_stats_keep_excess(stats), 0);
	ck_assert(target_stats_keeps_excess(stats));
	stamp(stats, true);
	stamp(stats, false);
	stamp(stats, true);
	target_stats_read_all(stats, &values, &copies);
	ck_assert_uint_eq(values.received, 3);
	ck_assert_uint_eq(distribution_count(&out), 2);
	ck_assert_uint_eq(distribution_count(&back), 2);
	ck_assert_uint_eq(out.counts[distribution_bucket(1000000)], 2);
	ck_assert_uint_eq(back.counts[distribution_bucket(3000000)], 2);
	target_stats_free(stats);
}
END_TEST

/* Checks one event; times are in nanoseconds. */
static void check_event(const struct target_event *event, int64_t unix_ns,
	enum target_event_kind kind, const char *reason)
{
	const char *name = target_failure_name(&event->failure);
	ck_assert_int_eq(event->unix_ns, unix_ns);
	ck_assert_int_eq(event->kind, kind);
	ck_assert_str_eq(name ? name : "none", reason ? reason : "none");
}

START_TEST(remembers_what_happened_and_why)
{
	struct target_stats *stats = make_stats();
	struct target_event events[TARGET_EVENTS_MAX];
	ck_assert_uint_eq(target_stats_read_events(stats, events), 0);
	target_stats_connect_failed(stats, CONNECT_FAILURE_REFUSED);
	target_stats_down(stats, (struct wall_time){.unix_ns = 100});
	/* Further attempts are no events. */
	target_stats_connect_failed(stats, CONNECT_FAILURE_TIMEOUT);
	target_stats_up(stats, (struct wall_time){.unix_ns = 200});
	target_stats_moved(stats, (struct wall_time){.unix_ns = 300});
	target_stats_disconnected(stats, DISCONNECT_STALLED);
	target_stats_down(stats, (struct wall_time){.unix_ns = 400});
	ck_assert_uint_eq(target_stats_read_events(stats, events), 4);
	check_event(&events[0], 400, TARGET_EVENT_DOWN, "stalled");
	check_event(&events[1], 300, TARGET_EVENT_MOVED, NULL);
	check_event(&events[2], 200, TARGET_EVENT_UP, NULL);
	check_event(&events[3], 100, TARGET_EVENT_DOWN, "refused");
	target_stats_free(stats);
}
END_TEST

START_TEST(remembers_the_last_ten_events)
{
	struct target_stats *stats = make_stats();
	struct target_event events[TARGET_EVENTS_MAX];
	for (int i = 1; i <= 3 * TARGET_EVENTS_MAX + 4; i++) {
		target_stats_up(stats, (struct wall_time){.unix_ns = i});
		unsigned count = target_stats_read_events(stats, events);
		ck_assert_int_eq(count, i < TARGET_EVENTS_MAX ? i : TARGET_EVENTS_MAX);
		for (unsigned k = 0; k < count; k++)
			check_event(&events[k], i - (int)k, TARGET_EVENT_UP, NULL);
	}
	target_stats_free(stats);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
	target_stats_free(NULL);
}
END_TEST

/* Two peers whose texts differ in every word, each with its own handshake time. */
static const struct {
	const char *text;
	int64_t handshake_ns;
} peers[] = {
	{"[1111:1111:1111:1111:1111:1111:1111:1111%first]:11111", 11111},
	{"[2222:2222:2222:2222:2222:2222:2222:2222%other]:22222", 22222},
};

#define WRITER_STEPS 3000000
#define WRITER_IN_FLIGHT_MAX 8
#define WRITER_RTT_NS 1000

struct writer {
	struct target_stats *stats;
	atomic_bool is_done;
};

static void settle_one(struct target_stats *stats, uint32_t choice)
{
	if (choice < 2) {
		target_stats_received(stats, WRITER_RTT_NS);
		return;
	}
	target_stats_timed_out(stats, 1);
	if (choice == 3)
		target_stats_late(stats);
}

static void *write_stats(void *context)
{
	struct writer *writer = context;
	uint64_t state = 1;
	uint32_t in_flight = 0;
	for (int i = 0; i < WRITER_STEPS; i++) {
		uint32_t choice = random_below(&state, 16);
		if (choice < 4 && in_flight > 0) {
			settle_one(writer->stats, choice);
			in_flight--;
		} else if (choice < 14 && in_flight < WRITER_IN_FLIGHT_MAX) {
			target_stats_sent(writer->stats);
			in_flight++;
		} else if (choice == 14) {
			target_stats_unsent(writer->stats);
		} else {
			const int peer = i % 2;
			target_stats_connected(
				writer->stats, peers[peer].text, peers[peer].handshake_ns);
		}
	}
	atomic_store(&writer->is_done, true);
	return NULL;
}

static bool is_peer_consistent(const struct target_values *values)
{
	if (values->connects == 0)
		return !values->connected && values->peer[0] == '\0';
	int peer = values->last_connect_ns == peers[0].handshake_ns ? 0 : 1;
	return values->connected && values->last_connect_ns == peers[peer].handshake_ns &&
	       strcmp(values->peer, peers[peer].text) == 0;
}

/* What is wrong with a copy, or NULL: an assertion that holds costs a write, so there are none. */
static const char *find_fault(const struct target_values *values)
{
	uint64_t settled = values->received + values->timeouts;
	if (values->sent < settled || values->sent - settled > WRITER_IN_FLIGHT_MAX)
		return "sent = received + timeouts + in flight";
	if (target_values_in_flight(values) != values->sent - settled)
		return "in flight";
	if (histogram_count(&values->rtt) != values->received)
		return "received = count";
	if (values->late + values->unsent > values->timeouts)
		return "late, unsent <= timeouts";
	if (values->rtt.sum_ns != WRITER_RTT_NS * values->received)
		return "sum of RTTs";
	if (values->window_settled != (settled < WINDOW ? settled : WINDOW))
		return "settled in the window";
	if (values->window_lost > values->window_settled)
		return "lost in the window";
	return is_peer_consistent(values) ? NULL : "peer";
}

START_TEST(the_law_holds_in_every_copy_while_the_writer_is_busy)
{
	struct writer writer = {.stats = make_stats()};
	struct distribution distribution;
	const struct target_distributions copies = {.rtt = &distribution};
	pthread_t thread;
	ck_assert_int_eq(pthread_create(&thread, NULL, write_stats, &writer), 0);
	struct target_values values;
	uint64_t sent_before = 0;
	bool is_done;
	do {
		is_done = atomic_load(&writer.is_done);
		target_stats_read_all(writer.stats, &values, &copies);
		const char *fault = find_fault(&values);
		if (distribution_count(&distribution) != values.received)
			fault = "received = distributed";
		if (fault)
			ck_abort_msg("%s", fault);
		if (values.sent < sent_before)
			ck_abort_msg("sent fell");
		sent_before = values.sent;
	} while (!is_done);
	pthread_join(thread, NULL);
	ck_assert_uint_gt(values.received, 0);
	target_stats_free(writer.stats);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("target_stats");
	tcase_add_test(tcase, everything_is_zero_or_unknown_at_first);
	tcase_add_loop_test(tcase, a_step_changes_its_values_and_no_other, 0, ROWS(steps));
	tcase_add_test(tcase, round_trips_update_histogram_jitter_and_last_value);
	tcase_add_loop_test(
		tcase, a_target_that_never_answers_is_not_connected_for_long, 0, ROWS(lives));
	tcase_add_test(tcase, the_window_forgets_what_is_older);
	tcase_add_loop_test(tcase, many_losses_at_once_count_like_single_ones, 0, ROWS(outages));
	tcase_add_loop_test(tcase, loss_is_a_share_of_the_window, 0, ROWS(losses));
	tcase_add_test(tcase, a_peer_text_that_is_too_long_is_cut);
	tcase_add_test(tcase, keeps_a_distribution_of_round_trips);
	tcase_add_test(tcase, keeps_distributions_of_the_excess_if_asked_to);
	tcase_add_test(tcase, remembers_what_happened_and_why);
	tcase_add_test(tcase, remembers_the_last_ten_events);
	tcase_add_test(tcase, freeing_nothing_is_fine);
	tcase_add_test(tcase, the_law_holds_in_every_copy_while_the_writer_is_busy);
	return unit_run("measure/target_stats", tcase);
}
